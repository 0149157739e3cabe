import Foundation
import PlanFile
import TestServers
import Testing

/// Plans made to hurt: all of them are refused, or taken, in bounded time.
@Suite("Hostile plans", .serialized)
struct LimitTests {
    private static let start = "name: a\nsource: {uri: service=a}\ntarget: {uri: service=b}\n"
    private static let size = 1_000_000

    private static func repeated(_ text: String) -> String {
        String(repeating: text, count: size / text.utf8.count)
    }

    static let hostile: [(title: String, text: String, code: PlanCode?)] = [
        ("open brackets", repeated("["), .tooDeep),
        ("open braces", repeated("{"), .keyNotText),
        ("dashes in a line", repeated("- "), .tooDeep),
        ("question marks in a line", repeated("? "), .keyNotText),
        ("anchors", repeated("&a "), .emptyFile),
        ("anchors in a list", "a: [" + repeated("&a b,") + "]", .tooManyValues),
        ("aliases", "a: [&a b," + repeated("*a,") + "]", .tooManyValues),
        ("empty values", "a: [" + repeated("x,") + "]", .tooManyValues),
        ("list entries", "a:\n" + repeated("- x\n"), .tooManyValues),
        ("keys", (0..<49_000).map { "key\($0): x\n" }.joined(), .unknownKey),
        ("one key over and over", repeated("a: b\n"), .tooManyValues),
        ("unset variables", "a: [" + (0..<40_000).map { "\"${V\($0)}\"," }.joined() + "]", .unsetVariable),
        ("lines of one text", "a: " + repeated("b\n  "), .tooLong),
        ("one long text", "mode: \"" + repeated("x") + "\"", .tooLong),
        ("one long key", repeated("x") + ": 1", .tooLong),
        ("a long block", "mode: |\n" + repeated("  x\n"), .tooLong),
        ("comments", repeated("#\n"), .emptyFile),
        ("blank lines", repeated("\n"), .emptyFile),
        ("documents", repeated("a\n---\n"), .severalDocuments),
        ("directives", (0..<60_000).map { "%TAG !t\($0)! x\n" }.joined() + "--- a\n", .tooManyValues),
        ("quotes", repeated("\""), .syntax),
        ("colons", repeated("a:"), .tooLong),
        ("dollars", "mode: \"" + repeated("${A:-b}") + "\"", .tooLong),
        ("one password after the other", "mode: " + repeated("://a:b@"), .tooLong),
        ("wildcards", start + "select: {schemas: {include: [\"" + repeated("*a") + "\"]}}", .tooLong),
    ]

    @Test("a megabyte is refused in seconds", arguments: hostile.indices)
    func quickly(_ index: Int) async throws {
        let (title, text, code) = Self.hostile[index]
        // Tests that wait for servers share the threads that this would hold for seconds.
        let (isRefused, codes, rendered, time) = try await TestServers.blocking {
            try withFolder { folder in
                try write(text, to: folder + "plan.yaml")
                var (isRefused, codes, rendered) = (false, [String](), "")
                let time = ProcessorTime.measure {
                    let (plan, diagnostics) = PlanLoader.load(path: folder + "plan.yaml", environment: [:])
                    isRefused = plan == nil
                    codes = diagnostics.map(\.code)
                    var renderer = DiagnosticRenderer()
                    rendered = renderer.text(diagnostics)
                }
                return (isRefused, codes, rendered, time)
            }
        }
        #expect(isRefused, "\(title)")
        #expect(code.map { codes.contains($0.rawValue) } ?? true, "\(title): \(rendered.prefix(300))")
        #expect(rendered.utf8.count < 2_000_000, "\(title)")
        #expect(time < .seconds(10), "\(title)")
    }

    @Test("a billion laughs are refused before they are laughed")
    func aliasBomb() throws {
        var text = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n"
        for level in 1...20 {
            text += "a\(level): &a\(level) [" + String(repeating: "*a\(level - 1),", count: 9) + "]\n"
        }
        let time = ProcessorTime.measure {
            let (plan, diagnostics) = PlanLoader.load(text: text, file: "plan.yaml", environment: [:])
            #expect(plan == nil)
            #expect(diagnostics.map(\.code) == ["SK016"])
            #expect(diagnostics.first?.summary == "more than 100000 values")
        }
        #expect(time < .seconds(2))
    }

    @Test("aliases cannot make a plan deeper than it may be")
    func deepAliases() {
        var text = "a0: &a0 [[[[[[[[[[x]]]]]]]]]]\n"
        for level in 1...4 { text += "a\(level): &a\(level) [[[[[[[[[[*a\(level - 1)]]]]]]]]]]\n" }
        #expect(PlanLoader.load(text: text, file: "plan.yaml", environment: [:]).diagnostics.map(\.code) == ["SK015"])
    }

    @Test("sixteen plans may extend one another, and no more")
    func longChain() throws {
        try withFolder { folder in
            for index in 0..<17 {
                try write("extends: \(index + 1).yaml\n", to: folder + "\(index).yaml")
            }
            try write(Self.start, to: folder + "17.yaml")
            #expect(PlanLoader.load(path: folder + "2.yaml", environment: [:]).diagnostics == [])
            let findings = PlanLoader.load(path: folder + "1.yaml", environment: [:]).diagnostics
            #expect(findings.map(\.code) == ["SK022"])
            #expect(findings.first?.location?.file == folder + "16.yaml")
        }
    }

    @Test("a plan of a thousand hypertables is taken")
    func large() throws {
        var text = Self.start + "hypertables:\n"
        for index in 0..<1000 {
            text += "  - {table: public.t\(index), time-column: time, chunk-interval: 7 days,\n"
            text += "     space: {column: device, partitions: 4}, primary-key: [device, time],\n"
            text += "     columnstore: {segment-by: [device], order-by: [time desc], after: 30 days}}\n"
        }
        let (plan, diagnostics) = PlanLoader.load(text: text, file: "plan.yaml", environment: [:])
        #expect(diagnostics == [])
        #expect(plan?.hypertables.count == 1000)
    }
}
