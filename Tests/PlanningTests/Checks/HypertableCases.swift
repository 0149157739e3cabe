@testable import Catalog
@testable import PlanFile
@testable import Planning

/// A further table of the fixture's source, and the entry that makes it a hypertable.
extension CheckFixture {
    @discardableResult
    mutating func addHypertable(
        _ name: String, _ columns: [CatalogBuilder.Column], _ entry: (inout Plan.Hypertable) -> Void = { _ in },
    ) -> OID {
        let table = source.addTable(name, columns)
        plan.hypertables.append(.sample(name))
        entry(&plan.hypertables[plan.hypertables.count - 1])
        return table
    }

    mutating func addTimes(_ type: CatalogBuilder.BuiltIn, _ interval: Plan.ChunkInterval?) {
        addHypertable("ticks", [.init("time", type, notNull: true)]) { $0.chunkInterval = interval.map { Located($0) } }
    }

    mutating func addSpace(_ column: CatalogBuilder.Column, partitions: Int = 4) {
        addHypertable("spread", [.init("time", .timestamptz, notNull: true), column]) {
            $0.space = Plan.Space(column: Located(column.name, at: Plan.at(14)), partitions: Located(partitions))
        }
    }
}

enum HypertableCases {
    private static func hours(_ hours: Int64) -> Plan.ChunkInterval {
        .duration(PlanDuration(microseconds: hours * 3_600_000_000, text: "\(hours) hours"))
    }

    static let all: [CheckCase] = [
        CheckCase("SK501", "a materialized view") { fixture in
            fixture.source.addView("latest", reads: [fixture.readings], materialized: true)
            fixture.plan.hypertables.append(.sample("latest"))
        },
        CheckCase("SK501", "a view") { fixture in
            fixture.source.addView("latest", reads: [fixture.readings])
            fixture.plan.hypertables.append(.sample("latest"))
        },
        CheckCase("SK502", "from-partitions of a plain table") {
            $0.editEntry { $0.fromPartitions = Located(true, at: Plan.at(12)) }
        },
        CheckCase("SK502", "a partitioned table", alongside: ["SK407"]) {
            let table = $0.source.addTable(
                "ticks", [.init("time", .timestamptz, notNull: true)], kind: .partitionedTable,
                partitionKey: "RANGE (\"time\")")
            $0.source.addTable("ticks_1", [.init("time", .timestamptz, notNull: true)], partitionOf: table)
            $0.plan.hypertables.append(.sample("ticks"))
        },
        CheckCase("SK502", "a partition", alongside: ["SK407"]) {
            let table = $0.source.addTable("ticks", kind: .partitionedTable, partitionKey: "RANGE (\"time\")")
            $0.source.addTable("ticks_1", [.init("time", .timestamptz, notNull: true)], partitionOf: table)
            $0.plan.hypertables.append(.sample("ticks_1"))
        },
        CheckCase("SK502", "a child by inheritance", alongside: ["SK407"]) { fixture in
            let parent = fixture.source.addTable("ticks", [.init("time", .timestamptz, notNull: true)])
            fixture.source.addTable("more", [.init("time", .timestamptz, notNull: true)], inherits: [parent])
            fixture.plan.hypertables.append(.sample("more"))
        },
        CheckCase("SK502", "a parent by inheritance", alongside: ["SK407"]) { fixture in
            let parent = fixture.addHypertable("ticks", [.init("time", .timestamptz, notNull: true)])
            fixture.source.addTable("more", [.init("time", .timestamptz, notNull: true)], inherits: [parent])
        },
        CheckCase("SK503", "an unlogged table", statement: "alter table \"public\".\"ticks\" set logged;") { fixture in
            let ticks = fixture.addHypertable("ticks", [.init("time", .timestamptz, notNull: true)])
            fixture.edit(ticks) { $0.isUnlogged = true }
            // Otherwise noted as unlogged, too.
            fixture.plan.copy.skipTableData = tables("public.ticks")
        },
        CheckCase(
            "SK504", "a row trigger with transition tables", statement: "drop trigger \"T\" on \"public\".\"readings\";"
        ) {
            fixture in
            fixture.source.addTrigger("T", on: fixture.readings)
            fixture.source.edit { $0.triggers[0].hasTransitionTables = true }
        },
        CheckCase("SK505", "a rule", statement: "drop rule \"R\" on \"public\".\"readings\";") { fixture in
            fixture.edit(fixture.readings) { $0.rules = ["R"] }
        },
        CheckCase("SK508", "a disabled trigger", statement: "drop trigger \"T\" on \"public\".\"readings\";") {
            fixture in
            fixture.source.addTrigger("T", on: fixture.readings)
            fixture.source.edit { $0.triggers[0].enabled = "D" }
        },
        CheckCase(
            "SK508", "a trigger that fires always",
            statement: "alter table \"public\".\"readings\" enable trigger \"T\";"
        ) { fixture in
            fixture.source.addTrigger("T", on: fixture.readings)
            fixture.source.edit { $0.triggers[0].enabled = "A" }
        },
        CheckCase(
            "SK506", "a check that is not inherited",
            statement: "alter table \"public\".\"readings\" drop constraint \"c\", "
                + "add constraint \"c\" CHECK ((\"value\" > (0)::double precision)) NOT VALID;",
        ) { fixture in
            fixture.source.edit { catalog in
                catalog.constraints.append(
                    .init(
                        oid: 9, name: "c", table: fixture.readings, kind: .check, columns: [3], index: nil,
                        referencedTable: nil, referencedColumns: [], isDeferrable: false, isDeferred: false,
                        isValidated: true, parent: nil,
                        definition: "CHECK ((\"value\" > (0)::double precision)) NO INHERIT NOT VALID"))
            }
        },
        CheckCase("SK507", "`to: table`") {
            $0.editEntry { $0.to = Located(.table, at: Plan.at(12)) }
        },
        CheckCase("SK510", "a time column that is not there") {
            $0.editEntry { $0.timeColumn = Located("Time", at: Plan.at(11)) }
        },
        CheckCase("SK511", "a time column of numeric") { $0.addTimes(.numeric, nil) },
        CheckCase("SK511", "a time column of uuid") { $0.addTimes(.uuid, nil) },
        CheckCase(
            "SK511", "a time column of a domain",
            statement: "alter table \"public\".\"ticks\" alter column \"time\" type timestamptz;",
        ) {
            let moment = $0.source.addType("moment", .domain, base: 1184)
            $0.addHypertable("ticks", [.init("time", type: moment, typeName: "moment", notNull: true)])
        },
        CheckCase("SK511", "a generated time column") {
            $0.addHypertable("ticks", [.init("time", .timestamp, notNull: true, generated: .stored)])
        },
        CheckCase("SK512", "a duration for an integer") { $0.addTimes(.int8, hours(1)) },
        CheckCase("SK512", "an integer for a timestamp") { $0.addTimes(.timestamptz, .integer(86_400)) },
        CheckCase("SK512", "40000 for a smallint") { $0.addTimes(.int2, .integer(40_000)) },
        CheckCase("SK512", "36 hours for a date") { $0.addTimes(.date, hours(36)) },
        CheckCase("SK512", "no time at all") { $0.addTimes(.timestamptz, hours(0)) },
        CheckCase("SK513", "bigint without chunk-interval", .warning, statement: "chunk-interval: 604800000") {
            $0.addTimes(.int8, nil)
        },
        CheckCase(
            "SK514", "a nullable time column", .warning,
            statement: "alter table \"public\".\"ticks\" alter column \"time\" set not null;",
        ) { $0.addHypertable("ticks", [.init("time", .timestamptz)]) },
        CheckCase("SK514", "a time column that holds NULLs") {
            $0.addHypertable(
                "ticks", [.init("time", .timestamptz, statistics: .init(correlation: 1, nullFraction: 0.1))])
        },
        CheckCase("SK515", "a space column that is not there") {
            $0.editEntry { $0.space = Plan.Space(column: Located("device"), partitions: Located(4)) }
        },
        CheckCase("SK516", "the time column as space column") {
            $0.editEntry { $0.space = Plan.Space(column: Located("time"), partitions: Located(4)) }
        },
        CheckCase("SK517", "a space column of json") { $0.addSpace(.init("place", .json)) },
        CheckCase("SK517", "a space column of a composite with xml") {
            let place = $0.source.addType("place", .composite, attributes: [25, 142])
            $0.addSpace(.init("place", type: place, typeName: "place"))
        },
        CheckCase("SK517", "a generated space column") { $0.addSpace(.init("hash", .int4, generated: .stored)) },
        CheckCase("SK518", "40000 space partitions") { $0.addSpace(.init("place", .int4), partitions: 40_000) },
    ]
}

enum HypertableKeyCases {
    private static let readings: [CatalogBuilder.Column] = [
        .init("time", .timestamptz, notNull: true), .init("id", .int8, notNull: true), .init("note", .text),
    ]

    static let all: [CheckCase] = [
        CheckCase("SK520", "a primary key without the time column", statement: "primary-key: [id, time]") {
            let ticks = $0.addHypertable("ticks", readings)
            $0.source.addPrimaryKey("ticks_pkey", on: ticks, ["id"])
        },
        CheckCase("SK520", "a primary key without the space column", statement: "primary-key: [time, id]") {
            let ticks = $0.addHypertable("ticks", readings) {
                $0.space = Plan.Space(column: Located("id"), partitions: Located(2))
            }
            $0.source.addPrimaryKey("ticks_pkey", on: ticks, ["time"])
        },
        CheckCase(
            "SK521", "a unique index without the time column",
            statement: "indexes: {exclude: [public.ticks_note]}",
        ) {
            let ticks = $0.addHypertable("ticks", readings)
            $0.source.addIndex("ticks_note", on: ticks, ["note"], unique: true, partial: true)
        },
        CheckCase("SK521", "a unique index on an expression of the time column") {
            let ticks = $0.addHypertable("ticks", readings)
            // A key that names no column is an expression.
            $0.source.addIndex("ticks_hour", on: ticks, ["date_trunc('hour', time)", "id"], unique: true)
        },
        CheckCase(
            "SK521", "a unique constraint without the time column",
            statement: "indexes: {exclude: ['public.\"Ticks\"']}",
        ) {
            let ticks = $0.addHypertable("ticks", readings)
            $0.source.addKey("Ticks", on: ticks, ["note"], kind: .unique)
        },
        CheckCase("SK522", "an exclusion constraint without the time column") {
            let ticks = $0.addHypertable("ticks", readings)
            $0.source.addKey("ticks_excl", on: ticks, ["note"], kind: .exclusion)
        },
        CheckCase("SK523", "a planned key of columns that are not there") {
            $0.editEntry { $0.primaryKey = Located(["device_id", "time", "shard"], at: Plan.at(13)) }
        },
        CheckCase(
            "SK524", "a planned key with a nullable column", .warning,
            statement: "alter table \"public\".\"readings\" alter column \"value\" set not null;",
        ) { $0.editEntry { $0.primaryKey = Located(["device_id", "time", "value"]) } },
        CheckCase(
            "SK525", "a planned key that nothing makes unique", .warning,
            statement: "select \"id\", \"time\", count(*) from \"public\".\"ticks\" group by \"id\", \"time\" "
                + "having count(*) > 1 limit 10;",
        ) { $0.addHypertable("ticks", readings) { $0.primaryKey = Located(["id", "time"]) } },
        CheckCase(
            "SK526", "a foreign key between hypertables",
            statement: "alter table \"public\".\"ticks\" drop constraint \"ticks_fkey\";",
        ) { fixture in
            let ticks = fixture.addHypertable("ticks", readings)
            fixture.source.addForeignKey(
                "ticks_fkey", on: ticks, ["id", "time"], references: fixture.readings, ["device_id", "time"])
        },
        CheckCase(
            "SK527", "a foreign key to the key that the plan replaces",
            statement: "alter table \"public\".\"marks\" drop constraint \"marks_fkey\";",
        ) {
            let ticks = $0.addHypertable("ticks", readings) { $0.primaryKey = Located(["id", "time"]) }
            $0.source.addPrimaryKey("ticks_pkey", on: ticks, ["id"])
            let marks = $0.source.addTable("marks", [.init("tick", .int8)])
            $0.source.addForeignKey("marks_fkey", on: marks, ["tick"], references: ticks, ["id"])
        },
        CheckCase("SK528", "a foreign key to a hypertable of TimescaleDB 2.15", alongside: ["SK234"]) { fixture in
            let marks = fixture.source.addTable("marks", [.init("device", .int8), .init("at", .timestamptz)])
            fixture.source.addForeignKey(
                "marks_fkey", on: marks, ["device", "at"], references: fixture.readings, ["device_id", "time"])
            fixture.target.edit { $0.extensions[0].version = "2.15.3" }
        },
    ]
}
