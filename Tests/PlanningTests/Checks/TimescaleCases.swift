@testable import Catalog
@testable import PlanFile
@testable import Planning

extension CheckFixture {
    /// The readings are a hypertable of the source already, and the plan need not say so.
    mutating func makeHypertable(
        version: String = "2.19.3", _ change: (inout Catalog.Hypertable) -> Void = { _ in },
    ) {
        source.addExtension("timescaledb", version: version)
        plan.hypertables = []
        var hypertable = Catalog.Hypertable(
            table: .init(schema: "public", name: "readings"), timeColumn: "time", chunkCount: 1)
        hypertable.dimensions = [
            Catalog.Dimension(column: "time", kind: .time(microseconds: 604_800_000_000, text: "7 days"))
        ]
        hypertable.chunks = [Self.chunk]
        hypertable.chunkNames = Catalog.ChunkNames(schema: "_timescaledb_internal", prefix: "_hyper_1")
        change(&hypertable)
        source.edit { $0.hypertables = [hypertable] }
    }

    private static let chunk = Catalog.Chunk(
        name: .init(schema: "_timescaledb_internal", name: "_hyper_1_1_chunk"), start: "2024-01-04 00:00:00+00",
        end: "2024-01-11 00:00:00+00", isCompressed: false, bytes: 1 << 20)

    /// The target has the community build.
    mutating func liftLicence() { editServer(\.target) { $0.timescaleLicense = "timescale" } }

    mutating func addJob(_ procedure: String, config: String, scheduled: Bool = true) {
        source.edit { catalog in
            catalog.jobs = [
                Catalog.Job(
                    id: 1000, procedure: .init(schema: "_timescaledb_functions", name: procedure),
                    scheduleInterval: "1 day", maxRetries: -1, isScheduled: scheduled, isFixedSchedule: false,
                    config: config, subject: .init(schema: "public", name: "readings"), owner: "postgres",
                    applicationName: "")
            ]
        }
    }

    mutating func addAggregate(_ change: (inout Catalog.ContinuousAggregate) -> Void = { _ in }) {
        let view = source.addTable("daily", [.init("day", .timestamptz)])
        source.edit { catalog in
            for position in catalog.relations.indices where catalog.relations[position].oid == view {
                catalog.relations[position].kind = .view
            }
            var aggregate = Catalog.ContinuousAggregate(
                view: .init(schema: "public", name: "daily"), source: .init(schema: "public", name: "readings"),
                materialization: .init(schema: "_timescaledb_internal", name: "_materialized_hypertable_2"),
                isMaterializedOnly: true, isFinalized: true, definition: "select 1", indexes: [], chunks: [])
            change(&aggregate)
            catalog.continuousAggregates = [aggregate]
        }
    }
}

enum TimescaleCases {
    static let all: [CheckCase] = [
        CheckCase("SK108", "TimescaleDB 2.9 on the source", alongside: ["SK231"]) {
            $0.makeHypertable(version: "2.9.1")
        },
        CheckCase("SK108", "TimescaleDB 2.15 on the source", .warning, alongside: ["SK231"]) {
            $0.makeHypertable(version: "2.15.0")
        },
        CheckCase("SK560", "a columnstore, and a target with the Apache licence") {
            $0.makeHypertable { $0.columnstore = Catalog.Columnstore(segmentBy: ["device_id"], orderBy: []) }
        },
        CheckCase("SK560", "a continuous aggregate, and a target with the Apache licence") {
            $0.makeHypertable()
            $0.addAggregate()
        },
        CheckCase("SK561", "pgoutput by the plan's words") {
            $0.makeHypertable()
            $0.goLive()
            $0.plan.replication.plugin = Located(.pgoutput, at: Plan.at(30))
        },
        CheckCase(
            "SK562", "batches that are deleted directly",
            statement: "alter database \"iot\" set timescaledb.enable_compressed_direct_batch_delete = off;",
        ) {
            $0.makeHypertable { $0.columnstore = Catalog.Columnstore(segmentBy: [], orderBy: []) }
            $0.liftLicence()
            $0.goLive()
            $0.editServer(\.source) { $0.database = "iot" }
            $0.set(\.source, "timescaledb.enable_compressed_direct_batch_delete", "on")
        },
        CheckCase("SK563", "a partitioning function of the user's") {
            $0.makeHypertable { $0.dimensions[0].partitioningFunction = "public.f" }
        },
        CheckCase(
            "SK564", "another time column in the plan", statement: "time-column: time", alongside: ["SK510", "SK520"],
        ) {
            $0.makeHypertable()
            $0.plan.hypertables = [.sample("readings", time: "day")]
        },
        CheckCase("SK565", "more chunks than the lock table holds", .warning) {
            $0.set(\.source, "max_connections", "10")
            $0.makeHypertable { hypertable in
                hypertable.chunks = (0..<500).map { number in
                    Catalog.Chunk(
                        name: .init(schema: "_timescaledb_internal", name: "_hyper_1_\(number)_chunk"), start: nil,
                        end: nil, isCompressed: false, bytes: 0)
                }
            }
        },
        CheckCase("SK566", "the extension left out") {
            $0.makeHypertable()
            $0.plan.select.excludedExtensions = [Located(pattern("timescaledb"))]
        },
        CheckCase(
            "SK567", "an active retention policy", .warning,
            statement: "select alter_job(1000, scheduled => false);",
        ) {
            $0.makeHypertable()
            $0.liftLicence()
            $0.addJob("policy_retention", config: #"{"drop_after": "1 year"}"#)
        },
        CheckCase("SK568", "an active columnstore policy", .warning) {
            $0.makeHypertable()
            $0.liftLicence()
            $0.addJob("policy_compression", config: #"{"compress_after": "7 days"}"#)
        },
        CheckCase(
            "SK569", "a continuous aggregate of the old form",
            statement: "call cagg_migrate('\"public\".\"daily\"');",
        ) {
            $0.makeHypertable()
            $0.liftLicence()
            $0.addAggregate { $0.isFinalized = false }
        },
        CheckCase("SK569", "a continuous aggregate of what becomes a plain table") {
            $0.makeHypertable()
            $0.liftLicence()
            $0.addAggregate()
            $0.plan.hypertables = [.sample("readings")]
            $0.plan.hypertables[0].to = Located(.table)
        },
        CheckCase("SK570", "a policy of a kind that is not known", .warning) {
            $0.makeHypertable()
            $0.liftLicence()
            $0.addJob("policy_of_tomorrow", config: "{}")
        },
        CheckCase("SK572", "partitions by ranges of uuid") {
            $0.makeHypertable { $0.timeColumn = "device_id" }
            $0.edit($0.readings) { relation in relation.columns[1].type = 2950 }
            $0.plan.hypertables = [.sample("readings")]
            $0.plan.hypertables[0].to = Located(.rangePartitions)
        },
        CheckCase(
            "SK573", "a hypertable that the plan names an index for", statement: "public.readings: full",
        ) {
            $0.makeHypertable()
            $0.goLive()
            $0.source.addIndex("readings_key", on: $0.readings, ["device_id", "time"], unique: true)
            $0.plan.replication.identity = [.sample("readings", .index("readings_key"))]
        },
        CheckCase("SK571", "compressed chunks", .note) {
            $0.makeHypertable { $0.chunks[0].isCompressed = true }
        },
    ]
}
