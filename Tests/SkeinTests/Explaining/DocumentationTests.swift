import Execution
import Foundation
import Testing

@testable import Skein

@Suite("The documentation")
struct DocumentationTests {
    @Test(
        "the README's links lead to files and headings that there are",
        arguments: ["README.md", "schemas/plan-keys.md"])
    func links(_ path: String) throws {
        let text = try Repository.text(path)
        let folder = URL(fileURLWithPath: path, relativeTo: Repository.folder).deletingLastPathComponent()
        var seen = 0
        for match in text.matches(of: /\]\(([^)\s]+)\)/) where !match.output.1.contains("://") {
            let parts = match.output.1.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(
                String.init)
            let file =
                parts[0].isEmpty
                ? Repository.folder.appendingPathComponent(path) : folder.appendingPathComponent(parts[0])
            #expect(FileManager.default.fileExists(atPath: file.path), "\(match.output.1)")
            guard parts.count == 2 else { continue }
            let anchors = Self.anchors(try String(contentsOf: file, encoding: .utf8))
            #expect(anchors.contains(parts[1]), "\(match.output.1)")
            seen += 1
        }
        #expect(seen > 10)
    }

    @Test("the README names every metric, and none that is not served")
    func metrics() throws {
        let text = try Repository.text("README.md")
        let named = Set(text.matches(of: /`(skein_[a-z_]+)/).map { String($0.output.1) })
        let board = MetricsBoard(MetricsBoard.Subject(migration: "a", mode: "live"))
        (MetricsBoardTests.everything + [.cutover(.completed(downtimeSeconds: 1))]).forEach { board.note($0) }
        let served = Set(Scrape(board.text()).types.keys.filter { $0.hasPrefix("skein_") })
        #expect(named.subtracting(["skein_todo"]) == served)
    }

    @Test("the README's sections are those that a reader looks for")
    func sections() throws {
        let text = try Repository.text("README.md")
        for heading in [
            "Two commands", "A migration in five minutes", "Commands", "Watching it", "In CI and in editors",
            "How it works",
            "When something is wrong", "The alternatives", "For those who carry on the work",
        ] { #expect(text.contains("\n## \(heading)\n"), "\(heading)") }
        for name in HelpTests.commands { #expect(text.contains("`skein \(name)"), "\(name)") }
    }

    @Test("the manual has every command and option, and nothing that roff would take for a request of its own")
    func manual() async throws {
        try await CommandFolder.with { folder in
            let result = try await folder.skein("manual", "--date", "2026-11-21")
            #expect(result.exitCode == 0 && result.stderr == "")
            let page = result.stdout
            #expect(page.hasPrefix(".TH SKEIN 1 \"2026-11-21\" \"skein \(Version.text)\" \"User Commands\"\n"))
            for command in try ArgumentDump.read().command.subcommands ?? [] where command.shouldDisplay ?? true {
                guard command.commandName != "help" else { continue }
                #expect(page.contains("\n.SS skein \(command.commandName)\\fR"), "\(command.commandName)")
                for name in (command.arguments ?? []).filter(\.shouldDisplay).flatMap({ $0.names ?? [] }) {
                    #expect(page.contains("\\fB" + name.text.replacing("-", with: "\\-")), "\(name.text)")
                }
            }
            let requests = Set(["TH", "SH", "SS", "TP", "PP", "B", "BR", "br", "nf", "fi"])
            for line in page.split(separator: "\n") where line.first == "." || line.first == "'" {
                #expect(requests.contains(String(line.dropFirst().prefix { $0.isLetter })), "\(line)")
            }
        }
    }

    @Test("completions are made for each shell", arguments: ["bash", "zsh", "fish"])
    func completions(_ shell: String) async throws {
        try await CommandFolder.with { folder in
            let result = try await folder.skein("--generate-completion-script", shell)
            #expect(result.exitCode == 0)
            for command in HelpTests.commands { #expect(result.stdout.contains(command)) }
        }
    }

    /// As GitHub makes them.
    private static func anchors(_ markdown: String) -> Set<String> {
        Set(
            markdown.split(separator: "\n").filter { $0.hasPrefix("#") }.map { line in
                line.drop { $0 == "#" || $0 == " " }.lowercased()
                    .filter { $0.isLetter || $0.isNumber || "-_ ".contains($0) }.replacing(" ", with: "-")
            })
    }
}
