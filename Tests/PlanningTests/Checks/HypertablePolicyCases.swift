@testable import Catalog
@testable import PlanFile
@testable import Planning

extension CheckFixture {
    /// On a target that has them.
    mutating func setPolicies(
        retention: Int? = nil, segmentBy: [String]? = nil, orderBy: String? = nil, after: Int? = nil
    ) {
        editServer(\.target) { $0.timescaleLicense = "timescale" }
        editEntry { entry in
            entry.retention = retention.map {
                Plan.Retention(dropAfter: Located(PlanDuration(days: $0, text: "\($0) days"), at: Plan.at(15)))
            }
            guard segmentBy != nil || orderBy != nil || after != nil else { return }
            entry.columnstore = Plan.Columnstore(
                segmentBy: (segmentBy ?? []).map { Located($0) },
                orderBy: orderBy.map {
                    [Located(Plan.OrderedColumn(column: $0, descending: true, nullsFirst: nil))]
                } ?? [],
                after: after.map { Located(PlanDuration(days: $0, text: "\($0) days")) })
        }
    }
}

enum HypertablePolicyCases {
    static let all: [CheckCase] = [
        CheckCase("SK530", "retention, under the Apache licence") {
            $0.setPolicies(retention: 90)
            $0.editServer(\.target) { $0.timescaleLicense = "apache" }
        },
        CheckCase(
            "SK530", "a columnstore, the licence unknown", .warning, statement: "create extension timescaledb;"
        ) {
            $0.setPolicies(segmentBy: ["device_id"])
            $0.editServer(\.target) { $0.timescaleLicense = nil }
        },
        CheckCase("SK531", "a column to segment by that is not there") { $0.setPolicies(segmentBy: ["device"]) },
        CheckCase("SK531", "a column to order by that has no order") { fixture in
            fixture.setPolicies(orderBy: "place")
            fixture.edit(fixture.readings) { relation in
                relation.columns.append(
                    Catalog.Column(
                        number: 4, name: "place", type: 600, typeName: "point", isNotNull: false, hasDefault: false,
                        identity: nil, generated: nil, collation: nil, statistics: nil))
            }
        },
        CheckCase(
            "SK532", "a columnstore on a table with row security",
            statement: "alter table \"public\".\"readings\" disable row level security;"
        ) { fixture in
            fixture.setPolicies(segmentBy: ["device_id"])
            fixture.edit(fixture.readings) { $0.hasRowSecurity = true }
        },
        CheckCase("SK533", "a retention by an integer") { fixture in
            fixture.setPolicies(retention: 90)
            fixture.editEntry { $0.chunkInterval = Located(.integer(604_800_000)) }
            fixture.edit(fixture.readings) { relation in
                relation.columns[0].type = 20
                relation.columns[0].typeName = "bigint"
            }
        },
        CheckCase(
            "SK534", "a retention that drops half of the rows", .warning,
            statement: "select count(*) from \"public\".\"readings\" where \"time\" < now() - interval '90 days';"
        ) { fixture in
            fixture.setPolicies(retention: 90)
            // 2026-07-01
            fixture.machine.now = 1_782_864_000
            fixture.edit(fixture.readings) { relation in
                relation.estimatedRows = 1_000
                var statistics = Catalog.ColumnStatistics(correlation: 1, nullFraction: 0)
                statistics.histogram = ["2026-01-02 00:00:00+00", "2026-04-02 00:00:00+00", "2026-07-01 00:00:00+00"]
                relation.columns[0].statistics = statistics
            }
        },
    ]
}
