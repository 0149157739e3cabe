import LogicalDecoding

/// Changes in a form that all three plugins can agree on, one line each.
///
/// Left out is what not every plugin carries: descriptions of relations, positions, old rows of updates that tell
/// nothing new (wal2json takes them from the new row), NULLs in old rows (test_decoding), the options of TRUNCATE
/// (wal2json), empty transactions (wal2json sends them), generated columns (not pgoutput), and updates and deletes of
/// tables whose publication has none.
struct StreamText {
    private(set) var lines: [String] = []
    private let losesNaN: Bool

    /// - Parameter losesNaN: show what is no finite number as NULL, as wal2json before 2.6 sends it.
    init(_ changes: [OwnedChange], losesNaN: Bool = false) {
        self.losesNaN = losesNaN
        for change in changes { add(change) }
    }

    static func withoutNaN(_ value: OwnedChange.Value) -> OwnedChange.Value {
        [.text("NaN"), .text("Infinity"), .text("-Infinity")].contains(value) ? .null : value
    }

    private mutating func add(_ change: OwnedChange) {
        switch change {
        case .begin(let begin): lines.append("begin \(begin.xid.map(String.init) ?? "?")")
        case .commit(let commit):
            if lines.last?.hasPrefix("begin ") == true {
                lines.removeLast()
            } else {
                lines.append("commit at \(commit.commitTime?.microseconds ?? -1)")
            }
        case .relation, .type, .origin: break
        case .insert(let relation, let new): lines.append("insert \(name(relation)) \(text(relation, new))")
        case .update(let relation, let old, let new):
            guard !isInsertsOnly(relation) else { return }
            let old = old.flatMap { isNews($0.values, new) ? text(relation, $0.values, isOld: true) : nil }
            lines.append("update \(name(relation)) \(old.map { "from \($0) to " } ?? "")\(text(relation, new))")
        case .delete(let relation, let old):
            guard !isInsertsOnly(relation) else { return }
            lines.append("delete \(name(relation)) \(text(relation, old?.values ?? [], isOld: true))")
        case .truncate(let relations, _, _): lines += relations.map { "truncate \(name($0))" }
        case .message(let isTransactional, _, let prefix, let content):
            lines.append(
                "message \(isTransactional) \(prefix) \(String(decoding: content, as: UTF8.self))")
        }
    }

    private func name(_ relation: Relation) -> String { "\(relation.namespace).\(relation.name)" }
    private func isInsertsOnly(_ relation: Relation) -> Bool { Workload.insertsOnly.contains(name(relation)) }

    private func isNews(_ old: [OwnedChange.Value], _ new: [OwnedChange.Value]) -> Bool {
        zip(old, new).contains { old, new in
            old != .absent && old != .null && new != .unchanged && old != new
        }
    }

    private func text(_ relation: Relation, _ values: [OwnedChange.Value], isOld: Bool = false) -> String {
        zip(relation.columns, losesNaN ? values.map(Self.withoutNaN) : values)
            .filter { $0.name != "twice" && $1 != .absent && !(isOld && $1 == .null) }
            .map { "\($0.name)=\($1)" }.sorted().joined(separator: " ")
    }
}
