internal import LogicalDecoding

/// Changes of one table on their way to the target, part of a `Part`: either one net effect for each key, or one after
/// the other.
final class TableWork {
    enum Effect: UInt8, BitwiseCopyable { case nothing, insert, update }

    /// What is left of the changes of one key.
    struct Entry: BitwiseCopyable {
        var hash: UInt64
        /// The first of the key's cells.
        var key: Int32
        /// The first of the row's cells.
        var row: Int32
        /// The row that was there before goes first.
        var deletes: Bool
        var effect: Effect
    }

    struct Step: BitwiseCopyable {
        enum Kind: UInt8, BitwiseCopyable {
            case insert, update, delete
            /// Delete and insert in one statement, unsent values carried over.
            case replace
        }
        var kind: Kind
        /// The first cell of the new row, of as many as the table has columns.
        var row: Int32
        /// The first cell of the old key; with identity full, of the old row.
        var key: Int32
    }

    let table: Int
    let width: Int
    private(set) var cells: [Cell] = []
    private(set) var entries: [Entry] = []
    private(set) var steps: [Step] = []
    private var slots: [Int32] = []

    init(table: Int, width: Int) {
        self.table = table
        self.width = width
    }

    // MARK: One after the other

    func append(_ kind: Step.Kind, row: [StreamValue]?, key: [StreamValue]?, _ arena: inout Arena) {
        let rowStart = row.map { keep($0, &arena) } ?? -1
        let keyStart = key.map { keep($0, &arena) } ?? -1
        steps.append(Step(kind: kind, row: rowStart, key: keyStart))
    }

    private func keep(_ values: [StreamValue], _ arena: inout Arena) -> Int32 {
        let start = Int32(truncatingIfNeeded: cells.count)
        for value in values { cells.append(arena.keep(value)) }
        return start
    }

    // MARK: Folded

    /// What a change did to the fold. `refused`: it does not fit what was folded before; it belongs behind.
    enum Outcome { case folded, refused }

    func insert(_ row: [StreamValue], key positions: [Int], hash: UInt64, _ arena: inout Arena) -> Outcome {
        if let found = find(hash, arena, { row[positions[$0]] }, positions.count) {
            guard entries[found].effect == .nothing else { return .refused }
            entries[found].row = keep(row, &arena)
            entries[found].effect = .insert
            return .folded
        }
        let rowStart = keep(row, &arena)
        let keyStart = Int32(truncatingIfNeeded: cells.count)
        for position in positions { cells.append(cells[Int(rowStart) + position]) }
        add(Entry(hash: hash, key: keyStart, row: rowStart, deletes: false, effect: .insert))
        return .folded
    }

    /// - Parameter key: the values of the key's columns.
    func delete(_ key: [StreamValue], hash: UInt64, _ arena: inout Arena) -> Outcome {
        guard let found = find(hash, arena, { key[$0] }, key.count) else {
            add(Entry(hash: hash, key: keep(key, &arena), row: -1, deletes: true, effect: .nothing))
            return .folded
        }
        switch entries[found].effect {
        case .nothing: return .refused
        case .insert: entries[found].effect = .nothing
        case .update: (entries[found].effect, entries[found].deletes) = (.nothing, true)
        }
        return .folded
    }

    /// A change that leaves the key as it is.
    func update(_ row: [StreamValue], _ key: [StreamValue], hash: UInt64, _ arena: inout Arena) -> Outcome {
        guard let found = find(hash, arena, { key[$0] }, key.count) else {
            let keyStart = keep(key, &arena)
            add(Entry(hash: hash, key: keyStart, row: keep(row, &arena), deletes: false, effect: .update))
            return .folded
        }
        guard entries[found].effect != .nothing else { return .refused }
        let start = Int(entries[found].row)
        for column in 0..<width where row[column].isKnown { cells[start + column] = arena.keep(row[column]) }
        return .folded
    }

    /// The entries by the first bytes of their keys: neighbours in the index come one after the other, so that the
    /// target finds its pages in the processor's caches.
    func entriesByKey(_ arena: Arena, keyCount: Int) -> [Entry] {
        var order = entries.indices.map { index in
            let start = Int(entries[index].key)
            return (prefix: arena.prefix(of: cells[start..<start + keyCount]), index: Int32(truncatingIfNeeded: index))
        }
        order.sort { $0.prefix < $1.prefix }
        return order.map { entries[Int($0.index)] }
    }

    private func find(
        _ hash: UInt64, _ arena: Arena, _ key: (Int) -> StreamValue, _ count: Int,
    ) -> Int? {
        guard !slots.isEmpty else { return nil }
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while slots[slot] >= 0 {
            let index = Int(slots[slot])
            if entries[index].hash == hash {
                let start = Int(entries[index].key)
                if (0..<count).allSatisfy({ arena.holds(cells[start + $0], key($0)) }) { return index }
            }
            slot = (slot + 1) & mask
        }
        return nil
    }

    private func add(_ entry: Entry) {
        if entries.count * 2 >= slots.count { grow() }
        entries.append(entry)
        place(entries.count - 1)
    }

    private func place(_ index: Int) {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: entries[index].hash) & mask
        while slots[slot] >= 0 { slot = (slot + 1) & mask }
        slots[slot] = Int32(truncatingIfNeeded: index)
    }

    private func grow() {
        slots = [Int32](repeating: -1, count: max(64, slots.count * 2))
        for index in entries.indices { place(index) }
    }
}
