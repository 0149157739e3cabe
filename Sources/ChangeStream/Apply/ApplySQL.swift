private import LogicalDecoding
internal import PlanFile
private import Postgres

/// The statements that changes become. Pure text; values are parameters.
enum ApplySQL {
    private static func quoted(_ table: AppliedTable, _ column: Int) -> String {
        QualifiedName.quoted(table.columns[column].name)
    }

    private static func list(_ table: AppliedTable) -> String {
        table.columns.indices.map { quoted(table, $0) }.joined(separator: ", ")
    }

    /// The table as statements name it that must not touch its inheritance children.
    private static func only(_ table: AppliedTable) -> String { (table.takesOnly ? "only " : "") + table.name.sql }

    static func copy(_ table: AppliedTable, isBinary: Bool) -> String {
        "copy \(table.name.sql) (\(list(table))) from stdin (format \(isBinary ? "binary" : "text"))"
    }

    // MARK: One row

    static func insert(_ table: AppliedTable) -> String {
        guard !table.columns.isEmpty else { return "insert into \(table.name.sql) default values" }
        let values = (1...table.width).map { "$\($0)" }.joined(separator: ", ")
        return "insert into \(table.name.sql) (\(list(table))) overriding system value values (\(values))"
    }

    /// - Parameters:
    ///   - first: the number of the key's first parameter.
    ///   - nulls: columns that are NULL in the row that is looked for; only asked for where the identity is full.
    private static func keyCondition(_ table: AppliedTable, first: Int, _ nulls: Set<Int>) -> String {
        guard table.isFull else {
            return table.key.enumerated().map { "\(quoted(table, $1)) = $\(first + $0)" }.joined(separator: " and ")
        }
        // Exactly one row, also among equal ones; a row is (tableoid, ctid) where it may be in a chunk or partition
        // (EXACTNESS.md, 19). Text forms, because `=` takes 1.0 for 1.00, and some types have none; where it takes
        // nothing for anything else, it finds indexes and chunks.
        let same = table.columns.indices.map { column in
            let (name, type) = (quoted(table, column), table.columns[column].typeName)
            if nulls.contains(column) { return "\(name) is null" }
            if table.columns[column].equalsByBytes { return "\(name) = $\(first + column)::\(type)" }
            return "\(name)::text = $\(first + column)::\(type)::text"
        }
        // Of a hypertable, the chunk alone is looked into: times that are equal have one text.
        let chunk = table.time.map { column in
            "\(quoted(table, column)) = $\(first + column)::\(table.columns[column].typeName) and "
        }
        return """
            \(chunk ?? "")(tableoid, ctid) = (select tableoid, ctid from \(only(table)) where \(chunk ?? "")\
            \(same.isEmpty ? "true" : same.joined(separator: " and ")) limit 1)
            """
    }

    static func delete(_ table: AppliedTable, nulls: Set<Int> = []) -> String {
        "delete from \(only(table)) where \(keyCondition(table, first: 1, nulls))"
    }

    /// - Parameter sent: columns to set, which are the first parameters; the key follows.
    static func update(_ table: AppliedTable, sent: [Int], nulls: Set<Int> = []) -> String {
        let set = sent.enumerated().map { "\(quoted(table, $1)) = $\($0 + 1)" }.joined(separator: ", ")
        return "update \(only(table)) set \(set) where \(keyCondition(table, first: sent.count + 1, nulls))"
    }

    /// Delete and insert; what was not sent comes from the row as it was.
    static func replace(_ table: AppliedTable, sent: [Int], nulls: Set<Int> = []) -> String {
        let values = table.columns.indices.map { column in
            guard let parameter = sent.firstIndex(of: column) else { return "gone." + quoted(table, column) }
            return "$\(parameter + 1)::\(table.columns[column].typeName)"
        }
        return """
            with gone as (delete from \(only(table)) where \(keyCondition(table, first: sent.count + 1, nulls)) \
            returning \(list(table))) \
            insert into \(table.name.sql) (\(list(table))) overriding system value \
            select \(values.joined(separator: ", ")) from gone
            """
    }

    // MARK: Many rows

    /// How a column's values of many rows travel: an array of text, cast value by value, or of the type itself.
    enum Form: Hashable { case text, binary }

    private static func rows(_ table: AppliedTable, _ columns: [Int], _ forms: [Form]) -> String {
        let arrays = zip(columns, forms).enumerated().map { number, column in
            let type = column.1 == .text ? "pg_catalog.text" : table.columns[column.0].typeName
            return "$\(number + 1)::\(type)[]"
        }
        let names = columns.indices.map { "c\($0)" }
        return "unnest(\(arrays.joined(separator: ", "))) as new(\(names.joined(separator: ", ")))"
    }

    private static func value(_ table: AppliedTable, _ column: Int, _ number: Int, _ form: Form) -> String {
        // A cast to text's own type would keep the planner from nothing, but reads worse.
        form == .text ? "new.c\(number)::\(table.columns[column].typeName)" : "new.c\(number)"
    }

    /// Between which times rows of a hypertable lie, in the two parameters behind the others: then other chunks are not
    /// even planned for.
    private static func range(_ table: AppliedTable, behind count: Int, _ isBounded: Bool) -> String {
        guard isBounded, let place = table.chunks?.place else { return "" }
        let (time, type) = (quoted(table, table.key[place]), table.columns[table.key[place]].typeName)
        return " and old.\(time) >= $\(count + 1)::\(type) and old.\(time) <= $\(count + 2)::\(type)"
    }

    /// Deletes by key: the parameters are arrays, one a key column, and where it is bounded, two times.
    static func deleteMany(_ table: AppliedTable, _ forms: [Form], isBounded: Bool = false) -> String {
        let conditions = table.key.enumerated().map { number, column in
            "old.\(quoted(table, column)) = \(value(table, column, number, forms[number]))"
        }
        return """
            delete from \(only(table)) as old using \(rows(table, table.key, forms)) \
            where \(conditions.joined(separator: " and "))\(range(table, behind: forms.count, isBounded))
            """
    }

    /// Updates by key: arrays of the key columns, then of those that are set; where it is bounded, two times.
    static func updateMany(_ table: AppliedTable, sent: [Int], _ forms: [Form], isBounded: Bool = false) -> String {
        let columns = table.key + sent
        let set = sent.enumerated().map { number, column in
            let place = table.key.count + number
            return "\(quoted(table, column)) = \(value(table, column, place, forms[place]))"
        }
        let conditions = table.key.enumerated().map { number, column in
            "old.\(quoted(table, column)) = \(value(table, column, number, forms[number]))"
        }
        return """
            update \(only(table)) as old set \(set.joined(separator: ", ")) from \(rows(table, columns, forms)) \
            where \(conditions.joined(separator: " and "))\(range(table, behind: forms.count, isBounded))
            """
    }

    // MARK: Pieces

    /// A TRUNCATE as far as it was not seen by the copied rows.
    /// - Parameters:
    ///   - conditions: of the pieces; none is all rows.
    ///   - spared: keys, as text, of rows that were read after it.
    static func rangeDelete(_ table: AppliedTable, conditions: [String], spared: [[String]]) -> Segment.Statement {
        var parts: [String] = []
        if !conditions.isEmpty { parts.append("(" + conditions.map { "(\($0))" }.joined(separator: " or ") + ")") }
        var parameters: [String?] = []
        for key in spared {
            let same = zip(table.key, key).map { column, value in
                parameters.append(value)
                return "\(quoted(table, column)) = $\(parameters.count)::\(table.columns[column].typeName)"
            }
            parts.append("not (\(same.joined(separator: " and ")))")
        }
        let condition = parts.isEmpty ? "" : " where " + parts.joined(separator: " and ")
        return Segment.Statement(sql: "delete from \(only(table))\(condition)", parameters: parameters)
    }

    /// Goes with what the truncation does to the tables.
    static func truncationNote(migration: Int64, _ oids: [UInt32], xid: UInt32) -> Segment.Statement {
        Segment.Statement(
            sql: """
                insert into skein.applied_truncation (migration, table_oid, xid)
                select $1, t.oid, $3::text::xid from unnest($2::oid[]) as t (oid)
                on conflict (migration, table_oid) do update set xid = excluded.xid
                """,
            parameters: [String(migration), PostgresArray.literal(oids.map(String.init)), String(xid)])
    }

    private static let noteRow = """
        insert into skein.row_watermark (migration, table_oid, row_key, watermark, insert_lsn)
        values ($1, $2, $3, $4, $5)
        on conflict (migration, table_oid, row_key)
            do update set watermark = excluded.watermark, insert_lsn = excluded.insert_lsn
        """

    /// The migration's id is set where it is sent.
    static func rowNote(_ oid: UInt32, _ key: RowKey, _ row: RereadRow) -> Segment.Statement {
        Segment.Statement(
            sql: noteRow,
            parameters: [
                nil, String(oid), RowNote.text(key, row), row.watermark.description, row.insertLSN.description,
            ])
    }
}

/// How a row's key is kept in `skein.row_watermark`: as the stream has it, and as text.
enum RowNote {
    static func text(_ key: RowKey, _ row: RereadRow) -> String { key.text + "=" + PostgresArray.literal(row.key) }

    static func parse(_ text: String) -> (key: RowKey, values: [String]) {
        guard let separator = text.firstIndex(of: "=") else { return (RowKey(text: text), []) }
        let values = String(text[text.index(after: separator)...])
        return (RowKey(text: String(text[..<separator])), PostgresArray.elements(values))
    }
}
