@testable import PlanFile
import Testing

@testable import Catalog
@testable import Planning

@Suite("How the source is followed")
struct FollowingTests {
    typealias Column = CatalogBuilder.Column

    private func following(
        _ source: Catalog, target: Catalog = CatalogBuilder(versionNumber: 170_011).catalog,
        _ change: (inout Plan) -> Void = { _ in },
    ) throws -> FollowingDecision {
        let graph = Compiler.compile(.live(change), source: source, target: target).graph
        return try #require(graph.following)
    }

    private func reader(_ catalog: Catalog, owning: Bool = false, creates: Bool = true) -> Catalog {
        var catalog = catalog
        catalog.server.isSuperuser = false
        catalog.server.user = "reader"
        catalog.server.roleMemberships = owning ? ["postgres"] : []
        catalog.server.canCreateInDatabase = creates
        return catalog
    }

    // MARK: Plugin

    @Test("takes pgoutput, in binary form, with messages from 14 on")
    func pgoutput() throws {
        let decision = try following(iotCatalog())
        #expect(decision.plugin == .pgoutput)
        #expect(decision.pluginWhy == "built into PostgreSQL, and publications can be made")
        #expect(decision.isBinary && decision.hasMessages)
        var old = iotCatalog()
        old.server.versionNumber = 130_011
        let before = try following(old)
        #expect(before.plugin == .pgoutput && !before.isBinary && !before.hasMessages)
    }

    @Test("takes text where any column of any table must not go in binary form, and says which")
    func text() throws {
        var builder = CatalogBuilder()
        let table = builder.addTable("t", [Column("id", .int8, notNull: true), Column("class", .regclass)])
        builder.addPrimaryKey("t_pkey", on: table, ["id"])
        let decision = try following(builder.catalog)
        #expect(!decision.isBinary)
        #expect(
            decision.pluginWhy.hasSuffix(
                "; values travel as text: in public.t, column class is regclass, which differs from server to server "
                    + "in binary form"))
    }

    @Test("falls back to test_decoding where publications cannot be made")
    func fallback() throws {
        let foreign = try following(reader(iotCatalog()))
        #expect(foreign.plugin == .testDecoding)
        #expect(foreign.pluginWhy == "role reader may not publish 3 tables, which others own")
        #expect(foreign.hasMessages && !foreign.isBinary)
        #expect(foreign.published.isEmpty && foreign.publishedForInserts.isEmpty)
        #expect(foreign.tables.count == 3)
        #expect(try following(reader(iotCatalog(), owning: true, creates: false)).plugin == .testDecoding)
        #expect(try following(reader(iotCatalog(), owning: true)).plugin == .pgoutput)
    }

    @Test(
        "keeps to the plugins that the server allows",
        arguments: [
            ("pgoutput, test_decoding", false, Plan.Plugin.pgoutput), ("test_decoding", false, .testDecoding),
            ("wal2json", false, .wal2json), ("wal2json, pgoutput", true, .wal2json), ("none", false, .pgoutput),
        ] as [(String, Bool, Plan.Plugin)]
    )
    func allowed(list: String, isReader: Bool, expected: Plan.Plugin) throws {
        var source = isReader ? reader(iotCatalog()) : iotCatalog()
        source.server.settings["output_plugin_libraries"] = Catalog.Setting(
            value: list, unit: nil, pendingRestart: false)
        #expect(try following(source).plugin == expected)
    }

    @Test("takes the plan's word for a plugin")
    func explicit() throws {
        for plugin in [Plan.Plugin.wal2json, .testDecoding, .pgoutput] {
            let decision = try following(iotCatalog()) { $0.replication.plugin = Located(plugin) }
            #expect(decision.plugin == plugin)
            #expect(decision.pluginWhy == "the plan says so")
        }
    }

    @Test("markers that are rows are made on the source alone: their schema is not dumped, and not spoken of")
    func markers() {
        var source = iotCatalog()
        source.server.versionNumber = 130_011
        let compilation = Compiler.compile(.live(), source: source, target: CatalogBuilder().catalog)
        #expect(compilation.graph.exclusions.schemas == ["skein_iot_production"])
        let document = PlanDocument(
            .live(), source: source, target: CatalogBuilder().catalog, selection: compilation.selection,
            graph: compilation.graph, diagnostics: [])
        #expect(document.skipped.isEmpty)
        #expect(document.following?.messages == false)
        #expect(CompiledGraph(source).graph.exclusions.schemas.isEmpty)
        #expect(CompiledGraph(iotCatalog(), .live()).graph.exclusions.schemas.isEmpty)
    }

    // MARK: Identity

    private func identified(
        _ choice: Plan.Identity.Choice?, _ now: Catalog.Relation.ReplicaIdentity = .default, key: Bool = true,
        index: Bool = false, change: (inout CatalogBuilder, OID) -> Void = { _, _ in },
    ) throws -> FollowingDecision.Table {
        var builder = CatalogBuilder()
        let table = builder.addTable("t", [Column("a", .int8, notNull: true), Column("b", .int8, notNull: true)])
        if key { builder.addPrimaryKey("t_pkey", on: table, ["a"]) }
        builder.addIndex("t_ba", on: table, ["b", "a"], unique: true)
        change(&builder, table)
        builder.edit { catalog in
            for position in catalog.relations.indices { catalog.relations[position].replicaIdentity = now }
            for position in catalog.indexes.indices where index && catalog.indexes[position].name.name == "t_ba" {
                catalog.indexes[position].isReplicaIdentity = true
            }
        }
        let decision = try following(builder.catalog) { plan in
            plan.replication.identity = choice.map { [.sample("t", $0)] } ?? []
        }
        return try #require(decision.tables.first)
    }

    @Test("is the primary key, the chosen index in its order, all columns, or nothing")
    func identities() throws {
        #expect(try identified(nil).identity == .columns(["a"]))
        #expect(try identified(nil).why == "primary key")
        #expect(try identified(nil, .index, index: true).identity == .columns(["b", "a"]))
        #expect(try identified(nil, .full).identity == .full)
        #expect(try identified(nil, .nothing).identity == .insertsOnly)
        #expect(try identified(nil, key: false).identity == .insertsOnly)
        #expect(try identified(nil, .index).identity == .insertsOnly)
        #expect(try !identified(nil, key: false).isAcknowledged)
        #expect(try identified(nil).change == nil)
        let deferrable = try identified(nil, key: false) { builder, table in
            builder.addKey("t_pkey", on: table, ["a"], deferrable: true)
        }
        #expect(deferrable.identity == .insertsOnly)
    }

    @Test("is changed where the plan says so and it is not so already, with what it was")
    func changes() throws {
        let full = try identified(.full)
        #expect(full.identity == .full)
        #expect(full.change == .init(clause: "full", before: "default"))
        #expect(try identified(.full, .nothing).change?.before == "nothing")
        #expect(try identified(.full, .index, index: true).change?.before == "using index \"t_ba\"")
        #expect(try identified(.full, .full).change == nil)
        let index = try identified(.index("t_ba"))
        #expect(index.identity == .columns(["b", "a"]))
        #expect(index.change == .init(clause: "using index \"t_ba\"", before: "default"))
        #expect(index.why == "unique index t_ba, as the plan says")
        #expect(try identified(.index("t_ba"), .index, index: true).change == nil)
        #expect(try identified(.index("t_pkey")).change == nil)
        #expect(try identified(.index("t_pkey"), .full).change?.clause == "using index \"t_pkey\"")
        let inserts = try identified(.insertsOnly)
        #expect(inserts.identity == .insertsOnly && inserts.isAcknowledged && inserts.change == nil)
    }

    @Test("an unlogged table is copied, not published, and compared at the cutover")
    func unlogged() throws {
        var source = iotCatalog()
        for position in source.relations.indices where source.relations[position].name.name == "alerts" {
            source.relations[position].isUnlogged = true
        }
        let decision = try following(source)
        #expect(decision.tables.first?.identity == .insertsOnly)
        #expect(decision.published.map(\.name) == ["devices", "readings"])
        #expect(decision.publishedForInserts.isEmpty)
        #expect(CompiledGraph(source, .live()).ids("recopy").count == 1)
    }

    // MARK: Publications

    private struct Partitioned {
        var builder = CatalogBuilder()
        let root: OID
        let leaves: [OID]

        /// - Parameters:
        ///   - key: the root's, and its leaves' by it.
        ///   - leafKeys: of the leaves alone.
        init(key: Bool, leafKeys: [Bool] = [false, false], version: Int = 150_020) {
            builder = CatalogBuilder(versionNumber: version)
            root = builder.addTable("p", kind: .partitionedTable, partitionKey: "RANGE (id)")
            if key { builder.addPrimaryKey("p_pkey", on: root, ["id"]) }
            var leaves: [OID] = []
            for (number, own) in leafKeys.enumerated() {
                let leaf = builder.addTable("p\(number)", partitionOf: root)
                if key || own { builder.addPrimaryKey("p\(number)_pkey", on: leaf, ["id"]) }
                leaves.append(leaf)
            }
            self.leaves = leaves
        }
    }

    private func published(
        _ source: CatalogBuilder, _ change: (inout Plan) -> Void = { _ in },
    ) throws -> [[String]] {
        let decision = try following(source.catalog, change)
        return [decision.published.map(\.name), decision.publishedForInserts.map(\.name)]
    }

    @Test("tables go by whether their updates are named, none in both")
    func twoPublications() throws {
        var builder = CatalogBuilder()
        let keyed = builder.addTable("keyed")
        builder.addPrimaryKey("keyed_pkey", on: keyed, ["id"])
        builder.addTable("bare")
        #expect(try published(builder) == [["keyed"], ["bare"]])
        #expect(
            try published(builder) { $0.replication.identity = [.sample("bare", .full)] } == [["bare", "keyed"], []])
    }

    @Test("a partition root goes for its partitions, those to come included")
    func roots() throws {
        #expect(try published(Partitioned(key: true).builder) == [["p"], []])
        #expect(try published(Partitioned(key: false).builder) == [[], ["p"]])
        // A new partition would have no key, and its updates would fail.
        #expect(try published(Partitioned(key: false, leafKeys: [true, true]).builder) == [["p0", "p1"], []])
        #expect(try published(Partitioned(key: false, leafKeys: [true, false]).builder) == [["p0"], ["p1"]])
        #expect(try published(Partitioned(key: true, version: 120_000).builder) == [["p0", "p1"], []])
    }

    @Test("partitions go one by one where one of them is not followed")
    func partOfARoot() throws {
        let source = Partitioned(key: true).builder
        #expect(try published(source) { $0.copy.skipTableData = tables("public.p1") } == [["p0"], []])
        #expect(
            try published(source) { $0.replication.identity = [.sample("p1", .insertsOnly)] } == [["p0"], ["p1"]])
    }
}
