private import Postgres

/// What a run waits for when nothing moves: locks and who holds them, as the servers see it.
enum StallReport {
    static func describe(_ context: RunContext) async -> String {
        async let source = waits("source", context.source, context)
        async let target = waits("target", context.target, context)
        let found = await source + target
        return found.isEmpty ? "the servers work, and name no lock" : found.joined(separator: "; ")
    }

    private static func waits(_ side: String, _ server: ConnectionTarget, _ context: RunContext) async -> [String] {
        let session = Session(server, applicationName: context.applicationName("waits"))
        let prefix = context.applicationName("")
        let rows = try? await session.run { connection in
            let rows = try connection.query(select, [prefix])
            return rows.indices.map { row in
                let name = rows.text(row, 0).dropFirst(prefix.count)
                let blocker = rows[row, 3].map { ", held up by \($0)" } ?? ""
                return "\(side): \(name) waits for \(rows.text(row, 1)) \(rows.text(row, 2))\(blocker)"
            }
        }
        await session.close()
        return rows ?? ["\(side): cannot be asked"]
    }

    private static let select = """
        select a.application_name, a.wait_event_type, a.wait_event, (
            select string_agg(
                format(
                    'pid %s (%s)', b.pid, coalesce(nullif(b.application_name, ''), b.usename) || coalesce(
                        ', open for ' || extract(epoch from clock_timestamp() - b.xact_start)::bigint || ' s', '')),
                ', ')
            from pg_catalog.pg_stat_activity b where b.pid = any (pg_catalog.pg_blocking_pids(a.pid)))
        from pg_catalog.pg_stat_activity a
        where pg_catalog.starts_with(a.application_name, $1) and a.state = 'active'
            and a.pid <> pg_catalog.pg_backend_pid() and a.wait_event_type is not null
            and a.wait_event_type not in ('Client', 'Activity')
        order by 1
        """
}
