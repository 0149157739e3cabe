package import Postgres

/// Which server it is, and which history of it.
package struct ServerHistory: Sendable, Equatable {
    /// `pg_control_system().system_identifier`; nil where the server refuses to tell.
    package var systemIdentifier: String?
    /// Nil where the server refuses to tell.
    package var timeline: Int?

    /// - Parameter connection: in a transaction.
    package static func read(_ connection: Connection) throws -> ServerHistory {
        ServerHistory(
            systemIdentifier: try systemIdentifier(connection), timeline: try timeline(connection).flatMap { Int($0) })
    }

    private static func systemIdentifier(_ connection: Connection) throws -> String? {
        guard try mayCall("pg_control_system()", connection) else { return nil }
        return try connection.attempt {
            try connection.scalar("select system_identifier from pg_catalog.pg_control_system()")
        } ?? nil
    }

    /// A primary's own WAL position knows it; the control file of a server just promoted does not, until its next
    /// checkpoint.
    private static func timeline(_ connection: Connection) throws -> String? {
        let primary = """
            select ('x' || pg_catalog.substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 1, 8))
                ::bit(32)::integer
            where not pg_catalog.pg_is_in_recovery()
            """
        if let text = try connection.attempt({ try connection.scalar(primary) }) ?? nil { return text }
        guard try mayCall("pg_control_checkpoint()", connection) else { return nil }
        return try connection.attempt {
            try connection.scalar("select timeline_id from pg_catalog.pg_control_checkpoint()")
        } ?? nil
    }

    private static func mayCall(_ function: String, _ connection: Connection) throws -> Bool {
        try connection.scalar(
            "select pg_catalog.has_function_privilege('pg_catalog.\(function)', 'execute')") == "t"
    }
}
