internal import Postgres

extension CatalogReading {
    /// Fills in the statistics of columns that lead a btree index of a table.
    func addStatistics(
        to relations: inout [Catalog.Relation], _ indexes: [Catalog.Index], _ options: CatalogReader.Options,
    ) throws {
        let positions = Dictionary(uniqueKeysWithValues: relations.enumerated().map { ($1.oid, $0) })
        var (tables, columns, areLarge): ([String], [String], [String]) = ([], [], [])
        for index in indexes where index.canOrderRows {
            guard let key = index.keys.first?.column, let position = positions[index.table],
                relations[position].kind == .table
            else { continue }
            let isLarge = relations[position].tableBytes > options.histogramThreshold
            relations[position].updateColumn(key) { column in
                guard column.statistics == nil else { return }
                column.statistics = Catalog.ColumnStatistics(nullFraction: 0)
                tables.append(String(index.table))
                columns.append(String(key))
                areLarge.append(isLarge && Self.divisibleTypes.contains(column.type) ? "t" : "f")
            }
        }
        let parameters = [tables, columns, areLarge].map { "{" + $0.joined(separator: ",") + "}" }
        // Here a nested loop is right: an index finds each of the columns, whose number we know.
        try connection.execute("set local enable_nestloop = on")
        let result = try connection.query(Self.statisticsQuery, parameters)
        try connection.execute("set local enable_nestloop = off")
        for index in result.indices {
            var row = Row(result, index)
            guard let position = positions[row.oid()] else { continue }
            relations[position].updateColumn(row.int()) { column in
                guard column.statistics != nil else { return }
                column.statistics = Catalog.ColumnStatistics(
                    correlation: row.optionalDouble(), nullFraction: row.optionalDouble() ?? 0,
                    distinct: row.optionalDouble(), histogram: row.texts(), commonValues: row.texts(),
                    commonFrequencies: row.texts().compactMap { Double($0) })
            }
        }
    }

    /// `pg_stats` hides columns that the role may not read, and asks that of every column of the database unless it is
    /// asked for one at a time. Its values are cast to text where they are: the view's type is `anyarray`.
    private static let statisticsQuery = """
        select k.relation, k.number, s.correlation, s.null_frac, s.n_distinct,
            case when k.is_large then s.histogram_bounds::text end,
            case when k.is_large then s.most_common_vals::text end,
            case when k.is_large then s.most_common_freqs::text end
        from unnest($1::oid[], $2::smallint[], $3::boolean[]) k (relation, number, is_large)
        join pg_catalog.pg_class c on c.oid = k.relation
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        join pg_catalog.pg_attribute a on a.attrelid = k.relation and a.attnum = k.number
        cross join lateral (
            select *
            from pg_catalog.pg_stats t
            where t.schemaname = n.nspname and t.tablename = c.relname and t.attname = a.attname and not t.inherited
            offset 0
        ) s
        """

    /// Types that ranges of rows can be cut by: int8, int2, int4, date, timestamp, timestamptz, uuid, bytea, text and
    /// varchar. OIDs of built-in types never change.
    private static let divisibleTypes: Set<OID> = [20, 21, 23, 1082, 1114, 1184, 2950, 17, 25, 1043]
}
