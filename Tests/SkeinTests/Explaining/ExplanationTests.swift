import Foundation
import Testing

@testable import Skein

/// The repository this file lies in.
enum Repository {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    static func text(_ path: String) throws -> String {
        try String(contentsOf: folder.appendingPathComponent(path), encoding: .utf8)
    }

    /// A file that is made from the sources: SKEIN_WRITE_SCHEMA=1 writes it.
    static func check(_ path: String, holds text: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        if ProcessInfo.processInfo.environment["SKEIN_WRITE_SCHEMA"] != nil {
            try text.write(to: folder.appendingPathComponent(path), atomically: true, encoding: .utf8)
        }
        #expect(
            try self.text(path) == text,
            "run SKEIN_WRITE_SCHEMA=1 swift test --filter ExplanationTests --filter EventSchemaTests, and commit \(path)",
            sourceLocation: sourceLocation)
    }
}

@Suite("Explanations")
struct ExplanationTests {
    @Test("every code that the sources say has one")
    func complete() throws {
        let sources = Repository.folder.appendingPathComponent("Sources").path
        let files = try #require(FileManager.default.enumerator(atPath: sources))
        let known = Set(Explanation.all.map(\.code))
        var said: Set<String> = []
        for case let file as String in files where file.hasSuffix(".swift") {
            let text = try String(contentsOfFile: sources + "/" + file, encoding: .utf8)
            for match in text.matches(of: /"(SK[0-9]{3})"/) {
                let code = String(match.output.1)
                said.insert(code)
                #expect(known.contains(code), "\(code), in \(file)")
            }
        }
        #expect(said == known)
        #expect(known.count > 200)
    }

    @Test("each code has one, a line and a paragraph that says more")
    func texts() {
        #expect(Set(Explanation.all.map(\.code)).count == Explanation.all.count)
        for one in Explanation.all {
            #expect(!one.title.isEmpty && !one.title.hasSuffix(".") && !one.title.contains("\n"), "\(one.code)")
            #expect(one.text.hasSuffix(".") || one.text.hasSuffix(")"), "\(one.code)")
            #expect(!one.text.contains("\n") && one.text.count > 50, "\(one.code): \(one.text)")
            #expect(one.text != one.title + ".", "\(one.code)")
            #expect(CodeRange.all.count { $0.contains(one.code) } == 1, "\(one.code)")
        }
    }

    @Test("schemas/codes.md holds them all")
    func page() throws {
        try Repository.check("schemas/codes.md", holds: CodeReference.text)
        for one in Explanation.all { #expect(CodeReference.text.contains("\n### \(one.code)\n")) }
    }

    @Test("are found by however a code is written, and by words")
    func finding() {
        for written in ["SK101", "sk101", "[SK101]", "101", "SK-101", "sk101."] {
            #expect(Explanation.find(written)?.code == "SK101", "\(written)")
        }
        #expect(Explanation.find("SK000") == nil && Explanation.find("") == nil)
        #expect(Explanation.mentioning("max_wal_senders use").map(\.code) == ["SK703", "SK733"])
        #expect(Explanation.mentioning("jabberwocky").isEmpty && Explanation.mentioning(" ").isEmpty)
    }

    @Test("without a code all are listed; words find some; --all is the page")
    func command() async throws {
        try await CommandFolder.with { folder in
            let list = try await folder.skein("explain")
            #expect(list.exitCode == 0)
            #expect(list.stdout.split(separator: "\n").count == Explanation.all.count)
            let page = try await folder.skein("explain", "--all")
            #expect(page.stdout == CodeReference.text)
            let found = try await folder.skein("explain", "replica", "identity")
            #expect(found.exitCode == 0 && found.stdout.contains("SK711  "))
            struct Found: Decodable {
                var code: String
                var text: String
            }
            let documents = try await folder.skein("explain", "--json").document([Found].self)
            #expect(documents.count == Explanation.all.count)
        }
    }
}
