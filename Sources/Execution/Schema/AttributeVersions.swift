/// `pg_attver`, which PostgreSQL 15.20 keeps among the options of every column (`pg_attribute.attoptions`) for its own
/// use. Its own pg_dump leaves it out; a pg_dump that does not know it (17.11, 18.6) writes `ALTER COLUMN … SET
/// (pg_attver=…)`, which servers of those versions refuse as an unrecognized parameter, and 15.20 takes and keeps.
enum AttributeVersions {
    private static let option = "pg_attver="

    /// `sql` without the option, and without statements that set nothing else.
    static func removed(from sql: String) -> String {
        guard sql.contains(option) else { return sql }
        return SQLStatements.split(sql).compactMap(remaining).joined(separator: "\n")
    }

    private static func remaining(_ statement: String) -> String? {
        guard statement.hasPrefix("ALTER "), statement.hasSuffix(");"),
            let open = statement.ranges(of: " SET (").last
        else { return statement }
        let options = statement[open.upperBound...].dropLast(2).split(separator: ", ").map(String.init)
        let kept = options.filter { !$0.hasPrefix(option) }
        guard kept.count < options.count else { return statement }
        return kept.isEmpty ? nil : statement[..<open.upperBound] + kept.joined(separator: ", ") + ");"
    }
}
