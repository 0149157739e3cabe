package import Postgres

/// An entry of the dump that the target refused.
package struct SchemaRestoreError: Error, Sendable, Equatable {
    /// `TABLE public.readings`.
    package var entry: String
    package var error: PostgresError
}

/// Runs entries of the dump on the target.
package enum SchemaRestorer {
    /// What pg_dump's own preamble sets, and what its scripts leave unsaid because it is the default.
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
    /// - Throws: `SchemaRestoreError` for what the server refuses, a `PostgresError` where the connection is lost.
    package static func run(_ batch: [StagedEntry], on connection: Connection) throws {
        let entries = batch.map(\.entry).filter { !$0.sql.isEmpty }
        guard !entries.isEmpty else { return }
        try connection.execute("savepoint skein_batch;\n" + preamble)
        do {
            try connection.execute(entries.map(script).joined(separator: "\n"))
        } catch let error {
            guard case .server = error, connection.isUp, connection.isInTransaction else { throw error }
            try connection.execute("rollback to savepoint skein_batch;\n" + preamble)
            for entry in entries { try run(entry, on: connection) }
        }
        try connection.execute("release savepoint skein_batch")
    }

    private static func run(_ entry: DumpEntry, on connection: Connection) throws {
        do {
            try connection.execute(script(entry))
        } catch let error {
            guard case .server = error else { throw error }
            throw SchemaRestoreError(entry: entry.title, error: error)
        }
    }

    /// The entry's statements between its settings and their undoing.
    private static func script(_ entry: DumpEntry) -> String {
        guard !entry.settings.isEmpty else { return entry.sql }
        let names = SQLStatements.split(entry.settings).compactMap { $0.dropping(prefix: "SET ") }
        let resets = names.map { "set local \($0.prefix { $0 != " " && $0 != "=" }) = default;" }
        return (names.map { "set local " + $0 } + [entry.sql] + resets + [preamble]).joined(separator: "\n")
    }
}
