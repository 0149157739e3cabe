import Foundation
import PlanFile
import Testing

/// A plan with something wrong in it, and exactly what Skein says about it.
struct BrokenPlan: Sendable, CustomTestStringConvertible {
    var title: String
    /// `plan.yaml`
    var plan: String
    /// Files beside it, by name.
    var others: [String: String] = [:]
    /// Whether nothing is wrong but warnings.
    var isUsable = false
    var expected: String

    var testDescription: String { title }

    /// What every plan here may use.
    static let environment = [
        "TABLE_JOBS": "4", "WORD": "word", "EMPTY": "", "STRUCTURE": "{include: [a]}", "PGPASSWORD": "s3cret",
        "URI": "postgresql://me:s3cret@host/db",
    ]

    static let all: [BrokenPlan] = [
        brokenYAML, brokenDocuments, brokenExtends, brokenKeys, brokenTypes, brokenQuantities, brokenNames,
        brokenHypertables, brokenServers, brokenVariables,
    ].flatMap(\.self)
}

@Suite("Broken plans")
struct BrokenPlanTests {
    @Test("each says exactly this", arguments: BrokenPlan.all)
    func golden(_ broken: BrokenPlan) throws {
        try withFolder { folder in
            for (name, text) in broken.others { try write(text, to: folder + name) }
            try write(broken.plan, to: folder + "plan.yaml")
            let (plan, diagnostics) = PlanLoader.load(path: folder + "plan.yaml", environment: BrokenPlan.environment)
            #expect((plan != nil) == broken.isUsable)
            var renderer = DiagnosticRenderer()
            let text = renderer.text(diagnostics).replacingOccurrences(of: folder, with: "")
            #expect(text == broken.expected + "\n")
            #expect(!text.contains("s3cret"))
            let json = String(decoding: try JSONEncoder().encode(diagnostics), as: UTF8.self)
            #expect(!json.contains("s3cret"))
        }
    }

    @Test("every code of a plan's findings is seen in one of them or in another test")
    func codes() {
        let shown = Set(
            BrokenPlan.all.flatMap { broken in
                PlanCode.allCases.filter { broken.expected.contains("[\($0.rawValue)]") }
            })
        let elsewhere: Set<PlanCode> = [
            .unreadable, .tooLarge, .notUTF8, .controlCharacter, .tooManyValues, .extendsChain, .tooManyFindings,
            .tooLong,
        ]
        #expect(PlanCode.allCases.filter { !shown.contains($0) && !elsewhere.contains($0) } == [])
    }
}

/// Runs `body` with a new folder's path, `/` at its end.
func withFolder<R>(_ body: (String) throws -> R) throws -> R {
    let folder = NSTemporaryDirectory() + "skein-planfile-\(UUID().uuidString)/"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try body(folder)
}

func write(_ text: String, to path: String) throws { try write(Array(text.utf8), to: path) }

func write(_ bytes: [UInt8], to path: String) throws { try Data(bytes).write(to: URL(fileURLWithPath: path)) }
