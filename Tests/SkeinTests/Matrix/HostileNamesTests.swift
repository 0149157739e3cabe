import Foundation
import Postgres
import TestServers
import Testing

@Suite("Hostile names", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(3)))
struct HostileNamesTests {
    /// A schema of that name, and what it holds.
    private struct Name: Decodable, Sendable {
        var name: String
        var hypertable: String
        var time: String
        var space: String
        var partitioned: String
        var view: String
    }

    @Test("Objects of every kind arrive under every name")
    func names() async throws { try await Self.migrates(to: .seventeen) }

    @Test("So they do on PostgreSQL 18", .enabled(if: TestServers.has18, MatrixTarget.absence))
    func newer() async throws { try await Self.migrates(to: .eighteen) }

    private static func migrates(to target: MatrixTarget) async throws {
        try await Migration.with("matrix_names", sql: HostileNames.batches, targetServer: target.server) { migration in
            let json = try #require(await migration.onSource(names).first ?? nil)
            let names = try JSONDecoder().decode([Name].self, from: Data(json.utf8))
            #expect(names.count > 40)
            try migration.writePlan(plan(names))
            let result = try await migration.skein("migrate", "--no-color")
            try #require(result.exitCode == 0, "\(result)")

            let changed = try await LeafContents.differences(migration)
            let expected = isLeftOut.map { LeafContents.key(sql(names[$0].name, names[$0].view)) + ": 20 rows" }
            #expect(changed.filter { $0.hasSuffix("became missing") }.count == expected.count, "\(changed)")
            #expect(expected.allSatisfy { wanted in changed.contains { $0.hasPrefix(wanted) } }, "\(changed)")
            #expect(changed.filter { $0.hasSuffix("became 0 rows ") }.count == 2 * isSkipped.count)
            #expect(changed.count == expected.count + 2 * isSkipped.count, "\(changed)")

            let hypertables = names.map { quoted($0.name, $0.hypertable) }
            let others = Set(hypertables + isLeftOut.map { quoted(names[$0].name, names[$0].view) })
            let differences = try await Definitions.differences(migration, on: target.server) { relation in
                !others.contains(requoted(relation))
            }
            #expect(differences == [])
            #expect(try await migration.onTarget(HypertableTests.incompleteChunks) == [])
            let count = "select count(*) from timescaledb_information.hypertables"
            #expect(try await migration.onTarget(count) == [String(names.count)])
        }
    }

    /// Materialized views that the plan excludes, and partitioned tables whose rows it skips; positions in the names.
    private static let isLeftOut = [0, 4, 20, 24]
    private static let isSkipped = [3, 4, 5]

    private static let names = """
        select json_agg(
            json_build_object(
                'name', n, 'hypertable', public.cut(n, 'h'), 'time', public.cut(n, 'z'), 'space', public.cut(n, 'w'),
                'partitioned', public.cut(n, 'q'), 'view', public.cut(n, 'm')) order by number)
        from public.names where n <> 'public'
        """

    private static func plan(_ names: [Name]) -> String {
        var lines = ["hypertables:"]
        for (position, name) in names.enumerated() {
            let hasSpace = position % 3 == 0
            let key = [name.name, name.time] + (hasSpace ? [name.space] : [])
            lines += [
                "  - table: \(yaml(quoted(name.name, name.hypertable)))",
                "    time-column: \(yaml(quoted(name.time)))",
                "    chunk-interval: 7 days",
                "    primary-key: [\(key.map { yaml(quoted($0)) }.joined(separator: ", "))]",
            ]
            if hasSpace { lines.append("    space: {column: \(yaml(quoted(name.space))), partitions: 2}") }
        }
        let skipped = isSkipped.map { yaml(quoted(names[$0].name, names[$0].partitioned)) }
        let leftOut = isLeftOut.map { yaml(quoted(names[$0].name, names[$0].view)) }
        lines.append("copy: {skip-table-data: [\(skipped.joined(separator: ", "))]}")
        lines.append("select: {tables: {exclude: [\(leftOut.joined(separator: ", "))]}}")
        return lines.joined(separator: "\n")
    }

    /// By scalars: a quote before a combining mark is part of another `Character`.
    private static func quoted(_ parts: String...) -> String {
        parts.map { part in
            let doubled = part.unicodeScalars.map { $0 == "\"" ? "\"\"" : String($0) }.joined()
            return "\"\(doubled)\""
        }
        .joined(separator: ".")
    }

    /// A name as the server writes it, with both parts in quotes.
    private static func requoted(_ name: String) -> String {
        var (parts, part, isQuoted) = ([String](), "", false)
        for scalar in name.unicodeScalars {
            if scalar == "\"" { isQuoted.toggle() }
            if scalar == ".", !isQuoted {
                parts.append(part)
                part = ""
            } else {
                part.unicodeScalars.append(scalar)
            }
        }
        return (parts + [part]).map { $0.unicodeScalars.first == "\"" ? $0 : "\"\($0)\"" }.joined(separator: ".")
    }

    /// As `format('%I.%I')` writes both.
    private static func sql(_ schema: String, _ name: String) -> String {
        [schema, name].map { part in
            let words: Set = ["select", "order"]
            let isPlain = part.allSatisfy { $0.isASCII && ($0.isLowercase || $0.isNumber || $0 == "_") }
            let isBare = isPlain && !words.contains(part) && part.first.map { !$0.isNumber } == true
            return isBare ? part : quoted(part)
        }
        .joined(separator: ".")
    }

    private static func yaml(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            default: result.unicodeScalars.append(scalar)
            }
        }
        // A plan replaces variables.
        return "\"" + result.replacingOccurrences(of: "${", with: "$${") + "\""
    }
}
