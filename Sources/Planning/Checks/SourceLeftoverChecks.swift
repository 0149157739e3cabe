import Catalog
import PlanFile

/// What earlier live migrations have left on the source.
enum SourceLeftoverChecks {
    static let all = [slots, publications, slotsElsewhere]

    /// Ours, where the target knows our state.
    private static func isOwn(_ name: String, _ context: CheckContext) -> Bool {
        let names = names(context)
        return [names.slot, names.publication, names.insertsPublication].contains(name)
    }

    private static func names(_ context: CheckContext) -> SourceNames {
        SourceNames(plan: context.plan.name.value.identifier)
    }

    /// A live migration that begins cannot take names that are not free.
    private static func severity(_ name: String, _ context: CheckContext) -> Diagnostic.Severity {
        isOwn(name, context) && context.plan.mode.value == .live ? .error : .warning
    }

    private static let slots = Check(
        "SK604", "A migration has left a replication slot on the source",
        """
        A replication slot keeps WAL on the source until somebody reads it; one that nobody reads any more fills its \
        disk. A migration's slot is removed by `skein clean` with its plan. One whose migration is only stopped is \
        needed to go on; one whose migration was given up, or whose target is gone, is to be dropped.
        """
    ) { context, findings in
        for slot in context.source.server.migrationSlots where !slot.isActive && slot.elsewhere == nil {
            if context.machine.hasOwnState, slot.name == names(context).slot { continue }
            let keeps =
                slot.retainedBytes.map { "It keeps \(Wording.size(bytes: $0)) of WAL on the source." }
                ?? "The server has given it up: it keeps no WAL any more."
            findings.add(
                severity(slot.name, context), "the source has a replication slot that nobody reads: \(slot.name)",
                why: keeps,
                cure: "if its migration is over, remove it with `skein clean` and the plan it came from; or run on the "
                    + "source",
                statement: "select pg_drop_replication_slot(\(Piece.literal(slot.name)));", object: slot.name,
                at: Side.source.location(context))
        }
    }

    private static let slotsElsewhere = Check(
        "SK606", "A replication slot of this migration's name belongs to another database",
        """
        A migration's replication slot is called after its plan, and names of slots are shared by all databases of a \
        server. So two plans that migrate two databases of one server need two names. Another database's slot is never \
        touched: its migration rests on it.
        """
    ) { context, findings in
        guard context.plan.mode.value == .live else { return }
        addTaken(names(context).slot, .source, "This migration's slot", context, &findings)
    }

    /// Where another database has a slot of that name.
    /// - Parameter whose: slot of ours, for people.
    static func addTaken(
        _ name: String, _ side: Side, _ whose: String, _ context: CheckContext, _ findings: inout Findings,
    ) {
        for slot in side.catalog(context).server.migrationSlots where slot.name == name {
            guard let elsewhere = slot.elsewhere else { continue }
            let (owner, leftBehind) =
                switch elsewhere {
                case .database(let database):
                    ("belongs to database \(database)", "`skein clean` with that migration's plan")
                case .server: ("is a physical one", "`pg_drop_replication_slot`")
                }
            findings.add(
                .error, "the \(side.rawValue)'s server has a replication slot \(slot.name) already, which \(owner)",
                why: "\(whose) would be called the same, and names of slots are shared by all databases of a server.",
                cure: "give this plan another `name`; or, if nobody needs that slot any more, remove it with "
                    + leftBehind,
                object: slot.name, at: context.plan.name.location)
        }
    }

    private static let publications = Check(
        "SK605", "A migration has left publications on the source",
        """
        A migration's publications are removed by `skein clean` with its plan. Left behind they cost nothing, unless \
        a published table loses its primary key: then its updates and deletes fail.
        """
    ) { context, findings in
        // With their slot they are in use, or told with it.
        let slots = context.source.server.migrationSlots.filter { $0.elsewhere == nil }.map(\.name)
        for name in context.source.publications where name.hasPrefix("skein_") {
            if context.machine.hasOwnState, isOwn(name, context) { continue }
            guard !slots.contains(where: { name == $0 || name == $0 + "_inserts" }) else { continue }
            findings.add(
                severity(name, context), "a migration has left publication \(name) on the source",
                cure: "if it is over, remove it with `skein clean` and the plan it came from; or run on the source",
                statement: "drop publication \(QualifiedName.quoted(name));", object: name,
                at: Side.source.location(context))
        }
    }
}
