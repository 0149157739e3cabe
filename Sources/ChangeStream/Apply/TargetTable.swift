internal import PlanFile
internal import Postgres

/// A table on the target as far as applying changes depends on it.
struct TargetTable: Sendable, Equatable {
    struct Column: Sendable, Equatable {
        var name: String
        var typeOID: UInt32
        /// Quoted and qualified, without a modifier: casting to it changes no value.
        var typeName: String
        /// 0 where the type has none: arrays, pseudo types.
        var arrayOID: UInt32
        /// -1: none.
        var typeModifier: Int32
        /// As a person writes it, modifier included.
        var formatted: String
        var isGenerated: Bool
        /// pgoutput tells a domain's base type.
        var isDomain: Bool
        /// GENERATED ALWAYS AS IDENTITY.
        var isAlwaysIdentity: Bool
        /// Values may be TOASTed, and then are not sent when they do not change.
        var isToastable: Bool
        /// Equal values have equal bytes.
        var equalsByBytes: Bool
    }

    /// Columns of a unique index; nil where it has expressions or a condition, or is an exclusion constraint's.
    typealias UniqueKey = [String]?

    var name: QualifiedName
    var columns: [Column] = []
    var uniqueKeys: [UniqueKey] = []
    var isPartitioned = false
    /// A hypertable's partitioning columns; nil for any other table.
    var dimensions: [String]?
    /// How much of the first one goes into a chunk: microseconds, or the integer's own unit; nil where that is not told.
    var chunkInterval: Int64?
}

extension TargetTable {
    /// Types whose equal values have equal bytes in each form, under our pinned settings (EXACTNESS.md, 21): bool,
    /// bytea, "char", name, int8, int2, int4, text, oid, varchar, date, time, timestamp, timestamptz, uuid, macaddr.
    /// Text besides needs a deterministic collation.
    private static let columnsQuery = """
        select n.nspname, c.relname, a.attname, a.atttypid,
            pg_catalog.quote_ident(tn.nspname) || '.' || pg_catalog.quote_ident(t.typname), t.typarray, a.atttypmod,
            pg_catalog.format_type(a.atttypid, a.atttypmod), a.attgenerated <> '', a.attidentity = 'a',
            a.attstorage <> 'p' and t.typlen < 0,
            (t.typtype = 'e' or (case when t.typtype = 'd' then t.typbasetype else t.oid end)::bigint = any
                ('{16,17,18,19,20,21,23,25,26,1043,1082,1083,1114,1184,2950,829}'::bigint[]))
                and coalesce(l.collisdeterministic, true), c.relkind = 'p', t.typtype = 'd'
        from unnest($1::text[], $2::text[]) as wanted(s, t)
            join pg_catalog.pg_namespace n on n.nspname = wanted.s
            join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = wanted.t and c.relkind in ('r', 'p')
            join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            join pg_catalog.pg_type t on t.oid = a.atttypid
            join pg_catalog.pg_namespace tn on tn.oid = t.typnamespace
            left join pg_catalog.pg_collation l on l.oid = a.attcollation
        order by n.nspname, c.relname, a.attnum
        """

    private static let uniqueQuery = """
        select n.nspname, c.relname,
            case when i.indexprs is null and i.indpred is null and i.indisunique
                then array(select a.attname from unnest(i.indkey[0:i.indnkeyatts - 1]) with ordinality k(attnum, place)
                    join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum order by k.place)::text[]
            end
        from unnest($1::text[], $2::text[]) as wanted(s, t)
            join pg_catalog.pg_namespace n on n.nspname = wanted.s
            join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = wanted.t and c.relkind in ('r', 'p')
            join pg_catalog.pg_index i on i.indrelid = c.oid and (i.indisunique or i.indisexclusion)
        """

    private static let dimensionsQuery = """
        select d.hypertable_schema, d.hypertable_name, d.column_name,
            case when d.dimension_number = 1
                then coalesce(d.integer_interval, (extract(epoch from d.time_interval) * 1000000)::bigint) end
        from unnest($1::text[], $2::text[]) as wanted(s, t)
            join timescaledb_information.dimensions d on d.hypertable_schema = wanted.s and d.hypertable_name = wanted.t
        order by d.dimension_number
        """

    /// Reads what the target holds of some tables; one that it does not have is missing.
    static func read(_ names: [QualifiedName], from connection: Connection) throws -> [QualifiedName: TargetTable] {
        let parameters = [PostgresArray.literal(names.map(\.schema)), PostgresArray.literal(names.map(\.name))]
        var tables: [QualifiedName: TargetTable] = [:]
        let columns = try connection.query(columnsQuery, parameters)
        for row in columns.indices {
            let name = QualifiedName(schema: columns.text(row, 0), name: columns.text(row, 1))
            tables[name, default: TargetTable(name: name)].isPartitioned = columns.bool(row, 12)
            tables[name, default: TargetTable(name: name)].columns.append(
                Column(
                    name: columns.text(row, 2), typeOID: columns.oid(row, 3) ?? 0, typeName: columns.text(row, 4),
                    arrayOID: columns.oid(row, 5) ?? 0, typeModifier: Int32(columns.int(row, 6) ?? -1),
                    formatted: columns.text(row, 7), isGenerated: columns.bool(row, 8), isDomain: columns.bool(row, 13),
                    isAlwaysIdentity: columns.bool(row, 9), isToastable: columns.bool(row, 10),
                    equalsByBytes: columns.bool(row, 11)))
        }
        let keys = try connection.query(uniqueQuery, parameters)
        for row in keys.indices {
            let name = QualifiedName(schema: keys.text(row, 0), name: keys.text(row, 1))
            tables[name]?.uniqueKeys.append(keys[row, 2].map(PostgresArray.elements))
        }
        if try connection.scalar("select pg_catalog.to_regclass('timescaledb_information.dimensions')") != nil {
            let dimensions = try connection.query(dimensionsQuery, parameters)
            for row in dimensions.indices {
                let name = QualifiedName(schema: dimensions.text(row, 0), name: dimensions.text(row, 1))
                let before = tables[name]?.dimensions ?? []
                tables[name]?.dimensions = before + [dimensions.text(row, 2)]
                if let interval = dimensions[row, 3].flatMap({ Int64($0) }) { tables[name]?.chunkInterval = interval }
            }
        }
        return tables
    }
}
