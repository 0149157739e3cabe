@testable import PlanFile
import Testing

@testable import Catalog
@testable import Planning

@Suite("The graph of plain tables")
struct PlainTableGraphTests {
    typealias Column = CatalogBuilder.Column

    @Test("builds indexes after the last piece, then lets keys take them over one after the other")
    func keys() throws {
        var builder = CatalogBuilder()
        let table = builder.addTable(
            "t", [Column("id", .int8, notNull: true, statistics: .known()), Column("n", .int8)],
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

    @Test("vacuums at the end what was not written frozen, and analyses late only where extended statistics need it")
    func analyze() throws {
        var builder = CatalogBuilder()
        builder.addTable("small")
        let large = builder.addTable("large", bytes: 5 << 30)
        let statistics = builder.addObject("statistics object", "public.s", catalog: "pg_statistic_ext")
        builder.addDependency(of: ("pg_statistic_ext", statistics), on: ("pg_class", large))
        let graph = CompiledGraph(builder.catalog)
        let name = { QualifiedName(schema: "public", name: $0) }
        #expect(try graph.task("analyze:public.small").action == .analyze(name("small")))
        #expect(try graph.task("analyze:public.large").action == .analyze(name("large")))
        #expect(try graph.task("vacuum:public.large").action == .vacuum(name("large"), part: 1, parts: 1))
        #expect(try graph.needs("vacuum:public.large") == ["source-unchanged"])
        #expect(graph.ids("vacuum") == ["vacuum:public.large"])
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
            "ranges", [Column("id", .int8, notNull: true, statistics: .known())], bytes: 5 << 30)
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
