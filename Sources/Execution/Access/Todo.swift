/// Something that a migration leaves to a person, as a statement for psql, and why.
package struct Todo: Sendable, Codable, Equatable {
    /// The task that could not do it.
    package var task: String
    /// Without its end; holds no password.
    package var sql: String
    package var why: String

    package init(task: String, sql: String, why: String) {
        self.task = task
        self.sql = sql
        self.why = why
    }

    /// Not a statement, but psql's own `\password`, which asks for one.
    package var isPassword: Bool { sql.hasPrefix("\\password") }

    /// A command of psql itself has no semicolon.
    package var line: String { sql.hasPrefix("\\") || sql.hasPrefix("--") ? sql : sql + ";" }
}
