package import PlanFile
package import Postgres

/// What a comparison needs to know of a table, read from the source and used on both sides.
package struct ComparedTable: Sendable, Equatable {
    package var name: QualifiedName
    /// Every column that is there, generated ones too, in the source's order.
    package var columns: [ComparedColumn]
    /// Positions in `columns` of the primary key, else of a unique index whose columns are NOT NULL; empty where there
    /// is neither.
    package var key: [Int]
    /// Whether text is compared as it is in UTF-8, because the source's database has another encoding.
    package var isConverted: Bool

    package init(name: QualifiedName, columns: [ComparedColumn], key: [Int], isConverted: Bool = false) {
        self.name = name
        self.columns = columns
        self.key = key
        self.isConverted = isConverted
    }

    /// The same columns of a table of another name.
    func named(_ name: QualifiedName) -> ComparedTable {
        var table = self
        table.name = name
        return table
    }

    /// The base type under domains, by its name where it is a built-in one.
    private static let columnsQuery = """
        with recursive base (attnum, attname, typid) as (
            select attnum, attname, atttypid from pg_catalog.pg_attribute
            where attrelid = $1::pg_catalog.regclass and attnum > 0 and not attisdropped
            union all
            select b.attnum, b.attname, t.typbasetype
            from base b join pg_catalog.pg_type t on t.oid = b.typid where t.typtype = 'd'
        )
        select b.attname, case when t.typnamespace = 'pg_catalog'::pg_catalog.regnamespace then t.typname end
        from base b join pg_catalog.pg_type t on t.oid = b.typid
        where t.typtype <> 'd'
        order by b.attnum
        """

    /// Whole columns only; a deferrable key may be violated in between, but not when a transaction has ended.
    private static let keyQuery = """
        select a.attname
        from (
            select i.indrelid, i.indkey, i.indnkeyatts
            from pg_catalog.pg_index i
            where i.indrelid = $1::pg_catalog.regclass and i.indisunique and i.indisvalid and i.indpred is null
                and i.indexprs is null and not exists (
                    select from unnest(i.indkey[0:i.indnkeyatts - 1]) k
                    join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k
                    where not a.attnotnull)
            order by i.indisprimary desc, i.indisreplident desc, i.indnkeyatts, i.indexrelid
            limit 1
        ) i
        cross join unnest(i.indkey[0:i.indnkeyatts - 1]) with ordinality k (attnum, position)
        join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
        order by k.position
        """

    /// - Throws: `42P01` where the table does not exist.
    package static func read(
        _ table: QualifiedName, on connection: Connection,
    ) throws(PostgresError) -> ComparedTable {
        let rows = try connection.query(columnsQuery, [table.sql])
        let columns = rows.indices.map { row in
            ComparedColumn(name: rows.text(row, 0), hash: ColumnHash(builtInType: rows[row, 1]))
        }
        let keys = try connection.query(keyQuery, [table.sql])
        let key = keys.indices.compactMap { row in columns.firstIndex { $0.name == keys.text(row, 0) } }
        let encoding = try connection.scalar("select pg_catalog.getdatabaseencoding()")
        return ComparedTable(name: table, columns: columns, key: key, isConverted: encoding != "UTF8")
    }
}

package struct ComparedColumn: Sendable, Equatable {
    package var name: String
    package var hash: ColumnHash
    package init(name: String, hash: ColumnHash) {
        self.name = name
        self.hash = hash
    }
}
