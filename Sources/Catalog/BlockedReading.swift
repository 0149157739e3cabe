package import PlanFile
internal import Postgres

/// The catalogs could not be read because sessions hold relations locked (ACCESS EXCLUSIVE: a rewriting ALTER TABLE,
/// VACUUM FULL, TRUNCATE …), whose sizes and definitions the server gives only once they are free.
package struct BlockedReading: Error, Equatable, CustomStringConvertible {
    package struct Lock: Sendable, Equatable {
        package var relation: QualifiedName
        package var pid: Int
        package var applicationName: String
    }
    /// By relation.
    package var locks: [Lock]
    /// How long each statement waited.
    package var waitedSeconds: Int

    package var description: String {
        let held = locks.map { "\($0.relation) by process \($0.pid) (\($0.applicationName))" }
        return "the catalogs could not be read within \(waitedSeconds) s, because relations are locked: "
            + held.joined(separator: ", ")
            + "; wait until these sessions are done, or end them with pg_terminate_backend, and try again"
    }

    /// Who holds such locks now, empty where they are gone by now.
    static func locks(_ connection: Connection) throws -> [Lock] {
        try connection.query(query).rows { row in
            Lock(
                relation: QualifiedName(schema: row.text(), name: row.text()), pid: row.int(),
                applicationName: row.text())
        }
    }

    private static let query = """
        select n.nspname, c.relname, l.pid, a.application_name
        from pg_catalog.pg_locks l
        join pg_catalog.pg_class c on c.oid = l.relation and c.relkind <> 't'
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        left join pg_catalog.pg_stat_activity a on a.pid = l.pid
        where l.mode = 'AccessExclusiveLock' and l.granted
            and l.database = (
                select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database())
        order by n.nspname, c.relname, l.pid
        """
}
