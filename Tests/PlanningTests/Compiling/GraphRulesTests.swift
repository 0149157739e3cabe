@testable import PlanFile
import Testing

@testable import Catalog
@testable import Planning

/// A compiled graph, asked by ids.
struct CompiledGraph {
    let graph: MigrationGraph
    let diagnostics: [Diagnostic]
    private let positions: [String: Int]

    init(_ source: Catalog, target: Catalog = CatalogBuilder(versionNumber: 170_011).catalog, _ plan: Plan = .sample())
    {
        let compilation = Compiler.compile(plan, source: source, target: target)
        graph = compilation.graph
        diagnostics = compilation.diagnostics
        positions = Dictionary(uniqueKeysWithValues: graph.tasks.enumerated().map { ($1.id, $0) })
    }

    var ids: [String] { graph.tasks.map(\.id) }
    func ids(_ kind: String) -> [String] { ids.filter { $0 == kind || $0.hasPrefix(kind + ":") } }

    func task(_ id: String) throws -> MigrationTask {
        let position = try #require(positions[id], "no task \(id)")
        return graph.tasks[position]
    }

    /// Direct predecessors, sorted.
    func needs(_ id: String) throws -> [String] { try task(id).needs.map { graph.tasks[$0].id }.sorted() }

    /// Whether one is done before the other whatever the executor does.
    func isBefore(_ first: String, _ second: String) throws -> Bool {
        let start = try #require(positions[first], "no task \(first)")
        var queue = [try #require(positions[second], "no task \(second)")]
        var seen = Set(queue)
        while let position = queue.popLast() {
            if position == start { return true }
            for need in graph.tasks[position].needs where seen.insert(need).inserted { queue.append(need) }
        }
        return false
    }

    func index(_ id: String) throws -> IndexBuild {
        guard case .buildIndex(let build) = try task(id).action else { throw Missing() }
        return build
    }

    func constraint(_ id: String) throws -> ConstraintBuild {
        guard case .addConstraint(let build) = try task(id).action else { throw Missing() }
        return build
    }

    func foreignKey(_ id: String) throws -> ForeignKeyBuild {
        guard case .addForeignKey(let build) = try task(id).action else { throw Missing() }
        return build
    }

    struct Missing: Error {}
}

@Suite("The graph of plain tables")
struct PlainTableGraphTests {
    typealias Column = CatalogBuilder.Column

    @Test("builds indexes after the last piece, then lets keys take them over one after the other")
    func keys() throws {
        var builder = CatalogBuilder()
        let table = builder.addTable(
            "t", [Column("id", .int8, notNull: true, statistics: PieceCutterTests.statistics()), Column("n", .int8)],
            bytes: 4 << 30)
        builder.addPrimaryKey("t_pkey", on: table, ["id"])
        builder.addKey("t_n_key", on: table, ["n"], kind: .unique, deferrable: true, deferred: true)
        builder.addIndex("t_n_idx", on: table, ["n"])
        let graph = CompiledGraph(builder.catalog)
        let copies = ["copy:public.t:0001", "copy:public.t:0002"]
        for name in ["t_pkey", "t_n_key", "t_n_idx"] {
            #expect(try graph.needs("index:public.\(name)") == copies)
            #expect(try graph.task("index:public.\(name)").resource == .indexJob)
        }
        let indexes = ["index:public.t_n_idx", "index:public.t_n_key", "index:public.t_pkey"]
        #expect(try graph.needs("constraint:public.t.t_pkey") == indexes)
        #expect(try graph.needs("constraint:public.t.t_n_key") == ["constraint:public.t.t_pkey"])
        let key = try graph.constraint("constraint:public.t.t_n_key")
        #expect(key.way == .usingIndex && key.keyKind == "UNIQUE")
        #expect(key.deferrability == "DEFERRABLE INITIALLY DEFERRED")
        #expect(key.indexName == QualifiedName(schema: "public", name: "t_n_key"))
        #expect(try graph.index("index:public.t_n_key").constraintOID == key.sourceOID)
        #expect(try graph.index("index:public.t_n_key").definition.hasPrefix("CREATE UNIQUE INDEX \"t_n_key\" ON "))
        #expect(try graph.task("constraint:public.t.t_pkey").resource == .none)
    }

    @Test("adds exclusion constraints directly, after the keys that take a moment")
    func exclusion() throws {
        var builder = CatalogBuilder()
        let table = builder.addTable("t")
        builder.addKey("a_excl", on: table, ["id"], kind: .exclusion, bytes: 500)
        builder.addPrimaryKey("t_pkey", on: table, ["id"])
        let graph = CompiledGraph(builder.catalog)
        #expect(graph.ids("index") == ["index:public.t_pkey"])
        let task = try graph.task("constraint:public.t.a_excl")
        #expect(try graph.constraint(task.id).way == .directly(only: false))
        #expect(task.resource == .indexJob && task.weight == 500)
        #expect(try graph.needs(task.id) == ["constraint:public.t.t_pkey"])
    }

    @Test("adds foreign keys after both sides' keys, then validates them in parallel, in turn on one table")
    func foreignKeys() throws {
        var builder = CatalogBuilder()
        let one = builder.addTable("one")
        builder.addPrimaryKey("one_pkey", on: one, ["id"])
        let many = builder.addTable("many", [Column("id", .int8), Column("a", .int8), Column("b", .int8)])
        builder.addIndex("many_a_idx", on: many, ["a"])
        builder.addForeignKey("a_fkey", on: many, ["a"], references: one, ["id"])
        builder.addForeignKey("b_fkey", on: many, ["b"], references: one, ["id"])
        builder.addForeignKey("c_fkey", on: many, ["b"], references: many, ["id"], validated: false)
        let graph = CompiledGraph(builder.catalog)
        #expect(
            try graph.needs("foreign-key:public.many.a_fkey") == [
                "constraint:public.one.one_pkey", "index:public.many_a_idx",
            ])
        #expect(
            try graph.needs("validate:public.many.a_fkey") == [
                "analyze:public.many", "analyze:public.one", "foreign-key:public.many.a_fkey",
            ])
        #expect(try graph.needs("validate:public.many.b_fkey").contains("validate:public.many.a_fkey"))
        #expect(graph.ids("validate").count == 2)
        let late = try graph.foreignKey("foreign-key:public.many.c_fkey")
        #expect(!late.isValidOnSource && late.canBeNotValid)
        #expect(!late.definition.contains("NOT VALID"))
    }

    @Test("leaves data out where the plan skips it: no copy, no analyze, no verification, but all the structure")
    func skipped() throws {
        var builder = CatalogBuilder()
        let table = builder.addTable("t")
        builder.addPrimaryKey("t_pkey", on: table, ["id"])
        let plan = Plan.sample { $0.copy.skipTableData = tables("public.t") }
        let graph = CompiledGraph(builder.catalog, plan)
        #expect(
            graph.ids == [
                "dump-schema", "pre-data", "index:public.t_pkey", "constraint:public.t.t_pkey", "post-data",
                "source-unchanged",
            ])
        #expect(try graph.needs("index:public.t_pkey") == ["pre-data"])
        #expect(graph.graph.tables.map(\.way) == [.skipped])
    }

    @Test("vacuums what was not written frozen, and analyses late only where extended statistics need it")
    func analyze() throws {
        var builder = CatalogBuilder()
        builder.addTable("small")
        let large = builder.addTable("large", bytes: 5 << 30)
        let statistics = builder.addObject("statistics object", "public.s", catalog: "pg_statistic_ext")
        builder.addDependency(of: ("pg_statistic_ext", statistics), on: ("pg_class", large))
        let graph = CompiledGraph(builder.catalog)
        let name = { QualifiedName(schema: "public", name: $0) }
        #expect(try graph.task("analyze:public.small").action == .analyze(name("small"), vacuum: false))
        #expect(try graph.task("analyze:public.large").action == .analyze(name("large"), vacuum: true))
        #expect(try graph.needs("analyze:public.small") == ["copy:public.small:0001"])
        #expect(try graph.needs("analyze:public.large").contains("post-data"))
    }

    @Test("analyses an inheritance parent after its children have their rows")
    func inheritance() throws {
        var builder = CatalogBuilder()
        let parent = builder.addTable("p")
        builder.addTable("c", inherits: [parent])
        let graph = CompiledGraph(builder.catalog)
        #expect(try graph.needs("analyze:public.p") == ["copy:public.c:0001", "copy:public.p:0001"])
        #expect(graph.ids("copy").count == 2)
    }

    @Test("ends with sequences, event triggers, whether the source stood still, and verification")
    func end() throws {
        var builder = CatalogBuilder()
        let table = builder.addTable("t")
        builder.addSequence("s", ownedBy: table, column: 1)
        builder.addSequence("r")
        builder.edit {
            $0.eventTriggers = ["watch"]
            $0.largeObjectCount = 5
        }
        let graph = CompiledGraph(builder.catalog)
        #expect(
            try graph.task("sequences").action
                == .setSequences(["r", "s"].map { QualifiedName(schema: "public", name: $0) }))
        for id in graph.ids where !["event-triggers", "source-unchanged"].contains(id) && !id.hasPrefix("verify") {
            #expect(try graph.isBefore(id, "event-triggers"))
        }
        #expect(try graph.needs("source-unchanged") == ["event-triggers"])
        #expect(try graph.needs("verify:public.t:0001") == ["source-unchanged"])
        #expect(try graph.task("large-objects:0001").action == .copyLargeObjects(first: 0, end: nil))
        #expect(try graph.task("large-objects:0001").resource == .tableJob)
    }

    @Test("verifies ranges as they were copied, and tables of block pieces whole")
    func verification() throws {
        var builder = CatalogBuilder()
        let ranges = builder.addTable(
            "ranges", [Column("id", .int8, notNull: true, statistics: PieceCutterTests.statistics())], bytes: 5 << 30)
        builder.addPrimaryKey("ranges_pkey", on: ranges, ["id"])
        builder.addTable("blocks", bytes: 6 << 30)
        let graph = CompiledGraph(builder.catalog)
        #expect(graph.ids("verify").count == graph.ids("copy:public.ranges").count + 1)
        guard case .verify(let whole) = try graph.task("verify:public.blocks:0001").action else {
            throw CompiledGraph.Missing()
        }
        #expect(whole.rows == .all && whole.count == 1 && whole.estimatedBytes == 6 << 30)
    }

    @Test("orders tasks by what waits for them: the largest table first, its indexes as soon as they can")
    func order() {
        var builder = CatalogBuilder()
        for (name, size, index) in [("small", 1, 1), ("middle", 3, 1), ("large", 4, 2)] as [(String, Int64, Int64)] {
            let table = builder.addTable(name, bytes: size << 20)
            builder.addPrimaryKey("\(name)_pkey", on: table, ["id"], bytes: index << 20)
        }
        let graph = CompiledGraph(builder.catalog)
        #expect(
            graph.ids("copy") == ["copy:public.large:0001", "copy:public.middle:0001", "copy:public.small:0001"])
    }

    @Test("keeps names that look like parts of ids apart")
    func hostileNames() {
        var builder = CatalogBuilder()
        builder.addSchema("a.b")
        for name in ["t", "t:0001", "T", "t\"", "t\n"] { builder.addTable(name) }
        builder.edit { catalog in
            for position in catalog.relations.indices where catalog.relations[position].name.name == "T" {
                catalog.relations[position].name = QualifiedName(schema: "a.b", name: "c")
            }
        }
        let graph = CompiledGraph(builder.catalog)
        #expect(graph.graph.isWellFormed)
        #expect(Set(graph.ids("copy")).contains("copy:public.\"t:0001\":0001"))
        #expect(Set(graph.ids("copy")).contains("copy:\"a.b\".c:0001"))
    }

    @Test("makes extensions in the order of their needs, and plpgsql only where it is missing")
    func extensions() throws {
        var builder = CatalogBuilder()
        let earth = builder.addExtension("earthdistance")
        let cube = builder.addExtension("cube", schema: "extra")
        builder.addExtension("plpgsql", schema: "pg_catalog")
        builder.addDependency(of: ("pg_extension", earth), on: ("pg_extension", cube))
        var target = CatalogBuilder(versionNumber: 170_011)
        #expect(CompiledGraph(builder.catalog, target: target.catalog).ids("extension").contains("extension:plpgsql"))
        target.addExtension("plpgsql", schema: "pg_catalog")
        let graph = CompiledGraph(builder.catalog, target: target.catalog)
        #expect(graph.ids("extension") == ["extension:cube", "extension:earthdistance"])
        #expect(try graph.task("extension:cube").action == .createExtension(name: "cube", schema: "extra"))
        #expect(try graph.isBefore("extension:cube", "extension:earthdistance"))
    }
}

@Suite("The graph of partitioned tables")
struct PartitionedGraphTests {
    /// `m` by `m_1` (by `m_1_1`) and `m_2`, with a primary key and an index everywhere.
    func builder() -> (builder: CatalogBuilder, root: OID) {
        var builder = CatalogBuilder()
        let root = builder.addTable("m", kind: .partitionedTable, partitionKey: "RANGE (id)")
        let middle = builder.addTable("m_1", kind: .partitionedTable, partitionOf: root, partitionKey: "LIST (id)")
        let leaf = builder.addTable("m_1_1", bytes: 4 << 30, partitionOf: middle)
        let other = builder.addTable("m_2", bytes: 8 << 20, partitionOf: root)
        var parents: [OID: (key: OID, index: OID)] = [:]
        for (table, name, parent) in [
            (root, "m", nil), (middle, "m_1", root), (leaf, "m_1_1", middle), (other, "m_2", root),
        ] as [(OID, String, OID?)] {
            let above = parent.flatMap { parents[$0] }
            let key = builder.addKey(
                "\(name)_pkey", on: table, ["id"],
                parentIndex: above.map { parent in
                    builder.catalog.constraints.first { $0.oid == parent.key }?.index ?? 0
                }, parent: above?.key)
            let index = builder.addIndex("\(name)_idx", on: table, ["id"], parent: above?.index)
            parents[table] = (key, index)
        }
        return (builder, root)
    }

    @Test("makes parents' indexes and keys `only` and before their partitions have rows, and attaches them last")
    func attaching() throws {
        let graph = CompiledGraph(builder().builder.catalog)
        #expect(
            graph.ids("copy").sorted() == ["copy:public.m_1_1:0001", "copy:public.m_1_1:0002", "copy:public.m_2:0001"])
        for name in ["m", "m_1"] {
            let key = try graph.task("constraint:public.\(name).\(name)_pkey")
            #expect(try graph.constraint(key.id).way == .directly(only: true))
            #expect(key.resource == .none && key.weight == 0)
            #expect(try graph.index("index:public.\(name)_idx").definition.contains(" ON ONLY \"public\""))
            #expect(try graph.needs("index:public.\(name)_idx") == ["pre-data"])
            #expect(!graph.ids.contains("index:public.\(name)_pkey"))
        }
        for name in ["m_1_1", "m_2"] {
            #expect(try graph.constraint("constraint:public.\(name).\(name)_pkey").way == .usingIndex)
        }
        for id in graph.ids("index") + graph.ids("constraint") { #expect(try graph.isBefore(id, "attach-indexes")) }
        #expect(try graph.isBefore("attach-indexes", "post-data"))
    }

    @Test("analyses the root after its partitions; those written frozen need no analyze of their own")
    func analyze() throws {
        let graph = CompiledGraph(builder().builder.catalog)
        #expect(graph.ids("analyze").sorted() == ["analyze:public.m", "analyze:public.m_1_1"])
        #expect(try graph.isBefore("analyze:public.m_1_1", "analyze:public.m"))
        #expect(try graph.isBefore("copy:public.m_2:0001", "analyze:public.m"))
    }

    @Test("adds foreign keys from and to partitioned tables once, valid at once before PostgreSQL 18")
    func foreignKeys() throws {
        var (builder, root) = builder()
        let devices = builder.addTable("devices")
        builder.addPrimaryKey("devices_pkey", on: devices, ["id"])
        let key = builder.addForeignKey("fk", on: root, ["id"], references: devices, ["id"])
        let leaf = builder.catalog.relations.first { $0.name.name == "m_2" }!.oid
        builder.addForeignKey("fk", on: leaf, ["id"], references: devices, ["id"], parent: key)
        builder.addForeignKey("back", on: devices, ["id"], references: root, ["id"])
        let graph = CompiledGraph(builder.catalog)
        #expect(graph.ids("foreign-key").sorted() == ["foreign-key:public.devices.back", "foreign-key:public.m.fk"])
        let build = try graph.foreignKey("foreign-key:public.m.fk")
        #expect(!build.canBeNotValid)
        #expect(try graph.task("foreign-key:public.m.fk").resource == .indexJob)
        #expect(try !graph.foreignKey("foreign-key:public.devices.back").canBeNotValid)
        for id in ["foreign-key:public.m.fk", "foreign-key:public.devices.back"] {
            #expect(try graph.isBefore("attach-indexes", id))
            #expect(try graph.isBefore("copy:public.m_1_1:0002", id))
        }
        #expect(graph.ids("validate").isEmpty)
        let newer = CompiledGraph(builder.catalog, target: CatalogBuilder(versionNumber: 180_006).catalog)
        #expect(try newer.foreignKey("foreign-key:public.m.fk").canBeNotValid)
        #expect(newer.ids("validate").sorted() == ["validate:public.devices.back", "validate:public.m.fk"])
    }
}

@Suite("The graph of hypertables")
struct HypertableGraphTests {
    typealias Column = CatalogBuilder.Column

    func catalog(_ change: (inout CatalogBuilder, OID) -> Void = { _, _ in }) -> Catalog {
        var builder = CatalogBuilder()
        let table = builder.addTable(
            "readings", [Column("time", .timestamptz, notNull: true), Column("device_id", .int8, notNull: true)])
        change(&builder, table)
        return builder.catalog
    }

    func compile(_ catalog: Catalog, _ entry: Plan.Hypertable = .sample("readings")) -> CompiledGraph {
        CompiledGraph(catalog, Plan.sample { $0.hypertables = [entry] })
    }

    @Test("makes them while empty, with what the plan says")
    func definition() throws {
        let graph = compile(catalog(), .sample("readings", space: ("device_id", 4)))
        let task = try graph.task("hypertable:public.readings")
        #expect(
            task.action
                == .createHypertable(
                    HypertableDefinition(
                        table: QualifiedName(schema: "public", name: "readings"), timeColumn: "time",
                        chunkInterval: .interval("7 days"), space: .init(column: "device_id", partitions: 4))))
        #expect(try graph.needs("hypertable:public.readings") == ["pre-data"])
        #expect(try graph.needs("copy:public.readings:0001") == ["hypertable:public.readings"])
        #expect(graph.graph.tables[0].isHypertable)
        guard case .copy(let piece) = try graph.task("copy:public.readings:0001").action else { return }
        #expect(!piece.mayFreeze)
    }

    @Test("makes the extension where the source has none, once")
    func timescaledb() {
        #expect(compile(catalog()).ids("extension") == ["extension:timescaledb"])
        let own = catalog { builder, _ in builder.addExtension("timescaledb") }
        #expect(compile(own).ids("extension") == ["extension:timescaledb"])
    }

    @Test("adds the time index only where no index of the source leads with time")
    func timeIndex() throws {
        let graph = compile(catalog())
        let build = try graph.index("index:public.readings_time_idx")
        #expect(
            build.definition
                == "CREATE INDEX \"readings_time_idx\" ON \"public\".\"readings\" USING btree (\"time\" DESC)")
        #expect(build.sourceOID == nil && build.constraintOID == nil)
        let indexed = catalog { builder, table in builder.addIndex("by_time", on: table, ["time", "device_id"]) }
        #expect(compile(indexed).ids("index") == ["index:public.by_time"])
        let keyed = catalog { builder, table in
            builder.addPrimaryKey("readings_pkey", on: table, ["time", "device_id"])
        }
        #expect(compile(keyed).ids("index").isEmpty)
        // A key that the plan replaces does not count; the one it becomes does.
        let replaced = compile(keyed, .sample("readings", primaryKey: ["device_id", "time"]))
        #expect(replaced.ids("index") == ["index:public.readings_time_idx"])
        #expect(compile(catalog(), .sample("readings", primaryKey: ["time", "device_id"])).ids("index").isEmpty)
    }

    @Test("gives the time index a name that nothing else has, of at most 63 bytes")
    func names() throws {
        let taken = catalog { builder, _ in builder.addTable("readings_time_idx") }
        #expect(compile(taken).ids("index") == ["index:public.readings_time_idx1"])
        var builder = CatalogBuilder()
        let long = String(repeating: "ä", count: 31)
        builder.addTable(long, [Column("time", .timestamptz, notNull: true)])
        let name = try #require(compile(builder.catalog, .sample(long)).ids("index").first)
        #expect(name.hasSuffix("_time_idx\""))
        #expect(name.dropFirst("index:public.\"".count).dropLast().utf8.count <= 63)
    }

    @Test("builds keys directly, one after the other behind the indexes")
    func keys() throws {
        let source = catalog { builder, table in
            builder.addPrimaryKey("readings_pkey", on: table, ["time", "device_id"], bytes: 100)
            builder.addKey("readings_key", on: table, ["device_id", "time"], kind: .unique)
            builder.addIndex("readings_device_idx", on: table, ["device_id"])
        }
        let graph = compile(source)
        #expect(graph.ids("index") == ["index:public.readings_device_idx"])
        let key = try graph.task("constraint:public.readings.readings_pkey")
        #expect(key.resource == .indexJob && key.weight == 100)
        #expect(try graph.constraint(key.id).way == .directly(only: false))
        #expect(try graph.needs(key.id) == ["index:public.readings_device_idx"])
        #expect(try graph.needs("constraint:public.readings.readings_key") == [key.id])
    }

    @Test("replaces the primary key by the plan's, or adds it where there is none")
    func primaryKey() throws {
        let entry = Plan.Hypertable.sample("readings", primaryKey: ["device_id", "time"])
        let source = catalog { builder, table in builder.addPrimaryKey("pk", on: table, ["device_id"]) }
        let replaced = try compile(source, entry).constraint("constraint:public.readings.pk")
        #expect(replaced.definition == "PRIMARY KEY (\"device_id\", \"time\")")
        #expect(replaced.sourceOID == source.constraints[0].oid)
        let added = try compile(catalog(), entry).constraint("constraint:public.readings.readings_pkey")
        #expect(added.definition == "PRIMARY KEY (\"device_id\", \"time\")")
        #expect(added.sourceOID == 0 && added.keyKind == "PRIMARY KEY")
    }

    @Test("adds foreign keys from and to them valid at once")
    func foreignKeys() throws {
        let source = catalog { builder, table in
            let devices = builder.addTable("devices")
            builder.addPrimaryKey("devices_pkey", on: devices, ["id"])
            builder.addForeignKey("fk", on: table, ["device_id"], references: devices, ["id"])
        }
        let graph = compile(source)
        #expect(try !graph.foreignKey("foreign-key:public.readings.fk").canBeNotValid)
        #expect(graph.ids("validate").isEmpty)
    }

    @Test("leaves alone what a hypertable of the source is to become")
    func destination() {
        var entry = Plan.Hypertable.sample("readings")
        entry.to = Located(.table)
        #expect(compile(catalog(), entry).ids("hypertable").isEmpty)
    }
}

@Suite("The graph of materialized views")
struct MaterializedViewGraphTests {
    /// `top` reads `middle` through a view and a function; `middle` reads `bottom`.
    func builder() -> CatalogBuilder {
        var builder = CatalogBuilder()
        let table = builder.addTable("t")
        let bottom = builder.addView("z_bottom", reads: [table], materialized: true)
        let middle = builder.addView("middle", reads: [bottom], materialized: true)
        let view = builder.addView("v", reads: [middle])
        let function = builder.addObject("function", "public.f()", catalog: "pg_proc")
        builder.addDependency(of: ("pg_proc", function), on: ("pg_class", view))
        let top = builder.addView("a_top", reads: [], materialized: true)
        builder.addDependency(of: ("pg_class", top), on: ("pg_proc", function))
        builder.addIndex("z_bottom_idx", on: bottom, ["id"])
        return builder
    }

    @Test("refreshes them after what they read, and after everything that their functions may need")
    func order() throws {
        let graph = CompiledGraph(builder().catalog)
        #expect(
            graph.ids("refresh") == ["refresh:public.z_bottom", "refresh:public.middle", "refresh:public.a_top"])
        #expect(try graph.needs("refresh:public.a_top") == ["post-data", "refresh:public.middle"])
        #expect(try graph.needs("analyze:public.middle") == ["refresh:public.middle"])
        #expect(graph.ids("index") == ["index:public.z_bottom_idx"])
        #expect(try graph.needs("index:public.z_bottom_idx") == ["refresh:public.z_bottom"])
        #expect(graph.diagnostics.isEmpty)
    }

    @Test("leaves skipped and unpopulated ones, and those that read them, with a warning")
    func skipped() {
        let skipping = CompiledGraph(
            builder().catalog, Plan.sample { $0.copy.skipTableData = tables("public.middle") })
        #expect(skipping.ids("refresh") == ["refresh:public.z_bottom"])
        #expect(
            skipping.diagnostics.map(\.summary) == [
                "materialized view public.a_top is not refreshed because it reads public.middle, which is not either"
            ])
        var empty = builder()
        empty.edit { catalog in
            for position in catalog.relations.indices where catalog.relations[position].name.name == "z_bottom" {
                catalog.relations[position].isPopulated = false
            }
        }
        let graph = CompiledGraph(empty.catalog)
        #expect(graph.ids("refresh").isEmpty)
        #expect(graph.diagnostics.map(\.code) == ["SK156", "SK156"])
    }
}
