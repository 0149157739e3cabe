internal import Postgres

extension CatalogReading {
    /// Runs `body` where `pg_get_indexdef` and its like quote every identifier, so that what they give means the same
    /// on a server that reserves other words.
    func quotingAll<R>(_ body: () throws -> R) throws -> R {
        try connection.execute("set local quote_all_identifiers = on")
        let value = try body()
        try connection.execute("set local quote_all_identifiers = off")
        return value
    }

    /// Constraints of tables, unsorted; those of domains belong to their type.
    func constraints() throws -> [Catalog.Constraint] {
        let result = try quotingAll { try connection.query(constraintQuery) }
        return try result.rows { row in
            let (oid, name, table) = (row.oid(), row.text(), row.oid())
            guard let kind = Catalog.Constraint.Kind(rawValue: row.text()) else { return nil }
            let constraint = Catalog.Constraint(
                oid: oid, name: name, table: table, kind: kind, columns: row.ints(), index: row.optionalOID(),
                referencedTable: row.optionalOID(), referencedColumns: row.ints(), isDeferrable: row.bool(),
                isDeferred: row.bool(), isValidated: row.bool(), isEnforced: row.bool(), isLocal: row.bool(),
                parent: row.optionalOID(), definition: row.text())
            return constraint.definition.isEmpty ? try vanished() : constraint
        }
    }

    private var constraintQuery: String {
        let enforced = version >= 180000 ? "o.conenforced" : "true"
        let parent = version >= 110000 ? "o.conparentid" : "null"
        return """
            select o.oid, o.conname, o.conrelid, o.contype, o.conkey, o.conindid, o.confrelid, o.confkey,
                o.condeferrable, o.condeferred, o.convalidated, \(enforced), o.conislocal, \(parent),
                pg_catalog.pg_get_constraintdef(o.oid)
            from pg_catalog.pg_constraint o
            where o.conrelid in (\(scope.tables))
            """
    }
}
