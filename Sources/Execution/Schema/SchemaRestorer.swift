package import Postgres

/// An entry of the dump that the target refused.
package struct SchemaRestoreError: Error, Sendable, Equatable {
    /// `TABLE public.readings`.
    package var entry: String
    package var error: ServerError
}

extension SchemaRestoreError: CustomStringConvertible {
    package var description: String {
        let more = [error.detail, error.hint].compactMap { $0 }.map { "; " + $0 }.joined()
        return "\(entry): \(error.message) (SQLSTATE \(error.sqlState))\(more)"
    }
}

/// Runs entries of the dump on the target.
package enum SchemaRestorer {
    /// What pg_dump's own preamble sets.
    private static let preamble = """
        set local search_path = '';
        set local check_function_bodies = off;
        set local row_security = off;
        set local xmloption = content;
        set local client_min_messages = warning;
        set local default_table_access_method = heap;
        """

    /// Runs `batch` in the caller's transaction; on failure the caller's transaction is failed or rolled back to where
    /// the failing entry began, and must be rolled back.
    ///
    /// All entries go in one round trip. If one is refused, they are run again one by one to learn which.
    /// - Throws: `SchemaRestoreError` for what the server refuses, a `PostgresError` for what may work next time.
    package static func run(_ batch: [StagedEntry], on connection: Connection) throws {
        let entries = batch.map(\.entry).filter { !$0.sql.isEmpty }
        guard !entries.isEmpty else { return }
        try connection.execute("savepoint skein_batch;\n" + preamble)
        do {
            try connection.execute(entries.map(\.sql).joined(separator: "\n"))
        } catch let error {
            guard case .server = error, connection.isUp, connection.isInTransaction else { throw error }
            try connection.execute("rollback to savepoint skein_batch;\n" + preamble)
            for entry in entries { try run(entry, on: connection) }
        }
        try connection.execute("release savepoint skein_batch")
    }

    private static func run(_ entry: DumpEntry, on connection: Connection) throws {
        do {
            try connection.execute(entry.sql)
        } catch let error {
            guard case .server(let refusal) = error, !error.isTransient else { throw error }
            throw SchemaRestoreError(entry: entry.title, error: refusal)
        }
    }
}
