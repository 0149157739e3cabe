internal import Postgres

/// A column of a table.
struct ColumnID: Hashable {
    var table: OID
    var number: Int
}

/// All columns, by table and in order, with what only the reading of indexes needs.
struct ColumnsRead {
    var byTable: [OID: [Catalog.Column]] = [:]
    /// Of columns that have one.
    var collations: [ColumnID: OID] = [:]
}

extension CatalogReading {
    func columns() throws -> ColumnsRead {
        let result = try connection.query(columnQuery)
        var read = ColumnsRead()
        var (table, columns): (OID, [Catalog.Column]) = (0, [])
        // Type names repeat; the ones longer than 15 bytes would each be on the heap.
        var typeNames: [String: String] = [:]
        for index in result.indices {
            var row = Row(result, index)
            let owner = row.oid()
            if owner != table {
                read.byTable[table] = columns
                (table, columns) = (owner, [])
            }
            let (number, name, type, typeName) = (row.int(), row.text(), row.oid(), row.text())
            if typeNames[typeName] == nil { typeNames[typeName] = typeName }
            let column = Catalog.Column(
                number: number, name: name, type: type, typeName: typeNames[typeName] ?? typeName,
                isNotNull: row.bool(), hasDefault: row.bool(),
                identity: Catalog.Column.Identity(rawValue: row.text()),
                generated: Catalog.Column.Generated(rawValue: row.text()), collation: row.optionalText(),
                statistics: nil)
            if let collation = row.optionalOID() { read.collations[ColumnID(table: owner, number: number)] = collation }
            columns.append(column)
        }
        read.byTable[table] = columns
        return read
    }

    private var columnQuery: String {
        let generated = version >= 120000 ? "a.attgenerated" : "''"
        return """
            select a.attrelid, a.attnum, a.attname, a.atttypid, pg_catalog.format_type(a.atttypid, a.atttypmod),
                a.attnotnull, a.atthasdef and \(generated) = '', a.attidentity, \(generated),
                case when l.collnamespace = 'pg_catalog'::pg_catalog.regnamespace then l.collname
                    else (select pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(l.collname)
                        from pg_catalog.pg_namespace n where n.oid = l.collnamespace) end,
                a.attcollation
            from pg_catalog.pg_attribute a
            left join pg_catalog.pg_collation l on l.oid = a.attcollation
            where a.attrelid in (\(scope.tables)) and a.attnum > 0 and not a.attisdropped
            order by a.attrelid, a.attnum
            """
    }
}
