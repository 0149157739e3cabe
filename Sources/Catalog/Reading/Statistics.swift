internal import Postgres

extension CatalogReading {
    /// Fills in the statistics of columns that lead a btree index of a table.
    func addStatistics(
        to relations: inout [Catalog.Relation], _ indexes: [Catalog.Index], _ options: CatalogReader.Options,
    ) throws {
        let positions = Dictionary(uniqueKeysWithValues: relations.enumerated().map { ($1.oid, $0) })
        for index in indexes where index.canOrderRows {
            guard let column = index.keys.first?.column, let position = positions[index.table],
                relations[position].kind == .table
            else { continue }
            relations[position].updateColumn(column) { $0.statistics = Catalog.ColumnStatistics(nullFraction: 0) }
        }
        let result = try connection.query(statisticsQuery, [String(options.histogramThreshold)])
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

    /// `pg_stats` hides columns that the role may not read. Its values are cast to text where they are: the view's type
    /// is `anyarray`.
    private var statisticsQuery: String {
        """
        with first_key as (
            select distinct i.indrelid, i.indkey[0] as number
            from pg_catalog.pg_index i
            join pg_catalog.pg_class x on x.oid = i.indexrelid
            join pg_catalog.pg_am m on m.oid = x.relam and m.amname = 'btree'
            where i.indpred is null and i.indisvalid and i.indkey[0] > 0 and i.indrelid in (\(scope.tables))
        ), columns as (
            select c.oid, a.attnum, n.nspname, c.relname, a.attname,
                c.relpages::bigint * pg_catalog.current_setting('block_size')::bigint > $1::bigint
                    and a.atttypid = any (array[\(Self.divisibleTypes)]) as is_large
            from first_key l
            join pg_catalog.pg_class c on c.oid = l.indrelid and c.relkind = 'r'
            join pg_catalog.pg_namespace n on n.oid = c.relnamespace
            join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = l.number
        )
        select k.oid, k.attnum, s.correlation, s.null_frac, s.n_distinct,
            case when k.is_large then s.histogram_bounds::text end,
            case when k.is_large then s.most_common_vals::text end,
            case when k.is_large then s.most_common_freqs::text end
        from columns k
        join pg_catalog.pg_stats s
            on s.schemaname = k.nspname and s.tablename = k.relname and s.attname = k.attname and not s.inherited
        """
    }

    /// Types that ranges of rows can be cut by: int8, int2, int4, date, timestamp, timestamptz, uuid, bytea, text and
    /// varchar. OIDs of built-in types never change.
    private static let divisibleTypes = """
        20, 21, 23, 1082, 1114, 1184, 2950, 17, 25, 1043
        """
}

extension Catalog.Index {
    /// Whether it can bring all rows of its table in the order of its first column: a valid, whole btree.
    package var canOrderRows: Bool { method == "btree" && isValid && !isPartial }
}

extension Catalog.Relation {
    /// Changes the column of that number, where there is one. Numbers have gaps where columns were dropped.
    mutating func updateColumn(_ number: Int, _ change: (inout Catalog.Column) -> Void) {
        if let position = columns.firstIndex(where: { $0.number == number }) { change(&columns[position]) }
    }
}
