internal import PlanFile
internal import Postgres

extension CatalogReading {
    /// Indexes of tables and materialized views, unsorted.
    func indexes(
        _ constraints: [Catalog.Constraint], _ columnCollations: [ColumnID: OID],
    ) throws -> [Catalog.Index] {
        var owners: [OID: OID] = [:]
        for constraint in constraints where constraint.kind.ownsIndex {
            if let index = constraint.index { owners[index] = constraint.oid }
        }
        let operatorClasses = Set(try connection.query(Self.defaultOperatorClassQuery).rows { $0.oid() })
        let result = try quotingAll { try connection.query(indexQuery) }
        return try result.rows { row in
            let (oid, name) = (row.oid(), QualifiedName(schema: row.text(), name: row.text()))
            let (table, method) = (row.oid(), row.text())
            let (keyCount, columns, options) = (row.int(), row.vector(), row.vector())
            let (classes, collations) = (row.vector(), row.vector())
            let keys = (0..<min(keyCount, columns.count, options.count, classes.count, collations.count))
                .map { position in
                    let column = columns[position] == 0 ? nil : columns[position]
                    let collation = column.map { columnCollations[ColumnID(table: table, number: $0)] ?? 0 }
                    return Catalog.Index.Key(
                        column: column,
                        // INDOPTION_DESC and INDOPTION_NULLS_FIRST of PostgreSQL's catalog/pg_index.h
                        isDescending: options[position] & 1 != 0, nullsFirst: options[position] & 2 != 0,
                        hasDefaultOperatorClass: operatorClasses.contains(OID(classes[position])),
                        hasColumnCollation: collation == OID(collations[position]))
                }
            let index = Catalog.Index(
                oid: oid, name: name, table: table, method: method, isUnique: row.bool(), isPrimary: row.bool(),
                isExclusion: row.bool(), isImmediate: row.bool(), isValid: row.bool(), isPartial: row.bool(),
                nullsNotDistinct: row.bool(), isReplicaIdentity: row.bool(), isClustered: row.bool(), keys: keys,
                includedColumns: Array(columns.dropFirst(keyCount)), definition: row.text(), bytes: row.bytes(),
                constraint: owners[oid], parent: row.optionalOID())
            return index.definition.isEmpty ? try vanished() : index
        }
    }

    private static let defaultOperatorClassQuery = "select oid from pg_catalog.pg_opclass where opcdefault"

    private var indexQuery: String {
        let keyCount = version >= 110000 ? "i.indnkeyatts" : "i.indnatts"
        let nullsNotDistinct = version >= 150000 ? "i.indnullsnotdistinct" : "false"
        return """
            select i.indexrelid, n.nspname, c.relname, i.indrelid, m.amname,
                \(keyCount), i.indkey, i.indoption, i.indclass, i.indcollation,
                i.indisunique, i.indisprimary, i.indisexclusion, i.indimmediate, i.indisvalid,
                i.indpred is not null, \(nullsNotDistinct), i.indisreplident, i.indisclustered,
                pg_catalog.pg_get_indexdef(i.indexrelid), pg_catalog.pg_relation_size(i.indexrelid), h.inhparent
            from pg_catalog.pg_index i
            join pg_catalog.pg_class c on c.oid = i.indexrelid
            join pg_catalog.pg_namespace n on n.oid = c.relnamespace
            join pg_catalog.pg_am m on m.oid = c.relam
            left join pg_catalog.pg_inherits h on h.inhrelid = i.indexrelid
            where i.indrelid in (\(scope.tables))
            """
    }
}
