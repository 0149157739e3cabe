/// The definition of a partitioned table as that of a plain one, for a table whose partitions become a hypertable.
enum FlattenedTable {
    private static let clause = "\nPARTITION BY "

    /// pg_dump writes the clause behind the columns, on a line of its own that ends the statement (partitioned tables have
    /// no storage parameters).
    static func entry(_ entry: DumpEntry) -> DumpEntry {
        var statements = SQLStatements.split(entry.sql)
        guard let first = statements.first, let place = first.ranges(of: clause).last else { return entry }
        statements[0] = String(first[..<place.lowerBound]) + ";"
        var plain = entry
        plain.sql = statements.joined(separator: "\n")
        return plain
    }
}
