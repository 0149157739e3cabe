private import Faults
internal import PlanFile
internal import Planning
internal import Postgres

/// Replica identities of tables on the source: changed as the plan says, and put back.
struct SourceIdentities {
    struct Present: Sendable, Equatable {
        var name: QualifiedName
        /// `default`, `nothing`, `full`, `using index "i"`.
        var clause: String
    }

    let source: Connection
    /// Of each statement that waits for a lock.
    let attempts: Int

    /// By table oid; of tables that exist.
    func read(_ tables: [UInt32]) throws -> [UInt32: Present] {
        let rows = try source.query(Self.selectIdentities, [PostgresArray.literal(tables.map { String($0) })])
        var found: [UInt32: Present] = [:]
        for row in rows.indices {
            let clause =
                switch rows.text(row, 3) {
                case "f": "full"
                case "n": "nothing"
                // An index that was dropped leaves nothing.
                case "i": rows[row, 4].map { "using index " + QualifiedName.quoted($0) } ?? "nothing"
                default: "default"
                }
            found[rows.oid(row, 0) ?? 0] = Present(
                name: QualifiedName(schema: rows.text(row, 1), name: rows.text(row, 2)), clause: clause)
        }
        return found
    }

    private static let selectIdentities = """
        select c.oid, n.nspname, c.relname, c.relreplident, i.relname
        from pg_catalog.pg_class c
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        left join pg_catalog.pg_index x on x.indrelid = c.oid and x.indisreplident
        left join pg_catalog.pg_class i on i.oid = x.indexrelid
        where c.oid = any ($1::oid[])
        """

    /// Gives tables the identities of the plan. What they were is on the target's disk before anything is changed, so
    /// that it can be undone whatever happens in between.
    func change(_ tables: [FollowingDecision.Table], recordingIn store: StreamStore, on target: Connection) throws {
        let wanted = tables.compactMap { table in table.change.map { (table.oid, $0.clause) } }
        guard !wanted.isEmpty else { return }
        let present = try read(wanted.map(\.0))
        let open = wanted.compactMap { oid, clause in
            present[oid].flatMap { $0.clause == clause ? nil : (oid, $0, clause) }
        }
        try target.durably {
            for (oid, before, clause) in open {
                try store.record(
                    RecordedIdentity(
                        table: oid, schema: before.name.schema, name: before.name.name, before: before.clause,
                        after: clause))
            }
        }
        FaultPoint.identityRecorded.pass()
        for (oid, before, clause) in open {
            try set(oid, before.name, clause)
            FaultPoint.identityAltered.pass()
        }
    }

    /// Gives the target's tables what the source's had before: pg_dump has seen what we made of them.
    /// - Parameter target: in a transaction.
    static func restore(_ recorded: [RecordedIdentity], on target: Connection) throws {
        guard !recorded.isEmpty else { return }
        let names = recorded.map { QualifiedName(schema: $0.schema, name: $0.name).sql }
        let rows = try target.query(
            "select n, pg_catalog.to_regclass(n)::pg_catalog.oid from unnest($1::text[]) n",
            [PostgresArray.literal(names)])
        let oids = Dictionary(
            rows.indices.compactMap { row in rows.oid(row, 1).map { (rows.text(row, 0), $0) } },
            uniquingKeysWith: { first, _ in first })
        let present = try SourceIdentities(source: target, attempts: 1).read(Array(oids.values))
        for (name, identity) in zip(names, recorded) {
            guard let oid = oids[name], present[oid]?.clause == identity.after else { continue }
            do {
                try target.savepoint {
                    try target.execute("alter table \(name) replica identity \(identity.before)")
                }
            } catch let error as PostgresError where ["42P01", "42704"].contains(error.sqlState) {
                // The plan leaves that index out.
                continue
            }
        }
    }

    /// Puts identities back. One that is not as we made it is somebody else's word by now, and stays.
    /// - Returns: the tables that were changed.
    func undo(_ recorded: [RecordedIdentity]) throws -> [QualifiedName] {
        let present = try read(recorded.map(\.table))
        return try recorded.compactMap { identity in
            guard let now = present[identity.table], now.clause == identity.after else { return nil }
            try set(identity.table, now.name, identity.before)
            return now.name
        }
    }

    private func set(_ oid: UInt32, _ table: QualifiedName, _ clause: String) throws {
        let statement = "alter table \(table.sql) replica identity \(clause)"
        try PatientStatement.run(source, statement, locking: [oid], .accessExclusive, attempts: attempts) {
            try source.execute(statement)
        }
    }
}
