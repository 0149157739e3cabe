import Foundation
import PlanFile
import Testing

@Suite("The examples under plans/")
struct ExampleTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("plans").path

    static let examples: [String] = {
        let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        return names.filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }.sorted()
    }()

    @Test("each is valid with nothing but SOURCE_URI and TARGET_URI set", arguments: examples)
    func valid(_ name: String) throws {
        let environment = ["SOURCE_URI": "postgresql://old/iot", "TARGET_URI": "postgresql://new/iot"]
        let (plan, diagnostics) = PlanLoader.load(path: Self.folder + "/" + name, environment: environment)
        var renderer = DiagnosticRenderer()
        #expect(renderer.text(diagnostics) == "")
        #expect(plan != nil)
    }

    @Test("each names its schema, so that editors know its keys", arguments: examples)
    func schema(_ name: String) throws {
        let text = try String(contentsOfFile: Self.folder + "/" + name, encoding: .utf8)
        #expect(text.hasPrefix("# yaml-language-server: $schema=../"))
    }

    @Test("there are some")
    func some() { #expect(Self.examples.contains("01-offline-rds.yaml") && Self.examples.count >= 7) }
}
