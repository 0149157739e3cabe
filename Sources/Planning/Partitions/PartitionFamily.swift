package import Catalog
internal import PlanFile

/// A partitioned or inheritance-partitioned table of the source that becomes one hypertable (`from-partitions`), and the
/// tables below it, which the target does not get: their rows are the hypertable's.
package struct PartitionFamily: Sendable, Equatable {
    /// As it is on the source.
    package var root: Catalog.Relation
    /// Everything below it at any depth, parents first.
    package var members: [Catalog.Relation]
    /// Of the members those that the plan leaves out, rows and all.
    package var excluded: Set<OID> = []

    package var isDeclarative: Bool { root.kind == .partitionedTable }

    /// The tables that hold rows, those that the plan leaves out excepted: the leaves, and an inheritance parent itself.
    package var parts: [Catalog.Relation] {
        ([root] + members).filter { $0.kind != .partitionedTable && !excluded.contains($0.oid) }
    }

    /// Columns of all partition keys from the root down, by name; nil where one is an expression, or of inheritance.
    package var keyColumns: Set<String>? {
        guard isDeclarative else { return nil }
        var found: Set<String> = []
        for relation in [root] + members where relation.kind == .partitionedTable {
            guard let names = PartitionKey(relation)?.columns else { return nil }
            found.formUnion(names)
        }
        return found
    }

    /// Whether rows of different parts always differ in these columns: where the server's own partition bounds say so.
    package func isDisjoint(by columns: some Sequence<String>) -> Bool {
        keyColumns.map { $0.isSubset(of: Set(columns)) } ?? false
    }

    /// The condition on the hypertable that holds for exactly a part's rows; nil where there is none: children by
    /// inheritance may hold anything, and a hash partition's bound means nothing on another server.
    package func territory(of part: Catalog.Relation) -> String? {
        let isByValue = [root] + members
        let keys = isByValue.filter { $0.kind == .partitionedTable }.map { PartitionKey($0) }
        guard isDeclarative, keys.allSatisfy({ $0.map { $0.strategy != .hash } ?? false }) else { return nil }
        return part.partitionCondition
    }

    /// What the plan calls the parts of it.
    package var noun: String { isDeclarative ? "partition" : "child" }
    package var nouns: String { isDeclarative ? "partitions" : "children" }
}

/// `pg_get_partkeydef`, read: how a table is partitioned.
struct PartitionKey: Equatable {
    enum Strategy: String {
        case range = "RANGE"
        case list = "LIST"
        case hash = "HASH"
    }
    let strategy: Strategy
    /// In order; nil where one is an expression.
    let columns: [String]?

    init?(_ relation: Catalog.Relation) {
        guard let text = relation.partitionKey, let open = text.firstIndex(of: "("), text.hasSuffix(")"),
            let strategy = Strategy(rawValue: String(text[..<open]).trimmingSpaces)
        else { return nil }
        self.strategy = strategy
        let names = Dictionary(
            relation.columns.map { (QualifiedName.quotedIfNeeded($0.name), $0.name) }
        ) { first, _ in first }
        let quoted = Dictionary(relation.columns.map { (QualifiedName.quoted($0.name), $0.name) }) { first, _ in first }
        var found: [String]? = []
        for item in Self.items(text[text.index(after: open)...].dropLast()) {
            // A collation or operator class of its own decides which rows are equal, so such a key counts as none.
            guard let name = names[item] ?? quoted[item] else {
                found = nil
                break
            }
            found?.append(name)
        }
        columns = found
    }

    /// Split at commas outside of brackets and quotes.
    private static func items(_ text: Substring) -> [String] {
        var (items, item, depth, quote) = ([String](), "", 0, Character?.none)
        for character in text {
            if let open = quote {
                if character == open { quote = nil }
            } else {
                switch character {
                case "\"", "'": quote = character
                case "(": depth += 1
                case ")": depth -= 1
                case "," where depth == 0:
                    items.append(item.trimmingSpaces)
                    item = ""
                    continue
                default: break
                }
            }
            item.append(character)
        }
        return items + [item.trimmingSpaces]
    }
}

extension String {
    fileprivate var trimmingSpaces: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
