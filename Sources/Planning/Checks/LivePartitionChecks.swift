import Catalog
import PlanFile

/// What following partitions that become one hypertable needs. Silent where the plan's mode is offline.
enum LivePartitionChecks {
    static let all = [identity]

    private static let identity = Check(
        "SK546", "A partition's rows are not told from those of others by their key",
        """
        Changes on a partition name a row by its replica identity, and its rows lie among those of all others on the \
        hypertable: what names a row of one must name no row of another. It does where it holds the columns that the \
        table is partitioned by (a primary key of the partitioned table does), or where it is the very primary key that \
        the hypertable gets, in all of them. Else all columns name the row: `replication: {identity: {public.t: full}}` \
        goes for all partitions of `public.t` (the source then writes whole old rows to its WAL).
        """
    ) { context, findings in
        guard context.plan.mode.value == .live else { return }
        for planned in context.hypertables {
            guard let family = context.selected.families[planned.relation.oid] else { continue }
            let parts = family.parts.filter(context.copiesRows)
            let identities = parts.map { context.identity(of: $0).identity }
            let key = Set(
                planned.entry.primaryKey?.value
                    ?? context.indexes(of: planned.relation).first(where: \.isPrimary).map {
                        planned.relation.names($0.keys.compactMap(\.column))
                    } ?? [])
            let isKeyOfAll = identities.allSatisfy { identity in
                if case .columns(let names) = identity { Set(names) == key } else { false }
            }
            let unclear = zip(parts, identities).filter { _, identity in
                guard case .columns(let names) = identity else { return false }
                return !family.isDisjoint(by: names) && !isKeyOfAll
            }
            guard let (first, identity) = unclear.first, case .columns(let names) = identity else { continue }
            let columns = names.map(QualifiedName.quotedIfNeeded).joined(separator: ", ")
            findings.add(
                .error,
                "(\(columns)) names a row of \(first.name), but not among all rows of \(planned.name)"
                    + (unclear.count > 1 ? "; so it is with \(Wording.count(unclear.count - 1, "more table"))" : ""),
                why: "Nothing keeps another \(family.noun) from having the same, and a change would hit both rows.",
                cure: family.isDeclarative
                    ? "give \(planned.name) a primary key, or let all columns name the rows of all its partitions"
                    : "give \(planned.name) and all its children the primary key that the hypertable gets, or let all "
                        + "columns name their rows",
                statement: "replication: {identity: {\(Wording.yaml(planned.relation.name)): full}}",
                object: planned.name, at: planned.location)
        }
    }
}
