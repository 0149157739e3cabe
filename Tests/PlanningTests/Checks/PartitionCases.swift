@testable import Catalog
@testable import PlanFile
@testable import Planning

extension CheckFixture {
    static let ticks: [CatalogBuilder.Column] = [
        .init("time", .timestamptz, notNull: true), .init("id", .int8, notNull: true), .init("note", .text),
    ]

    /// A table of two partitions by ranges of time that the plan makes a hypertable of; with a primary key on all of it
    /// where `key` names its columns.
    @discardableResult
    mutating func addPartitioned(key: [String]? = ["id", "time"]) -> (root: OID, parts: [OID]) {
        let root = source.addTable("ticks", Self.ticks, kind: .partitionedTable, partitionKey: "RANGE (\"time\")")
        let parts = ["ticks_1", "ticks_2"].map { source.addTable($0, Self.ticks, partitionOf: root) }
        if let key {
            source.addPrimaryKey("ticks_pkey", on: root, key)
            for (number, part) in parts.enumerated() { source.addPrimaryKey("ticks_\(number + 1)_pkey", on: part, key) }
            adoptIndexes(of: root)
        }
        for (part, months) in zip(parts, [("01", "02"), ("02", "03")]) {
            edit(part) { part in
                part.partitionBound =
                    "FOR VALUES FROM ('2026-\(months.0)-01 00:00:00+00') TO ('2026-\(months.1)-01 00:00:00+00')"
                part.partitionCondition =
                    "((\"time\" IS NOT NULL) AND (\"time\" >= '2026-\(months.0)-01 00:00:00+00'::timestamptz))"
            }
        }
        addFoldedEntry()
        return (root, parts)
    }

    /// A parent and a child by inheritance, each with a primary key of its own where `key` names the columns.
    @discardableResult
    mutating func addInherited(key: [String]? = ["id", "time"], childKey: [String]? = nil) -> (root: OID, child: OID) {
        let root = source.addTable("ticks", Self.ticks)
        let child = source.addTable("ticks_1", Self.ticks, inherits: [root])
        if let key { source.addPrimaryKey("ticks_pkey", on: root, key) }
        if let key = childKey ?? key { source.addPrimaryKey("ticks_1_pkey", on: child, key) }
        addFoldedEntry()
        return (root, child)
    }

    private mutating func addFoldedEntry() {
        plan.hypertables.append(.sample("ticks"))
        plan.hypertables[plan.hypertables.count - 1].fromPartitions = Located(true, at: Plan.at(12))
    }

    /// The partitions' indexes become parts of the root's.
    private mutating func adoptIndexes(of root: OID) {
        source.edit { catalog in
            let parent = catalog.indexes.first { $0.table == root }?.oid
            let parts = Set(catalog.relations.filter { $0.parents.contains(root) }.map(\.oid))
            for position in catalog.indexes.indices where parts.contains(catalog.indexes[position].table) {
                catalog.indexes[position].parent = parent
            }
        }
    }
}

enum PartitionCases {
    static let all: [CheckCase] = [
        CheckCase(
            "SK502", "a partitioned table names the key", statement: "from-partitions: true", alongside: ["SK407"]
        ) {
            $0.addPartitioned()
            $0.plan.hypertables[1].fromPartitions = Located(false)
        },
        CheckCase("SK502", "a partition of a table that becomes a hypertable") {
            $0.addPartitioned()
            $0.plan.hypertables.append(.sample("ticks_1"))
        },
        CheckCase("SK520", "a primary key of a partitioned table without the space column") {
            $0.addPartitioned()
            $0.plan.hypertables[1].space = Plan.Space(column: Located("note"), partitions: Located(2))
        },
        CheckCase(
            "SK540", "a child with a column of its own",
            statement: "alter table only \"public\".\"ticks\" add column \"more\" integer;"
        ) {
            let (_, child) = $0.addInherited()
            $0.edit(child) { child in
                child.columns.append(
                    Catalog.Column(
                        number: 4, name: "more", type: 23, typeName: "integer", isNotNull: false, hasDefault: false,
                        identity: nil, generated: nil, collation: nil, statistics: nil))
            }
        },
        CheckCase(
            "SK541", "a foreign table among the partitions",
            statement: "select: {tables: {exclude: [public.ticks_far]}}"
        ) {
            let (root, _) = $0.addPartitioned()
            $0.source.addTable("ticks_far", CheckFixture.ticks, kind: .foreignTable, partitionOf: root)
        },
        CheckCase("SK542", "a child of two parents", alongside: ["SK407"]) {
            let (_, child) = $0.addInherited()
            let other = $0.source.addTable("other", CheckFixture.ticks)
            $0.edit(child) { $0.parents.append(other) }
        },
        CheckCase("SK544", "a trigger that sends rows to children", .warning) {
            let (root, _) = $0.addInherited()
            $0.source.addTrigger("send", on: root)
            $0.source.edit { $0.triggers[0].isBeforeInsert = true }
        },
        CheckCase("SK544", "a rule that sends rows to children", .warning) {
            let (root, _) = $0.addInherited()
            $0.edit(root) { $0.rules = ["send"] }
        },
        CheckCase("SK545", "an index of a partition alone", .note) {
            let (_, parts) = $0.addPartitioned()
            $0.source.addIndex("ticks_1_note", on: parts[0], ["note"])
        },
        CheckCase(
            "SK546", "children named by less than the hypertable's key",
            statement: "replication: {identity: {public.ticks: full}}", alongside: ["SK545"]
        ) { fixture in
            fixture.goLive()
            fixture.addInherited(key: ["id", "time"], childKey: ["id"])
        },
    ]
}
