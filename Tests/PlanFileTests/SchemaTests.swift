import Foundation
import JSONSchemas
import PlanFile
import Testing

@Suite("The JSON Schema")
struct SchemaTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    @Test("schemas/plan.schema.json is what the decoder's declarations say")
    func file() throws {
        let file = Self.folder.appendingPathComponent("schemas/plan.schema.json")
        if ProcessInfo.processInfo.environment["SKEIN_WRITE_SCHEMA"] != nil {
            try write(PlanSchema.text, to: file.path)
        }
        #expect(
            try String(contentsOf: file, encoding: .utf8) == PlanSchema.text,
            "run SKEIN_WRITE_SCHEMA=1 swift test --filter PlanFileTests, and commit the file")
    }

    @Test("schemas/plan-keys.md has every key, and is what the declarations say")
    func keyReference() throws {
        let file = Self.folder.appendingPathComponent("schemas/plan-keys.md")
        if ProcessInfo.processInfo.environment["SKEIN_WRITE_SCHEMA"] != nil {
            try write(PlanKeyReference.text, to: file.path)
        }
        #expect(
            try String(contentsOf: file, encoding: .utf8) == PlanKeyReference.text,
            "run SKEIN_WRITE_SCHEMA=1 swift test --filter PlanFileTests, and commit the file")
        var sections: [String: Substring] = [:]
        for part in PlanKeyReference.text.split(separator: "\n## ") {
            let title = part.prefix { $0 != "\n" }.filter { $0 != "`" }
            for name in title == "The plan" ? [""] : title.components(separatedBy: ", ") { sections[name] = part }
        }
        for key in try keys() {
            let about = key.schema["description"] as? String ?? ""
            if let section = sections[key.section] {
                #expect(section.contains("| `\(key.name)` |"), "\(key.path)")
                #expect(section.contains(about.replacing("|", with: "\\|")), "\(key.path)")
            } else {
                // A section of one key has no table of its own.
                let parts = key.section.components(separatedBy: ".")
                let holder = sections[parts.dropLast().joined(separator: ".")] ?? ""
                let row = holder.split(separator: "\n").first { $0.hasPrefix("| `\(parts.last ?? "")` |") }
                #expect(row?.contains("`\(key.name)`") == true, "\(key.path)")
            }
        }
    }

    @Test("every key has a description that ends like a sentence")
    func descriptions() throws {
        for key in try keys() {
            let text = key.schema["description"] as? String ?? ""
            #expect(text.hasSuffix("."), "\(key.path)")
        }
    }

    @Test("every default of the schema is what an absent key means")
    func defaults() throws {
        var tried = 0
        for key in try keys() {
            guard let value = key.schema["default"], key.path != "version" else { continue }
            tried += 1
            let with = try #require(try decoded(key.plan(value)).plan, "\(key.path)")
            // The section that holds the key is there both times.
            let without = try #require(try decoded(key.planWithout).plan, "\(key.path)")
            #expect(with.hash == without.hash && with.settings == without.settings, "\(key.path)")
        }
        #expect(tried > 25)
    }

    @Test("what the decoder takes the schema takes, and the other way round but for what no schema can say")
    func agreement() throws {
        let schema = try JSONSchema(PlanSchema.text)
        /// Findings about plans that the schema lets pass, as its `$comment` lists them.
        let unsaid: Set<PlanCode> = [
            .outOfRange, .malformedURI, .namedTwice, .contradiction, .keyLacksColumn,
        ]
        func isUnsaid(_ finding: Diagnostic) -> Bool {
            unsaid.contains { $0.rawValue == finding.code } || finding.summary.contains("it names `hours` twice")
        }
        var accepted: [String: Int] = [:]
        for key in try keys() where key.path != "extends" {
            for value in SampleValues.all {
                let plan = key.plan(value)
                let says = try schema.accepts(plan)
                let (decoded, errors) = try decoded(plan)
                if decoded != nil {
                    accepted[key.path, default: 0] += 1
                    #expect(says, "\(key.path): \(value) is refused by the schema only")
                } else if says {
                    #expect(
                        errors.allSatisfy(isUnsaid),
                        "\(key.path): \(value) is refused by the decoder only: \(errors.map(\.summary))")
                }
            }
            #expect(accepted[key.path, default: 0] > 0, "no value for \(key.path) is accepted by both")
        }
    }

    @Test("the keys of each section are those that the decoder names to whoever writes another")
    func sections() throws {
        var levels: [String: [SchemaKey]] = [:]
        for key in try keys() { levels[key.section, default: []].append(key) }
        for (section, keys) in levels {
            let plan = try #require(keys.first).planWithUnknownKey
            let (loaded, errors) = try decoded(plan)
            #expect(loaded == nil && errors.count == 1, "\(section)")
            let named = (errors.first?.cure ?? "").split(separator: "`").map(String.init).filter {
                $0.first?.isLowercase == true && !$0.contains(" ") && $0 != section
            }
            #expect(Set(named) == Set(keys.map(\.name)), "\(section)")
            #expect(try !JSONSchema(PlanSchema.text).accepts(plan), "\(section)")
        }
        #expect(levels.count == 18)
    }

    @Test("a plan that extends another may be partial, and one that extends none may not")
    func required() throws {
        let schema = try JSONSchema(PlanSchema.text)
        #expect(try schema.accepts(["extends": "base.yaml", "source": ["provider": "rds"]]))
        #expect(try !schema.accepts(["name": "a", "source": ["provider": "rds"], "target": ["uri": "service=b"]]))
        #expect(try !schema.accepts(["name": "a", "source": ["uri": "service=a"]]))
    }

    private func keys() throws -> [SchemaKey] { try SchemaKey.all(in: JSONSchema(PlanSchema.text).root) }

    /// A JSON text is a YAML text.
    private func decoded(_ plan: [String: Any]) throws -> (plan: Plan?, errors: [Diagnostic]) {
        let json = try JSONSerialization.data(withJSONObject: plan, options: [.withoutEscapingSlashes])
        let (plan, findings) = PlanLoader.load(
            text: String(decoding: json, as: UTF8.self), file: "plan.yaml", environment: [:])
        return (plan, findings.filter { $0.severity == .error })
    }
}

/// A key somewhere in the schema, and plans that have it.
struct SchemaKey {
    var path: String
    var name: String
    var section: String
    var schema: [String: Any]
    /// Puts an object in the section's place of an otherwise complete plan.
    private var wrap: ([String: Any]) -> [String: Any]

    func plan(_ value: Any) -> [String: Any] { wrap([name: value]) }
    var planWithout: [String: Any] { wrap([:]) }
    var planWithUnknownKey: [String: Any] { wrap(["zzzzzzzzzzzz": 1]) }

    /// What each section needs beside the key in question.
    private static var needed: [String: [String: Any]] {
        [
            "": ["name": "a", "source": ["uri": "service=a"], "target": ["uri": "service=b"]],
            "source": ["uri": "service=a"], "target": ["uri": "service=b"],
            "hypertables": ["table": "public.a", "time-column": "t"],
            "hypertables.space": ["column": "c", "partitions": 2],
            "hypertables.retention": ["drop-after": "1 day"],
        ]
    }

    static func all(in root: [String: Any]) -> [SchemaKey] {
        keys(of: root, section: "") { needed["", default: [:]].merging($0) { _, new in new } }
    }

    private static func keys(
        of schema: [String: Any], section: String, wrap: @escaping ([String: Any]) -> [String: Any],
    ) -> [SchemaKey] {
        let properties = schema["properties"] as? [String: [String: Any]] ?? [:]
        return properties.sorted { $0.key < $1.key }.flatMap { name, property in
            let path = section.isEmpty ? name : section + "." + name
            let own = SchemaKey(path: path, name: name, section: section, schema: property, wrap: wrap)
            let items = property["items"] as? [String: Any]
            let inner = keys(of: items ?? property, section: path) { object in
                let whole = needed[path, default: [:]].merging(object) { _, new in new }
                return wrap([name: items == nil ? whole : [whole]])
            }
            return [own] + inner
        }
    }
}
