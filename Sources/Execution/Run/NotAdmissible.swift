private import Planning
internal import Postgres

/// A snapshot hides what it must show, and what it waits for did not end in time.
package struct NotAdmissible: ToldError {
    /// The transactions that have to end, for people.
    package var waitingFor: [String]

    package var object: String? { nil }
    package var summary: String {
        "the source's snapshot does not yet show transactions that the change stream counts as past; waiting for "
            + (waitingFor.isEmpty ? "a newer snapshot" : waitingFor.joined(separator: "; "))
    }
    package var cure: String? {
        "let these transactions end; one that waits for SyncRep ends when a synchronous standby answers, or when "
            + "synchronous_standby_names on the source is changed"
    }
    package var mayPass: Bool { true }

    private static let selectHolders = """
        select 'transaction ' || x.id || coalesce(
            (
                select ' of pid ' || a.pid || ' (' || a.application_name || '), ' || a.state
                    || coalesce(', waits for ' || a.wait_event, '')
                from pg_catalog.pg_stat_activity a where a.backend_xid::text = x.id limit 1),
            (
                select ', prepared as ' || p.gid from pg_catalog.pg_prepared_xacts p
                where p.transaction::text = x.id limit 1),
            '')
        from unnest($1::text[]) x (id) limit 5
        """

    /// In no particular order; what has ended meanwhile is not among them.
    private static let selectElsewhere = """
        select x.id from unnest($1::text[]) x (id)
        where exists (
                select from pg_catalog.pg_stat_activity a
                where a.backend_xid::text = x.id and a.datname <> current_database())
            or exists (
                select from pg_catalog.pg_prepared_xacts p
                where p.transaction::text = x.id and p.database <> current_database())
        """

    /// Those that run in other databases.
    static func elsewhere(_ ids: [UInt64], _ source: Connection) throws -> Set<UInt64> {
        guard !ids.isEmpty else { return [] }
        let short = Dictionary(
            ids.map { (String(UInt32(truncatingIfNeeded: $0)), $0) }, uniquingKeysWith: { first, _ in first })
        let rows = try source.query(selectElsewhere, [PostgresArray.literal(Array(short.keys))])
        return Set(rows.indices.compactMap { short[rows.text($0, 0)] })
    }

    /// Who the transactions belong to, as far as the source lets us see.
    static func describe(_ ids: [UInt64], _ source: Connection) throws -> [String] {
        guard !ids.isEmpty else { return [] }
        let short = ids.map { String(UInt32(truncatingIfNeeded: $0)) }
        let rows = try source.query(Self.selectHolders, [PostgresArray.literal(short)])
        return rows.indices.map { rows.text($0, 0) }
    }
}
