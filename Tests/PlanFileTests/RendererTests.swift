import Foundation
import PlanFile
import Testing

@Suite("Rendering diagnostics")
struct RendererTests {
    private func render(_ diagnostic: Diagnostic, colour: Bool = false) -> String {
        var renderer = DiagnosticRenderer(colour: colour)
        return renderer.text(diagnostic)
    }

    @Test("a finding without a place has none, and all its parts in order")
    func parts() {
        let diagnostic = Diagnostic(
            .warning, "SK999", "the summary", detail: "Why.", cure: "How.", statement: "alter table a\n  add b int;")
        #expect(
            render(diagnostic) == """
                warning: the summary [SK999]
                    Why.
                    How.
                        alter table a
                          add b int;

                """)
    }

    @Test("the severity alone is coloured", arguments: zip(Diagnostic.Severity.allCases, ["31", "33", "36"]))
    func colour(_ severity: Diagnostic.Severity, _ code: String) {
        let diagnostic = Diagnostic(severity, "SK999", "summary")
        #expect(render(diagnostic, colour: true) == "\u{1B}[1;\(code)m\(severity.rawValue)\u{1B}[0m: summary [SK999]\n")
        #expect(render(diagnostic) == "\(severity.rawValue): summary [SK999]\n")
    }

    @Test("a file that is gone is named without its line")
    func gone() {
        let place = SourceLocation(file: "/nowhere/plan.yaml", line: 3, column: 4)
        #expect(
            render(Diagnostic(.error, "SK999", "summary", at: place))
                == "/nowhere/plan.yaml:3:4: error: summary [SK999]\n")
    }

    @Test("the caret stays below its character: behind tabs, masks, wide letters, and in long lines")
    func carets() throws {
        func lines(_ line: String, _ column: Int) throws -> [String] {
            var result: [String] = []
            try withFolder { folder in
                try write(line + "\nnext\n", to: folder + "plan.yaml")
                let place = SourceLocation(file: folder + "plan.yaml", line: 1, column: column)
                result = render(Diagnostic(.error, "SK999", "s", at: place)).split(separator: "\n").dropFirst().map(
                    String.init)
            }
            return result
        }
        #expect(try lines("a:\tb", 4) == ["    1 | a:→b", "      |    ^"])
        #expect(try lines("ü: ö", 4) == ["    1 | ü: ö", "      |    ^"])
        #expect(
            try lines("{uri: \"x://u:longsecret@h\", b: c}", 32) == [
                "    1 | {uri: \"x://u:****@h\", b: c}", "      |                          ^",
            ])
        #expect(try lines("{password: s3cret}", 13) == ["    1 | {password: ****", "      |            ^"])
        let long = String(repeating: "a", count: 200) + "!" + String(repeating: "b", count: 200)
        let shown = try lines(long, 201)
        #expect(shown[0].count == "    1 | ".count + 102 && shown[0].hasSuffix("…"))
        #expect(Array(shown[0])[shown[1].count - 1] == "!")
        #expect(try lines(String(repeating: "a", count: 20_000), 5) == [])
        #expect(try lines("a\u{1B}[31mb\u{202E}c", 2)[0] == "    1 | a\u{FFFD}[31mb\u{FFFD}c")
    }

    @Test("a diagnostic survives JSON")
    func json() throws {
        let place = SourceLocation(file: "a", line: 1, column: 2)
        let diagnostic = Diagnostic(
            .note, "SK999", "s", detail: "d", cure: "c", statement: "x", object: "public.a", at: place)
        let data = try JSONEncoder().encode([diagnostic])
        #expect(try JSONDecoder().decode([Diagnostic].self, from: data) == [diagnostic])
    }
}
