@testable import PlanFile
import Testing

@testable import Catalog
@testable import Planning

/// Cuts tables made by hand: what the tests of cutting share.
protocol PieceCutting {}

extension PieceCutting {
    typealias Column = CatalogBuilder.Column

    /// A table of 40 GB, as large as a split of 10 GB makes four of.
    func cut(
        _ column: Column = .init("id", .int8, notNull: true, statistics: .known()),
        bytes: Int64 = 40 << 30, rows: Double = 1000, version: Int = 150_020, indexed: Bool = true, unique: Bool = true,
        hypertable: Plan.Hypertable? = nil, others: [Column] = [],
        adjust: (inout CatalogBuilder, OID) -> Void = { _, _ in }, plan change: (inout Plan) -> Void = { _ in },
        target edit: (inout Catalog.Server) -> Void = { _ in },
    ) -> PieceCutter.Cut {
        var builder = CatalogBuilder(versionNumber: version)
        let table = builder.addTable("t", [column] + others, bytes: bytes, rows: rows)
        if indexed { builder.addIndex("t_key", on: table, [column.name], unique: unique) }
        adjust(&builder, table)
        let catalog = builder.catalog
        var target = CatalogBuilder(versionNumber: 170_011).catalog
        edit(&target.server)
        let plan = Plan.sample { plan in
            if hypertable == nil { plan.copy.splitTablesLargerThan = Located(ByteCount(bytes: 10 << 30)) }
            change(&plan)
        }
        let jobs = JobPlanner(plan: plan.copy, source: catalog.server, target: target.server)
            .decide(totalBytes: bytes)
        return PieceCutter(plan: plan, source: catalog, target: target, jobs: jobs)
            .cut(catalog.relations[0], indexes: catalog.indexes, hypertable: hypertable)
    }

    /// Every piece's rows, as `…100`, `100…200`, `null`, `blocks 0…5`.
    func shown(_ cut: PieceCutter.Cut) -> [String] {
        cut.pieces.map { piece in
            switch piece.rows {
            case .all: "all"
            case .null: "null"
            case .range(_, _, let lower, let upper): "\(lower ?? "")…\(upper ?? "")"
            case .blocks(let first, let end): "blocks \(first)…\(end.map(String.init) ?? "")"
            }
        }
    }
}

extension Catalog.ColumnStatistics {
    /// Integers 0…1000 in ten equal buckets.
    static func known(
        correlation: Double? = 1, nulls: Double = 0, histogram: [String] = (0...10).map { String($0 * 100) },
        minimum: String? = nil, maximum: String? = nil, common: [(String, Double)] = [],
    ) -> Catalog.ColumnStatistics {
        Catalog.ColumnStatistics(
            correlation: correlation, nullFraction: nulls, histogram: histogram, commonValues: common.map(\.0),
            commonFrequencies: common.map(\.1), minimum: minimum, maximum: maximum)
    }
}
