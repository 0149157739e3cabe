import PlanFile
import Planning

/// What a code stands for: what `skein explain` prints, and what `schemas/codes.md` holds.
struct Explanation: Encodable {
    var code: String
    /// What is wrong, as one line without full stop.
    var title: String
    /// Why the rule exists, and what to do: a paragraph of one line.
    var text: String

    /// All there are, in the order of their codes.
    static let all: [Explanation] = {
        let plan = PlanCode.allCases.map { Explanation(code: $0.rawValue, title: $0.meaning, text: $0.explanation) }
        let planning = PlanningCode.all.map { Explanation(code: $0.code, title: $0.title, text: $0.text) }
        let connecting = ConnectDiagnostics.Failure.allCases.map {
            Explanation(code: $0.code, title: $0.title, text: $0.explanation)
        }
        let checks = Checks.all.map { Explanation(code: $0.code, title: $0.title, text: $0.explanation) }
        let commands = CommandCode.allCases.map {
            Explanation(code: $0.rawValue, title: $0.meaning, text: $0.explanation)
        }
        return (plan + planning + connecting + checks + commands).sorted { $0.code < $1.code }
    }()

    /// By a code as people write it: `SK101`, `sk101`, `[SK101]`, `101`.
    static func find(_ written: String) -> Explanation? {
        let code = normalised(written)
        return all.first { $0.code == code }
    }

    /// Those of which title or paragraph speak of all these words, whatever their case.
    static func mentioning(_ words: String) -> [Explanation] {
        let wanted = words.lowercased().split(separator: " ")
        guard !wanted.isEmpty else { return [] }
        return all.filter { one in
            let text = "\(one.title) \(one.text)".lowercased()
            return wanted.allSatisfy { text.contains($0) }
        }
    }

    /// `SK101` of `[sk101].` and `101`.
    static func normalised(_ written: String) -> String {
        let plain = written.uppercased().filter { $0.isLetter || $0.isNumber }
        return plain.count == 3 && plain.allSatisfy(\.isNumber) ? "SK" + plain : plain
    }
}

/// What the first digits of a code say.
struct CodeRange {
    var prefixes: [String]
    var title: String

    static let all = [
        CodeRange(prefixes: ["SK0"], title: "The plan file"),
        CodeRange(prefixes: ["SK10", "SK11", "SK12", "SK13", "SK14"], title: "The source server"),
        CodeRange(prefixes: ["SK15", "SK16"], title: "What the plan selects"),
        CodeRange(prefixes: ["SK2"], title: "The target server"),
        CodeRange(prefixes: ["SK30"], title: "Programs on this machine"),
        CodeRange(prefixes: ["SK31"], title: "Connections"),
        CodeRange(prefixes: ["SK4"], title: "Tables and schema"),
        CodeRange(prefixes: ["SK5"], title: "Hypertables, partitions, TimescaleDB sources"),
        CodeRange(prefixes: ["SK6"], title: "Leftovers and tables that are there already"),
        CodeRange(prefixes: ["SK7"], title: "Live mode"),
        CodeRange(prefixes: ["SK9"], title: "Commands and runs"),
    ]

    /// The range that a code lies in, were there one of that number.
    static func of(_ code: String) -> CodeRange? { all.first { $0.contains(code) } }

    func contains(_ code: String) -> Bool { prefixes.contains { code.hasPrefix($0) } }

    var members: [Explanation] { Explanation.all.filter { contains($0.code) } }
}
