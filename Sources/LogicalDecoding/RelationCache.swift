/// The relations a change stream has spoken of, by id.
///
/// pgoutput sends a description once a session. Whoever keeps messages to decode them later by another decoder keeps
/// the descriptions with them. The ids of the other plugins mean nothing to another decoder.
package struct RelationCache: Sendable {
    /// A type's name as pgoutput tells it.
    package struct TypeName: Hashable, Sendable {
        package var namespace: String
        package var name: String

        package init(namespace: String, name: String) {
            self.namespace = namespace
            self.name = name
        }
    }

    /// Raised by everything that is learnt of any relation: as long as it is the same, what was derived from relations
    /// holds, at the cost of one comparison for each row.
    package private(set) var revision = 0
    private(set) var entries: [RelationEntry] = []
    private var indexes: [UInt32: Int] = [:]
    private var types: [UInt32: TypeName] = [:]
    /// By the hash of both names; more than one where hashes collide.
    private var named: [Int: [Int]] = [:]
    /// Most changes are to the relation of the one before.
    private var last = (id: UInt32(0), index: -1)

    package init() {}

    package subscript(id: UInt32) -> Relation? { indexes[id].map { entries[$0].relation } }

    /// All relations, in the order of appearance.
    package var all: [Relation] { entries.map(\.relation) }

    /// The name of a type that is not built in.
    package func type(_ id: UInt32) -> TypeName? { types[id] }

    /// Takes a description of pgoutput in.
    package mutating func describe(_ relation: Relation) -> RelationUpdate {
        guard let index = indexes[relation.id] else {
            append(RelationEntry(relation))
            return .new
        }
        var relation = relation
        relation.generation = entries[index].relation.generation
        guard relation != entries[index].relation else { return .same }
        relation.generation += 1
        entries[index] = RelationEntry(relation)
        revision += 1
        return .changed
    }

    mutating func describeType(_ id: UInt32, _ name: TypeName) { types[id] = name }

    mutating func index(of id: UInt32) -> Int? {
        if last.index >= 0, last.id == id { return last.index }
        guard let index = indexes[id] else { return nil }
        last = (id, index)
        return index
    }

    /// The relation of these names; one without columns, not complete, where it is new.
    mutating func index(
        namespace: UnsafeRawBufferPointer, name: UnsafeRawBufferPointer,
    ) -> Int? {
        if last.index >= 0, unsafe entries[last.index].isNamed(namespace, name) { return last.index }
        var hasher = Hasher()
        unsafe hasher.combine(bytes: namespace)
        hasher.combine(0 as UInt8)
        unsafe hasher.combine(bytes: name)
        let hash = hasher.finalize()
        if let index = named[hash]?.first(where: { unsafe entries[$0].isNamed(namespace, name) }) {
            last = (entries[index].relation.id, index)
            return index
        }
        guard let namespace = unsafe String(validating: namespace, as: UTF8.self),
            let name = unsafe String(validating: name, as: UTF8.self)
        else { return nil }
        let id = UInt32(truncatingIfNeeded: entries.count + 1)
        append(RelationEntry(Relation(id: id, namespace: namespace, name: name, isComplete: false)))
        named[hash, default: []].append(entries.count - 1)
        last = (id, entries.count - 1)
        return entries.count - 1
    }

    mutating func replace(_ index: Int, with relation: Relation) {
        var relation = relation
        relation.generation += 1
        entries[index] = RelationEntry(relation)
        revision += 1
    }

    mutating func markComplete(_ index: Int) {
        entries[index].relation.isComplete = true
        revision += 1
    }

    private mutating func append(_ entry: RelationEntry) {
        indexes[entry.relation.id] = entries.count
        entries.append(entry)
        revision += 1
    }
}

/// A relation with its names as bytes, so that comparing them with a message's makes no strings.
struct RelationEntry: Sendable {
    fileprivate(set) var relation: Relation
    private let namespace: [UInt8]
    private let name: [UInt8]
    private let columns: [[UInt8]]
    private let types: [[UInt8]]

    init(_ relation: Relation) {
        self.relation = relation
        namespace = Array(relation.namespace.utf8)
        name = Array(relation.name.utf8)
        columns = relation.columns.map { Array($0.name.utf8) }
        types = relation.columns.map { Array(($0.typeName ?? "").utf8) }
    }

    func isNamed(_ otherNamespace: UnsafeRawBufferPointer, _ otherName: UnsafeRawBufferPointer) -> Bool {
        unsafe Self.equal(name, otherName) && Self.equal(namespace, otherNamespace)
    }

    /// A column's position; `expected` is where it most likely is.
    func column(_ name: UnsafeRawBufferPointer, expected: Int) -> Int? {
        if expected < columns.count, unsafe Self.equal(columns[expected], name) { return expected }
        return columns.firstIndex { unsafe Self.equal($0, name) }
    }

    /// Whether a column's type is still this one; what is not told has not changed.
    func hasType(_ column: Int, oid: UInt32?, name: UnsafeRawBufferPointer?) -> Bool {
        if let oid, oid != relation.columns[column].typeOID { return false }
        guard let name = unsafe name else { return true }
        return unsafe Self.equal(types[column], name)
    }

    private static func equal(_ own: [UInt8], _ other: UnsafeRawBufferPointer) -> Bool {
        guard own.count == other.count else { return false }
        for index in own.indices where unsafe own[index] != other[index] { return false }
        return true
    }
}
