private import PlanFile
private import Planning
import Postgres

/// Narrows a piece's differences down to rows, without looking at more than some ten thousand of them: rows are put
/// into 1024 buckets by their key's hash, buckets that differ are looked into, or cut into 1024 again while they are
/// large. Says what to ask both servers next; does no I/O.
struct DifferenceFinder {
    /// One statement for both sides.
    enum Query {
        /// Number and sum of hashes of each bucket of the rows whose key's hash begins with `path`.
        case buckets(path: Path)
        /// The rows of some buckets under `path`, grouped.
        case rows(path: Path, buckets: [Int])

        func sql(
            _ table: ComparedTable, where condition: String?, includingChildren: Bool, isChunked: Bool = false,
        ) -> String {
            let hash = table.keyHash
            let path =
                switch self {
                case .buckets(let path), .rows(let path, _): path
                }
            var conditions = condition.map { ["(\($0))"] } ?? []
            if path.depth > 0 { conditions.append("\(hash) & \(path.mask) = \(path.bits)") }
            let bucket = "(\(hash) >> \(path.depth * Path.width) & \(Path.buckets - 1))"
            let from = { (conditions: [String]) in
                TableChecksum.source(
                    table, where: conditions.isEmpty ? nil : conditions.joined(separator: " and "),
                    includingChildren: includingChildren)
            }
            switch self {
            case .buckets:
                return "select \(bucket)::int, count(*), sum(\(table.rowHash)) \(from(conditions)) group by 1"
            case .rows(_, let buckets):
                let list = buckets.map(String.init).joined(separator: ", ")
                // Rows of a compressed chunk have no place of their own.
                let place =
                    isChunked
                    ? "tableoid::regclass::text"
                    : includingChildren ? "tableoid::regclass::text || ' ' || ctid::text" : "ctid::text"
                return """
                    select \(hash), \(table.rowHash), count(*), min(\(table.keyText)), \
                    min(\(place)) \
                    \(from(conditions + ["\(bucket) in (\(list))"])) group by 1, 2
                    """
            }
        }
    }

    /// Leading buckets, as the lowest bits of the hash.
    struct Path: Equatable {
        static let width = 10
        static let buckets = 1 << width
        var depth = 0
        var bits: Int64 = 0
        var mask: Int64 { (1 << Int64(depth * Self.width)) - 1 }
        func appending(_ bucket: Int) -> Path {
            Path(depth: depth + 1, bits: bits | Int64(bucket) << Int64(depth * Self.width))
        }
    }

    typealias Row = [String?]

    /// Rows of both sides together that one look may bring.
    private static let most: Int64 = 20_000

    private let table: ComparedTable
    private let limit: Int
    private var next: Query? = .buckets(path: Path())
    private(set) var report: DifferenceReport

    init(table: ComparedTable, limit: Int) {
        self.table = table
        self.limit = limit
        report = DifferenceReport(table: table.name, rows: [], isComplete: true)
    }

    static func rows(_ sql: String, on connection: Connection) throws(PostgresError) -> [Row] {
        let result = try connection.query(sql)
        return result.indices.map { row in (0..<result.columnCount).map { result[row, $0] } }
    }

    func nextQuery() -> Query? { next }

    /// Takes both sides' answers to the last query.
    mutating func answer(source: [Row], target: [Row]) {
        switch next {
        case .buckets(let path): next = narrow(path, source, target)
        case .rows:
            collect(source, target)
            next = nil
        case nil: break
        }
    }

    private mutating func narrow(_ path: Path, _ source: [Row], _ target: [Row]) -> Query? {
        var sides: [String: (source: Row?, target: Row?)] = [:]
        for row in source { sides[row[0] ?? "", default: (nil, nil)].source = row }
        for row in target { sides[row[0] ?? "", default: (nil, nil)].target = row }
        let size = { (row: Row?) in row?[1].flatMap { Int64($0) } ?? 0 }
        let differing = sides.filter { $0.value.source != $0.value.target }
            .map { (bucket: Int($0.key) ?? 0, rows: size($0.value.source) + size($0.value.target)) }
            .sorted { ($0.rows, $0.bucket) < ($1.rows, $1.bucket) }
        guard let smallest = differing.first else { return nil }
        guard smallest.rows <= Self.most || path.depth == 5 else {
            // The others are left: enough differences are in this one.
            report.isComplete = report.isComplete && differing.count == 1
            return .buckets(path: path.appending(smallest.bucket))
        }
        var (buckets, total): ([Int], Int64) = ([], 0)
        for bucket in differing {
            total += bucket.rows
            guard buckets.isEmpty || (total <= Self.most && buckets.count < max(limit, 1)) else { break }
            buckets.append(bucket.bucket)
        }
        report.isComplete = report.isComplete && buckets.count == differing.count
        return .rows(path: path, buckets: buckets)
    }

    private struct Group {
        /// Numbers by the row's hash.
        var source: [String: Int64] = [:]
        var target: [String: Int64] = [:]
        var key: String?
        var sourcePlace: String?
        var targetPlace: String?
    }

    private mutating func collect(_ source: [Row], _ target: [Row]) {
        var groups: [String: Group] = [:]
        for row in source {
            var group = groups[row[0] ?? ""] ?? Group(key: row[3])
            group.source[row[1] ?? ""] = row[2].flatMap { Int64($0) }
            group.sourcePlace = row[4]
            groups[row[0] ?? ""] = group
        }
        for row in target {
            var group = groups[row[0] ?? ""] ?? Group(key: row[3])
            group.target[row[1] ?? ""] = row[2].flatMap { Int64($0) }
            group.targetPlace = row[4]
            groups[row[0] ?? ""] = group
        }
        let differing = groups.values.filter { $0.source != $0.target }.map(difference)
            .sorted {
                ($0.key ?? "", $0.sourcePlace ?? $0.targetPlace ?? "") < (
                    $1.key ?? "", $1.sourcePlace ?? $1.targetPlace ?? ""
                )
            }
        report.isComplete = report.isComplete && differing.count <= limit
        report.rows = Array(differing.prefix(limit))
    }

    private func difference(_ group: Group) -> RowDifference {
        let (source, target) = (group.source.values.reduce(0, +), group.target.values.reduce(0, +))
        let kind: RowDifference.Kind =
            if target == 0 { .missingOnTarget } else if source == 0 { .extraOnTarget } else if source != target {
                .multiplicity
            } else { .different }
        let hasKey = !table.key.isEmpty
        return RowDifference(
            kind: kind, key: hasKey ? group.key : nil, sourceRows: source, targetRows: target,
            sourcePlace: hasKey ? nil : group.sourcePlace, targetPlace: hasKey ? nil : group.targetPlace)
    }
}

extension ComparedTable {
    /// The key as people read it; NULL of type text where there is none. Long values are cut.
    fileprivate var keyText: String {
        guard !key.isEmpty else { return "null::text" }
        let names = key.map { QualifiedName.quotedIfNeeded(columns[$0].name) }.joined(separator: ", ")
        let values = key.map { "left(\(QualifiedName.quoted(columns[$0].name))::text, 100)" }
            .joined(separator: " || ', ' || ")
        // One collation for all, since columns may have several.
        return "(\(Piece.literal("(\(names)) = ("))::text || \(values) || ')') collate \"C\""
    }
}
