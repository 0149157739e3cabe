import Catalog
import PlanFile

/// The few turns of phrase that checks share.
enum Wording {
    /// `a, b and 12 more`: at most `limit` of the items are named.
    static func list(_ items: [String], limit: Int = 10) -> String {
        items.count <= limit
            ? items.joined(separator: ", ")
            : items.prefix(limit).joined(separator: ", ") + " and \(items.count - limit) more"
    }

    /// A cure as a sentence: a colon at its end where the statement follows, unless it has said "below".
    static func sentence(_ text: String, leadsTo statement: String?) -> String {
        let end = statement == nil || text.contains("below") ? "." : ":"
        return text.prefix(1).uppercased() + text.dropFirst() + end
    }

    /// `1 table`, `3 tables`.
    static func count(_ number: Int, _ noun: String, _ plural: String? = nil) -> String {
        "\(number) " + (number == 1 ? noun : plural ?? noun + "s")
    }

    /// A name as a plan holds it within brackets: in SQL's quotes where it needs them, those in YAML's.
    static func yaml(_ name: String) -> String {
        let text = QualifiedName.quotedIfNeeded(name)
        return text == name && yamlWords.contains(name) ? "'\(name)'" : scalar(text)
    }

    static func yaml(_ name: QualifiedName) -> String { scalar(name.description) }

    /// SQL's text in single quotes where it has quotes itself; in double quotes where it has characters that need
    /// escapes.
    private static func scalar(_ text: String) -> String {
        guard text.contains("\"") else { return text }
        guard text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
            return "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
        }
        let escaped = text.unicodeScalars.map { scalar in
            switch scalar {
            case "\\": "\\\\"
            case "\"": "\\\""
            case "\n": "\\n"
            case "\t": "\\t"
            case "\r": "\\r"
            default: String(scalar)
            }
        }
        return "\"" + escaped.joined() + "\""
    }

    /// `[a, b]`.
    static func yamlList(_ items: [String]) -> String { "[" + items.joined(separator: ", ") + "]" }

    private static let yamlWords: Set<String> = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"]

    /// Kibibytes as people say it.
    static func size(kilobytes: Int) -> String {
        kilobytes >= 1 << 20 && kilobytes % (1 << 20) == 0
            ? "\(kilobytes >> 20) GB" : kilobytes >= 1 << 10 ? "\(kilobytes >> 10) MB" : "\(kilobytes) kB"
    }

    /// Bytes as people say it.
    static func size(bytes: Int64) -> String {
        bytes >= 10 << 30
            ? "\(bytes >> 30) GB" : bytes >= 10 << 20 ? "\(bytes >> 20) MB" : "\(bytes >> 10) kB"
    }

    /// `90 s`, `45 minutes`, `7 hours`.
    static func age(_ seconds: Double) -> String {
        let whole = Int(seconds)
        return whole < 300 ? "\(whole) s" : whole < 7200 ? "\(whole / 60) minutes" : "\(whole / 3600) hours"
    }

    /// A round trip, in milliseconds with one decimal.
    static func milliseconds(_ seconds: Double) -> String {
        let tenths = Int((seconds * 10_000).rounded())
        return "\(tenths / 10).\(tenths % 10) ms"
    }
}

/// A dotted version, compared number by number; what is no number counts as 0.
struct DottedVersion: Comparable {
    let parts: [Int]

    init(_ text: String) {
        parts = text.split(separator: ".").map { Int($0.prefix { $0.isASCII && $0.isNumber }) ?? 0 }
    }

    static func < (left: Self, right: Self) -> Bool {
        for index in 0..<max(left.parts.count, right.parts.count) {
            let (one, other) = (left.part(index), right.part(index))
            if one != other { return one < other }
        }
        return false
    }

    static func == (left: Self, right: Self) -> Bool { !(left < right) && !(right < left) }

    private func part(_ index: Int) -> Int { index < parts.count ? parts[index] : 0 }
}

extension Catalog.Server {
    /// 15 of 15.20; 9 of 9.6.
    var major: Int { versionNumber / 10_000 }

    /// The server's number under a setting's name, nil where it has none or hides it.
    func number(_ name: String) -> Int? { setting(name).flatMap { Int($0) } }

    /// The elements of a setting that is a list.
    func list(_ name: String) -> [String]? {
        setting(name)?.split(separator: ",")
            .map { String($0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
            .map { $0.hasPrefix("\"") && $0.hasSuffix("\"") && $0.count > 1 ? String($0.dropFirst().dropLast()) : $0 }
    }
}

/// One of the two servers, for rules that hold for both.
enum Side: String, Sendable {
    case source, target

    func catalog(_ context: CheckContext) -> Catalog { self == .source ? context.source : context.target }
    func location(_ context: CheckContext) -> SourceLocation? {
        self == .source ? context.plan.source.uri.location : context.plan.target.uri.location
    }
}
