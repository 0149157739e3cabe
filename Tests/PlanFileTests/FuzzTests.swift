import Foundation
import PlanFile
import Testing

@Suite("Plans broken at random")
struct FuzzTests {
    /// SplitMix64, so that a failure can be run again.
    private struct Dice: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    private static let pieces: [[UInt8]] =
        [
            "\n", " ", "  ", "\t", ":", ": ", "- ", "?", "[", "]", "{", "}", ",", "#", "&a ", "*a", "!", "|", ">", "'",
            "\"", "%", "@", "`", "${", "}", "$${", "${SOURCE_URI}", "\\", "~", "0", "-1", "\r", "\u{85}", "\u{2028}",
            "ü",
            "\u{FEFF}", "\u{0}", "://a:b@", "password=", "\"\"", ".", "*", "?", "name: a\n", "extends: plan.yaml\n",
            "---\n", "...\n", "<<: ",
        ].map { Array($0.utf8) } + [[0xFF], [0xC3], [0xE2, 0x80]]

    /// `SKEIN_FUZZ` says how many; the default keeps the suite short.
    private static let rounds = ProcessInfo.processInfo.environment["SKEIN_FUZZ"].flatMap(Int.init) ?? 1000

    @Test("each is taken or refused, rendered without a password, and never crashes")
    func fuzz() throws {
        let corpus = BrokenPlan.all.map { Array($0.plan.utf8) }
        try withFolder { folder in
            let path = folder + "plan.yaml"
            try write("", to: path)
            for round in 0..<Self.rounds {
                var dice = Dice(state: UInt64(round))
                var bytes = corpus[Int.random(in: corpus.indices, using: &dice)]
                for _ in 0..<Int.random(in: 1...6, using: &dice) { Self.mutate(&bytes, &dice) }
                try write(bytes, to: path)
                let (plan, diagnostics) = PlanLoader.load(path: path, environment: BrokenPlan.environment)
                #expect((plan == nil) == diagnostics.contains { $0.severity == .error }, "round \(round)")
                var renderer = DiagnosticRenderer()
                #expect(renderer.text(diagnostics).utf8.count < 1_000_000, "round \(round)")
                if let plan { #expect(plan.withoutPasswords().settings == plan.settings, "round \(round)") }
            }
        }
    }

    private static func mutate(_ bytes: inout [UInt8], _ dice: inout Dice) {
        let place = Int.random(in: 0...bytes.count, using: &dice)
        let end = min(bytes.count, place + Int.random(in: 0...12, using: &dice))
        switch Int.random(in: 0..<4, using: &dice) {
        case 0: bytes.removeSubrange(place..<end)
        case 1: bytes.insert(contentsOf: bytes[place..<end], at: Int.random(in: 0...bytes.count, using: &dice))
        case 2: bytes.replaceSubrange(place..<end, with: pieces[Int.random(in: pieces.indices, using: &dice)])
        default: bytes.insert(contentsOf: pieces[Int.random(in: pieces.indices, using: &dice)], at: place)
        }
    }
}
