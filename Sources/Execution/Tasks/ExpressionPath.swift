internal import Postgres

/// The search_path under which the target evaluates what users' functions take part in: checks, generated columns,
/// indexes and materialized views. These functions may count on the database's own, which our sessions empty.
enum ExpressionPath {
    /// Within a transaction.
    static let own = "set local search_path to default"
    static let ownWithTimeZone = own + "; set local timezone to default"

    /// Undefined table, function, object, schema.
    private static let states: Set<String> = ["42P01", "42883", "42704", "3F000"]

    /// Runs what builds an index or refreshes a view: there, since PostgreSQL 17, the server itself sets search_path to
    /// `pg_catalog, pg_temp` (its release notes, "Migration"), so that no setting of ours helps. That is told.
    static func explaining(_ target: Connection, _ statement: String) throws(PostgresError) {
        do {
            try target.execute(statement)
        } catch {
            guard case .server(var refusal) = error, target.serverVersion >= 170_000,
                states.contains(refusal.sqlState), let function = function(in: refusal.context)
            else { throw error }
            refusal.detail =
                "\(function) counts on a search_path, and PostgreSQL 17 and later give it none here: run `alter function "
                + "… set search_path = …` for it on the target"
            throw .server(refusal)
        }
    }

    /// The function that failed, of a context such as `PL/pgSQL function public.find(integer) line 1 at RETURN`.
    private static func function(in context: String?) -> String? {
        for line in (context ?? "").split(whereSeparator: \.isNewline) {
            guard let start = line.firstRange(of: "function ")?.upperBound else { continue }
            let end =
                line[start...].firstRange(of: " line ") ?? line[start...].firstRange(of: " statement ")
                ?? line[start...].firstRange(of: " during ")
            return "function " + line[start..<(end?.lowerBound ?? line.endIndex)]
        }
        return nil
    }
}
