@testable import Catalog
@testable import PlanFile
@testable import Planning

extension CheckFixture {
    /// A table of the source, and the same on the target, where `edit` may change it; the plan says that it is there.
    mutating func addExisting(
        key: [String] = ["id", "time"], targetKey: [String]? = ["id", "time"], isHypertable: Bool = false,
        partitionKey: String? = nil, onTarget edit: (inout Catalog.Relation) -> Void = { _ in },
    ) {
        let table = source.addTable("ticks", Self.ticks)
        source.addPrimaryKey("ticks_pkey", on: table, key)
        let there = target.addTable(
            "ticks", Self.ticks, bytes: 0, kind: partitionKey == nil ? .table : .partitionedTable,
            partitionKey: partitionKey)
        if let targetKey { target.addPrimaryKey("ticks_pkey", on: there, targetKey) }
        target.edit { catalog in
            for position in catalog.relations.indices where catalog.relations[position].oid == there {
                edit(&catalog.relations[position])
            }
            if isHypertable {
                catalog.hypertables.append(
                    Catalog.Hypertable(
                        table: QualifiedName(schema: "public", name: "ticks"), timeColumn: "time", chunkCount: 0))
            }
        }
        plan.copy.intoExisting = tables("public.ticks")
    }
}

enum ExistingTableCases {
    static let all: [CheckCase] = [
        CheckCase("SK620", "a table that is not there") {
            $0.source.addTable("ticks", CheckFixture.ticks)
            $0.plan.copy.intoExisting = tables("public.ticks")
        },
        CheckCase("SK620", "a partitioned table of the source", alongside: ["SK407"]) {
            let root = $0.source.addTable(
                "ticks", CheckFixture.ticks, kind: .partitionedTable, partitionKey: "RANGE (\"time\")")
            $0.source.addTable("ticks_1", CheckFixture.ticks, partitionOf: root)
            $0.plan.copy.intoExisting = tables("public.ticks")
            $0.target.addTable("ticks", CheckFixture.ticks, bytes: 0)
        },
        CheckCase(
            "SK621", "a column of another type",
            statement: "alter table \"public\".\"ticks\" alter column \"id\" type bigint;",
            alongside: ["SK629"]
        ) {
            $0.addExisting { there in
                there.columns[1].typeName = "integer"
                there.columns[1].type = 23
            }
        },
        CheckCase("SK621", "a column that is missing", alongside: ["SK629"]) {
            $0.addExisting { $0.columns.removeLast() }
        },
        CheckCase(
            "SK622", "a table with rows", statement: "truncate \"public\".\"ticks\";", alongside: ["SK629"]
        ) { $0.addExisting { $0.heapBytes = 8192 } },
        CheckCase("SK623", "another chunk interval", alongside: ["SK629"]) {
            $0.addExisting(isHypertable: true)
            $0.plan.hypertables.append(.sample("ticks"))
        },
        CheckCase("SK623", "another time column", statement: "time-column: time", alongside: ["SK629"]) {
            $0.addExisting(isHypertable: true)
            $0.plan.hypertables.append(.sample("ticks", time: "id", days: nil))
        },
        CheckCase(
            "SK624", "a unique index without the time column", statement: "indexes: {exclude: [public.ticks_pkey]}",
            alongside: ["SK629"]
        ) { $0.addExisting(key: ["id"], targetKey: nil, isHypertable: true) },
        CheckCase("SK625", "another index of the same name", alongside: ["SK629"]) {
            $0.addExisting()
            $0.source.edit { catalog in
                guard let index = catalog.indexes.firstIndex(where: { $0.name.name == "ticks_pkey" }) else { return }
                catalog.indexes[index].definition =
                    "CREATE INDEX \"ticks_pkey\" ON \"public\".\"ticks\" USING btree (\"note\")"
                catalog.indexes[index].isPrimary = false
                catalog.indexes[index].isUnique = false
            }
        },
        CheckCase("SK626", "a foreign key to a key that is another there", alongside: ["SK629"]) { fixture in
            fixture.addExisting(key: ["id"])
            let ticks = fixture.source.catalog.relations.first { $0.name.name == "ticks" }?.oid ?? 0
            let child = fixture.source.addTable("child", CheckFixture.ticks)
            fixture.source.addForeignKey("child_fkey", on: child, ["id"], references: ticks, ["id"])
        },
        CheckCase("SK627", "a unique key that is no identity, live", alongside: ["SK629"]) { fixture in
            fixture.goLive()
            fixture.addExisting()
            let there = fixture.target.catalog.relations.first { $0.name.name == "ticks" }?.oid ?? 0
            fixture.target.addIndex("ticks_note", on: there, ["note"], unique: true)
        },
        CheckCase("SK628", "a partitioned table without partitions", alongside: ["SK629"]) {
            $0.addExisting(partitionKey: "RANGE (\"time\")")
        },
        CheckCase("SK629", "a table that is there", .note) { $0.addExisting() },
    ]
}
