import FoundationEssentials
@testable import PlanFile
import Testing

@testable import Catalog
@testable import Planning

@Suite("A fingerprint")
struct FingerprintTests {
    func fingerprint(_ catalog: Catalog, _ plan: Plan = .sample()) -> Fingerprint {
        .source(catalog, ResolvedSelection(plan, source: catalog))
    }

    /// Kind and object of each difference that a change makes.
    func differences(_ change: (inout Catalog) -> Void) -> [String] {
        let before = iotCatalog()
        var after = before
        change(&after)
        return fingerprint(before).differences(to: fingerprint(after)).map { "\($0.kind) \($0.object)" }
    }

    @Test("does not mind sizes, statistics, minor versions, settings and connections")
    func unminded() {
        let found = differences { catalog in
            catalog.relations[0].tableBytes += 1 << 30
            catalog.relations[0].estimatedRows = 7
            catalog.relations[0].fileNode = 99
            catalog.indexes[0].bytes = 5
            catalog.relations[2].columns[0].statistics = .known()
            catalog.server.usedConnections = 50
            catalog.server.versionNumber += 1
            catalog.server.snapshot = "7:7:"
            catalog.server.settings["work_mem"] = Catalog.Setting(value: "1", unit: "kB", pendingRestart: false)
        }
        #expect(found.isEmpty)
    }

    @Test("names what has changed, is new or is gone")
    func named() {
        #expect(differences { $0.relations[2].columns[1].typeName = "uuid" } == ["changed table public.devices"])
        #expect(
            differences { $0.relations[3].columns.append($0.relations[3].columns[0]) } == [
                "changed table public.readings"
            ])
        #expect(differences { $0.indexes[0].definition += " WHERE true" } == ["changed index public.alerts_pkey"])
        #expect(differences { $0.indexes.removeLast() } == ["removed index public.readings_pkey"])
        #expect(differences { $0.sequences = [] } == ["removed sequence public.devices_id_seq"])
        #expect(
            differences {
                $0.extensions.append(.init(oid: 9, name: "hstore", version: "1.8", schema: "public"))
            } == ["added extension hstore"])
        #expect(differences { $0.server.versionNumber = 160_000 } == ["changed server"])
        #expect(differences { $0.largeObjectCount = 4 } == ["changed large objects"])
    }

    @Test("does not see what is not selected")
    func unselected() {
        let plan = Plan.sample { $0.select.tables.exclude = tables("public.alerts") }
        var after = iotCatalog()
        after.relations[0].columns = []
        #expect(fingerprint(iotCatalog(), plan) == fingerprint(after, plan))
        #expect(fingerprint(iotCatalog()) != fingerprint(after))
    }

    @Test("of a target sees what would be in the way, and nothing else")
    func target() {
        let selection = ResolvedSelection(.sample(), source: iotCatalog())
        var target = CatalogBuilder(versionNumber: 170_011)
        let empty = Fingerprint.target(target.catalog, selection)
        target.addTable("unrelated")
        #expect(Fingerprint.target(target.catalog, selection) == empty)
        target.addTable("readings")
        let now = Fingerprint.target(target.catalog, selection)
        #expect(empty.differences(to: now).map(\.object) == ["table public.readings"])
        #expect(empty.digest != now.digest && empty.digest.count == 64)
    }
}

@Suite("A saved plan")
struct SavedPlanTests {
    let plan = Plan.sample { plan in
        plan.hypertables = [.sample("readings", space: ("device_id", 4))]
        plan.source.uri = Located("postgres://me:s3cret@source/iot")
    }

    func saved() -> SavedPlan {
        let (source, target) = (iotCatalog(), CatalogBuilder(versionNumber: 170_011).catalog)
        let compilation = Compiler.compile(plan, source: source, target: target)
        return SavedPlan(
            plan: plan, graph: compilation.graph, source: .source(source, compilation.selection),
            target: .target(target, compilation.selection), createdWith: "1.0")
    }

    @Test("is read as it was written, byte for byte the same each time, and without passwords")
    func roundTrip() throws {
        let bytes = try saved().encoded()
        #expect(bytes == (try saved().encoded()))
        #expect(try SavedPlan.decoded(bytes) == saved())
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(!text.contains("s3cret"))
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Encoding task by task makes no difference; the checksum stands in place of the last brace.
        let whole = Array(try encoder.encode(saved())).dropLast()
        #expect(bytes.prefix(whole.count).elementsEqual(whole))
        #expect(SavedPlan.looksLikeOne(bytes))
        #expect(!SavedPlan.looksLikeOne(Array("version: 1\n".utf8)))
    }

    @Test("is refused where it is another format, damaged or none")
    func refused() throws {
        var other = saved()
        other.format = 2
        #expect(throws: SavedPlan.Unreadable.format(2, createdWith: "1.0")) { try SavedPlan.decoded(other.encoded()) }
        let bytes = try saved().encoded()
        #expect(throws: SavedPlan.Unreadable.damaged("it is cut off, or no JSON")) {
            try SavedPlan.decoded(Array(bytes.dropLast(100)))
        }
        #expect(throws: SavedPlan.Unreadable.notASavedPlan) { try SavedPlan.decoded(Array("{}".utf8)) }
        var disordered = saved()
        disordered.graph.tasks[0].needs = [5]
        #expect(throws: SavedPlan.Unreadable.damaged("its tasks are not in order")) {
            try SavedPlan.decoded(disordered.encoded())
        }
        let renamed = String(decoding: bytes, as: UTF8.self).replacing("\"jobs\":", with: "\"jubs\":")
        #expect {
            try SavedPlan.decoded(Array(renamed.utf8))
        } throws: { error in
            if case .damaged = error as? SavedPlan.Unreadable { true } else { false }
        }
    }

    @Test("goes to a file that only its owner reads, replacing what was there")
    func file() throws {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "skein-saved-\(UInt32.random(in: 0 ... .max))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "plan.json").path
        #expect(try SavedPlan.read(path) == nil)
        try saved().write(to: path)
        try saved().write(to: path)
        #expect(try SavedPlan.read(path) == saved())
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect("\(attributes[.posixPermissions] ?? "")" == "\(0o600)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["plan.json"])
        #expect(try SavedPlan.read(folder.path) == nil)
        #expect(try SavedPlan.read("/dev/zero") == nil)
        try Data("version: 1\n".utf8).write(to: folder.appending(path: "plan.yaml"))
        #expect(try SavedPlan.read(folder.appending(path: "plan.yaml").path) == nil)
        #expect(throws: (any Error).self) { try saved().write(to: folder.appending(path: "no/such/folder").path) }
    }

    @Test("says in words what has drifted on either side")
    func drift() {
        let value = saved()
        #expect(value.drift(source: value.source, target: value.target).isEmpty)
        var source = value.source
        source.objects["table public.readings"] = "0"
        source.objects["table public.new"] = "1"
        var target = value.target
        target.objects["server"] = nil
        #expect(
            value.drift(source: source, target: target) == [
                "source: table public.new is new", "source: table public.readings has changed",
                "target: server is gone",
            ])
    }
}

@Suite("A plan as JSON")
struct PlanDocumentTests {
    @Test("is byte for byte the same each time")
    func deterministic() throws {
        let (source, target) = (iotCatalog(), CatalogBuilder(versionNumber: 170_011).catalog)
        let plan = Plan.sample { $0.hypertables = [.sample("readings")] }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let texts = try (0..<5).map { _ in
            let compilation = Compiler.compile(plan, source: source, target: target)
            let document = PlanDocument(
                plan, source: source, target: target, selection: compilation.selection, graph: compilation.graph,
                diagnostics: compilation.diagnostics)
            return try encoder.encode(document)
        }
        #expect(Set(texts).count == 1)
        let read = try JSONDecoder().decode(PlanDocument.self, from: texts[0])
        #expect(read.tables?.count == 3)
    }
}

@Suite("A graph of tasks, drawn")
struct TaskDrawingTests {
    @Test("has a table's pieces as one box, and tables as groups")
    func drawn() {
        let source = iotCatalog()
        let plan = Plan.sample { $0.hypertables = [.sample("readings")] }
        let graph = Compiler.compile(plan, source: source, target: CatalogBuilder(versionNumber: 170_011).catalog).graph
        let mermaid = graph.mermaid()
        #expect(mermaid.hasPrefix("flowchart LR\n"))
        #expect(mermaid.contains("[\"copy × 3, 600 MB\"]"))
        #expect(mermaid.contains("subgraph g3[\"public.readings\"]"))
        #expect(mermaid == graph.mermaid())
        let dot = graph.dot(name: "iot-production")
        #expect(dot.hasPrefix("digraph \"iot-production\" {\n"))
        #expect(dot.contains("label=\"copy:public.readings × 3\""))
    }
}
