import Execution
import Testing

@testable import Skein

@Suite("A frame of the live display")
struct DisplayFrameTests {
    private static let plain = DisplayFrame.Style(usesColour: false, isUnicode: true)
    private static let widths = [60, 80, 120, 200]

    private func lines(_ state: DisplayState, _ width: Int, height: Int = 24, _ style: DisplayFrame.Style = plain)
        -> [String]
    { DisplayFrame.lines(state, width: width, height: height, style: style) }

    @Test("is as it was reviewed, at every width", arguments: DisplayScene.allCases)
    func frames(_ scene: DisplayScene) throws {
        let text = Self.widths.map { width in
            "--- \(width) columns\n" + lines(scene.state, width).joined(separator: "\n") + "\n"
        }.joined()
        try Snapshot.check(text, "display-\(scene.rawValue)")
    }

    @Test("keeps to the terminal's width and height", arguments: DisplayScene.allCases)
    func bounds(_ scene: DisplayScene) {
        for width in [40, 41, 59] + Self.widths + [400] {
            for height in [8, 12, 24, 60] {
                for style in [Self.plain, .init(usesColour: true, isUnicode: false)] {
                    let lines = lines(scene.state, width, height: height, style)
                    #expect(lines.count < height, "\(width)x\(height)")
                    for line in lines {
                        #expect(Columns.count(withoutEscapes: line) < width, "\(width)x\(height): \(line)")
                    }
                }
            }
        }
    }

    @Test("says in words what its colours say", arguments: DisplayScene.allCases)
    func colours(_ scene: DisplayScene) {
        let coloured = lines(scene.state, 100, .init(usesColour: true, isUnicode: true))
        #expect(coloured.map { $0.replacing(/\u{1B}\[[0-9;]*m/, with: "") } == lines(scene.state, 100))
        if scene == .failing { #expect(coloured.contains { $0.contains("\u{1B}[33m! failed\u{1B}[0m") }) }
    }

    @Test("is ASCII where the locale is no UTF-8")
    func ascii() {
        let lines = lines(DisplayScene.building.state, 80, .init(usesColour: false, isUnicode: false))
        #expect(lines.allSatisfy { $0.allSatisfy(\.isASCII) }, "\(lines)")
        #expect(lines.contains { $0.contains("[####") })
    }

    @Test("counts the tasks that it has no room for, and keeps a warning in view")
    func manyTasks() {
        var state = DisplayScene.building.state
        state.rows = (1...100).map { DisplayState.Row(id: "copy:public.t:\($0)", seconds: 1) }
        let lines = lines(state, 80, height: 12)
        #expect(lines.contains("  and 93 more under way"), "\(lines)")
        #expect(lines.last?.hasPrefix("! warning  extension:postgis") == true)
    }

    @Test("does not change while nothing does")
    func unchanged() {
        let state = DisplayScene.copying.state
        #expect(lines(state.advanced(by: 0.3), 80) == lines(state.advanced(by: 0.6), 80))
        #expect(lines(state.advanced(by: 0.3), 80) != lines(state.advanced(by: 1.1), 80))
    }

    @Test("obeys no escape in a name")
    func hostileNames() {
        var state = DisplayState(name: "a\u{1B}[2Jb")
        state.rows = [DisplayState.Row(id: "copy:\u{1B}]0;x\u{7}\u{202E}\n", seconds: 1)]
        let text = lines(state, 80).joined()
        #expect(!text.contains("\u{1B}") && !text.contains("\u{202E}") && !text.contains("\u{7}"))
    }

    @Test("repeated troubles are one warning")
    func repeated() {
        var state = DisplayState(name: "a")
        for _ in 1...100 { state.warn(.retry, "copy:a: refused") }
        #expect(state.warnings.count == 1 && state.warningCount == 1)
    }
}

@Suite("Columns of a terminal")
struct ColumnsTests {
    @Test(
        "wide characters take two, marks none",
        arguments: [
            ("readings", 8), ("Größe", 5), ("Gro\u{308}ße", 5), ("温度", 4), ("한글", 4), ("ａ", 2), ("é", 1),
            ("🐘", 2), ("", 0), ("дата", 4), ("\u{200D}", 0),
        ])
    func widths(_ text: String, _ columns: Int) { #expect(Columns.count(text) == columns) }

    @Test("a name is cut in its middle, and never in the middle of a character")
    func cutting() {
        #expect(Columns.cutMiddle("copy:public.readings:0017", to: 15, mark: "…") == "copy:pu…gs:0017")
        #expect(Columns.cutMiddle("温度の記録", to: 6, mark: "…") == "温…録")
        #expect(Columns.cut("温度の記録", to: 6, mark: "…") == "温度…")
        #expect(Columns.cut("short", to: 5, mark: "…") == "short")
    }
}

@Suite("The spark line")
struct SparkTests {
    private let style = DisplayFrame.Style(usesColour: false, isUnicode: true)

    @Test("is flat where the lag is below a second, and shows how it goes")
    func values() {
        #expect(Spark.text([0, 0.1, 0.05], width: 10, style) == "▁▁▁")
        #expect(Spark.text([0, 5, 10], width: 10, style) == "▁▅█")
        #expect(Spark.text(Array(repeating: 3, count: 50), width: 10, style).count == 10)
        #expect(Spark.trend([1, 2, 3, 4, 5, 6, 7])?.word == "growing")
        #expect(Spark.trend([7, 6, 5, 4, 3, 2, 1])?.word == "shrinking")
        #expect(Spark.trend([2, 2, 2, 2, 2, 2])?.word == "steady")
        #expect(Spark.trend([1]) == nil)
    }
}
