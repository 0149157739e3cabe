internal import Catalog
internal import PlanFile

/// Names for what the source has not, chosen as PostgreSQL chooses them, and never one that the source uses.
struct GeneratedNames {
    private var taken: Set<QualifiedName>

    /// PostgreSQL's `NAMEDATALEN - 1`, in bytes.
    private static let mostBytes = 63

    init(_ catalog: Catalog) {
        taken = Set(catalog.relations.map(\.name) + catalog.indexes.map(\.name) + catalog.sequences.map(\.name))
    }

    /// `table_column_label`, or with a number after it.
    mutating func name(_ table: QualifiedName, _ column: String?, _ label: String) -> QualifiedName {
        var number = 0
        while true {
            let suffix = "_" + label + (number == 0 ? "" : String(number))
            let text = Self.joined(table.name, column, suffix)
            let name = QualifiedName(schema: table.schema, name: text)
            if taken.insert(name).inserted { return name }
            number += 1
        }
    }

    /// Of an index of ours that only the applier needs: `skein_identity_table_idx`.
    mutating func lookupIndex(of table: QualifiedName) -> QualifiedName {
        name(QualifiedName(schema: table.schema, name: "skein_identity_" + table.name), nil, "idx")
    }

    /// Shortens the longer of both names until everything fits, as `makeObjectName` does.
    private static func joined(_ first: String, _ second: String?, _ suffix: String) -> String {
        var (left, right) = (first, second.map { "_" + $0 } ?? "")
        while left.utf8.count + right.utf8.count + suffix.utf8.count > mostBytes {
            if left.utf8.count >= right.utf8.count {
                left.unicodeScalars.removeLast()
            } else {
                right.unicodeScalars.removeLast()
            }
        }
        return left + right + suffix
    }
}
