internal import PlanFile
private import Planning
internal import Postgres

/// A stretch of time, or of integers, without chunks: `lower <= value < upper`; nil is open.
struct ChunkGap: Equatable {
    var lower: String?
    var upper: String?

    /// - Parameter ranges: of chunks, as the server orders and merges them: ascending, none touching the next.
    static func between(_ ranges: [(start: String?, end: String?)]) -> [ChunkGap] {
        guard let first = ranges.first, let last = ranges.last else { return [ChunkGap()] }
        var gaps: [ChunkGap] = []
        if let start = first.start { gaps.append(ChunkGap(upper: start)) }
        for (range, next) in zip(ranges, ranges.dropFirst()) {
            gaps.append(ChunkGap(lower: range.end, upper: next.start))
        }
        if let end = last.end { gaps.append(ChunkGap(lower: end)) }
        return gaps
    }

    /// - Parameter column: as SQL.
    func condition(_ column: String, _ type: String) -> String {
        let parts = [
            lower.map { "\(column) >= \(Piece.literal($0))::\(type)" },
            upper.map { "\(column) < \(Piece.literal($0))::\(type)" },
        ].compactMap(\.self)
        return parts.isEmpty ? "true" : parts.joined(separator: " and ")
    }

    var text: String {
        switch (lower, upper) {
        case (let lower?, let upper?): "from \(lower) to \(upper)"
        case (nil, let upper?): "before \(upper)"
        case (let lower?, nil): "from \(lower) on"
        case (nil, nil): "all of it"
        }
    }
}

/// The first dimension of a hypertable of the source, continuous aggregates' own among them.
struct SourceDimension {
    /// As SQL.
    var column: String
    /// What borders are cast to. A chunk of dates may begin within a day.
    var type: String

    /// Nil where there is no such hypertable, or its chunks' borders are no values of the column.
    static func read(_ table: QualifiedName, _ source: Connection) throws -> SourceDimension? {
        let rows = try source.query(selectDimension, [table.schema, table.name])
        guard rows.count == 1 else { return nil }
        let type = rows.text(0, 1)
        guard type == "date" || type.hasPrefix("timestamp") || ["smallint", "integer", "bigint"].contains(type) else {
            return nil
        }
        return SourceDimension(column: QualifiedName.quoted(rows.text(0, 0)), type: type == "date" ? "timestamp" : type)
    }

    private static let selectDimension = """
        select d.column_name, d.column_type::text from timescaledb_information.dimensions d
        where d.hypertable_schema = $1 and d.hypertable_name = $2 and d.dimension_number = 1
        """

    /// Where a hypertable has no chunks now.
    func gaps(of table: QualifiedName, _ source: Connection) throws -> [ChunkGap] {
        let ranges = try source.query(Self.selectRanges, [table.schema, table.name])
        return ChunkGap.between(ranges.indices.map { (ranges[$0, 0], ranges[$0, 1]) })
    }

    /// Ranges of chunks, those that meet or overlap put together. No range ends beyond 1e40, in seconds or integers.
    private static let selectRanges = """
        with chunk as (
            select coalesce(k.range_start_integer::numeric,
                    case when pg_catalog.isfinite(k.range_start) then extract(epoch from k.range_start)::numeric end) as low,
                coalesce(k.range_end_integer::numeric,
                    case when pg_catalog.isfinite(k.range_end) then extract(epoch from k.range_end)::numeric end) as high,
                case when k.range_start_integer is not null then k.range_start_integer::text
                    when pg_catalog.isfinite(k.range_start) then k.range_start::text end as low_text,
                case when k.range_end_integer is not null then k.range_end_integer::text
                    when pg_catalog.isfinite(k.range_end) then k.range_end::text end as high_text
            from timescaledb_information.chunks k
            where k.hypertable_schema = $1 and k.hypertable_name = $2
        ), reach as (
            select *, max(coalesce(high, 1e40)) over (
                order by coalesce(low, -1e40), coalesce(high, 1e40)
                rows between unbounded preceding and 1 preceding) as before
            from chunk
        ), island as (
            select *, sum(case when before is null or before < coalesce(low, -1e40) then 1 else 0 end) over (
                order by coalesce(low, -1e40), coalesce(high, 1e40)) as number
            from reach
        )
        select (pg_catalog.array_agg(low_text order by coalesce(low, -1e40)))[1],
            (pg_catalog.array_agg(high_text order by coalesce(high, 1e40) desc))[1]
        from island group by number order by number
        """
}
