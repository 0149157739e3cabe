internal import PlanFile
internal import Postgres

extension CatalogReading {
    /// Relations without their columns and index sizes.
    func relations() throws -> [Catalog.Relation] {
        let parents = try parents()
        return try connection.query(relationQuery).rows { row in
            let oid = row.oid()
            let name = QualifiedName(schema: row.text(), name: row.text())
            guard let kind = Catalog.Relation.Kind(rawValue: row.text()) else { return nil }
            var relation = Catalog.Relation(
                oid: oid, name: name, kind: kind, owner: row.text(), isUnlogged: row.bool(), fileNode: row.oid(),
                columns: [], estimatedRows: row.optionalDouble() ?? -1, heapBytes: row.bytes(),
                tableBytes: row.bytes(), indexBytes: 0, parents: parents[oid] ?? [], isPartition: row.bool(),
                partitionKey: row.optionalText(), partitionBound: row.optionalText(),
                replicaIdentity: Catalog.Relation.ReplicaIdentity(rawValue: row.text()) ?? .default,
                hasRowSecurity: row.bool(), forcesRowSecurity: row.bool(), tablespace: row.optionalText(),
                accessMethod: row.optionalText(), isPopulated: row.bool(), isReadable: row.bool())
            relation.partitionCondition = row.optionalText()
            return relation
        }
    }

    private var relationQuery: String {
        // Before 14, a table that was never analysed shows 0 rows in 0 pages.
        let rows = version >= 140000 ? "c.reltuples" : "case when c.relpages = 0 then -1 else c.reltuples end"
        return """
            select c.oid, n.nspname, c.relname, c.relkind, pg_catalog.pg_get_userbyid(c.relowner),
                c.relpersistence = 'u', c.relfilenode, \(rows),
                case when c.relkind in ('r', 'm') then pg_catalog.pg_relation_size(c.oid) end,
                case when c.relkind in ('r', 'm') then pg_catalog.pg_table_size(c.oid) end, c.relispartition,
                case when c.relkind = 'p' then pg_catalog.pg_get_partkeydef(c.oid) end,
                pg_catalog.pg_get_expr(c.relpartbound, c.oid),
                c.relreplident, c.relrowsecurity, c.relforcerowsecurity, s.spcname, m.amname, c.relispopulated,
                pg_catalog.has_table_privilege(c.oid, 'select')
                    and pg_catalog.has_schema_privilege(c.relnamespace, 'usage')
                    and not (c.relrowsecurity and pg_catalog.row_security_active(c.oid)),
                case when c.relispartition then pg_catalog.pg_get_partition_constraintdef(c.oid) end
            """
                + " "
                + scope.relations(
                    CatalogScope.tableKinds,
                    joining: """
                        left join pg_catalog.pg_tablespace s on s.oid = c.reltablespace
                        left join pg_catalog.pg_am m on m.oid = c.relam
                        """)
    }

    /// Parents of every relation that has some, in order. A partition whose `detach concurrently` is not finished has
    /// none any more.
    private func parents() throws -> [OID: [OID]] {
        let detached = version >= 140000 ? "and not h.inhdetachpending" : ""
        let rows = try connection.query(
            """
            select h.inhrelid, h.inhparent
            from pg_catalog.pg_inherits h
            where h.inhparent in (\(scope.tables)) \(detached)
            order by h.inhrelid, h.inhseqno
            """)
        var parents: [OID: [OID]] = [:]
        for (child, parent) in rows.rows({ ($0.oid(), $0.oid()) }) { parents[child, default: []].append(parent) }
        return parents
    }

    func schemas() throws -> [Catalog.Schema] {
        try connection.query(Self.schemaQuery).rows { row in
            Catalog.Schema(oid: row.oid(), name: row.text(), owner: row.text(), isCreatable: row.bool())
        }
        .sorted { $0.name < $1.name }
    }

    private static let schemaQuery = """
        select n.oid, n.nspname, pg_catalog.pg_get_userbyid(n.nspowner),
            pg_catalog.has_schema_privilege(n.oid, 'create')
        from pg_catalog.pg_namespace n
        where \(CatalogScope.schema) and \(CatalogScope.isNoMember("pg_namespace", "n.oid"))
        """

    func sequences() throws -> [Catalog.Sequence] {
        let query =
            """
            select c.oid, n.nspname, c.relname, d.refobjid, d.refobjsubid, d.deptype = 'i',
                pg_catalog.has_sequence_privilege(c.oid, 'select')
                    and pg_catalog.has_schema_privilege(c.relnamespace, 'usage')
            """
            + " "
            + scope.relations(
                "S",
                joining: """
                    left join pg_catalog.pg_depend d
                        on d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid
                        and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjsubid > 0
                        and d.deptype in ('a', 'i')
                    """)
        return try connection.query(query).rows { row in
            Catalog.Sequence(
                oid: row.oid(), name: QualifiedName(schema: row.text(), name: row.text()),
                ownerTable: row.optionalOID(), ownerColumn: row.optionalInt(), isIdentity: row.bool(),
                isReadable: row.bool())
        }
    }
}
