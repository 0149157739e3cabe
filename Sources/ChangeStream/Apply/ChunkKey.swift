internal import LogicalDecoding

/// Where in a key the value is that tells a row's chunk. A statement for many rows that does not name the range of time
/// they lie in is planned over all chunks of the hypertable, and reads them all.
struct ChunkKey: Sendable {
    /// The column's place in the key.
    let place: Int
    private let type: PieceOrder.NumberType
    /// In the unit of the type's numbers.
    private let interval: Int64

    /// - Parameter key: the key's columns; nil where they lack the hypertable's time, or it is none that we order.
    init?(_ target: TargetTable, key: [TargetTable.Column]) {
        guard let time = target.dimensions?.first, let interval = target.chunkInterval, interval > 0,
            let place = key.firstIndex(where: { $0.name == time })
        else { return nil }
        self.place = place
        switch key[place].typeOID {
        case 20: (type, self.interval) = (.integer(width: 8), interval)
        case 21: (type, self.interval) = (.integer(width: 2), interval)
        case 23: (type, self.interval) = (.integer(width: 4), interval)
        case 1082: (type, self.interval) = (.date, max(1, interval / 86_400_000_000))
        case 1114, 1184: (type, self.interval) = (.timestamp, interval)
        default: return nil
        }
    }

    /// Rows of about one chunk, and between which of their own values of time they lie.
    struct Group {
        var rows: [(key: Int32, row: Int32)] = []
        fileprivate(set) var lowest: Cell
        fileprivate(set) var highest: Cell
        fileprivate var numbers: ClosedRange<Int64>
    }

    /// Groups rows by chunk, in the order of time; within one, in the order given. Where chunks begin is not exactly
    /// known, nor needed: a group that touches two is right as well.
    /// - Returns: nil where a value cannot be read.
    func groups(_ rows: [(key: Int32, row: Int32)], _ cells: [Cell], _ arena: Arena) -> [Group]? {
        var groups: [Int64: Group] = [:]
        for row in rows {
            let cell = cells[Int(row.key) + place]
            guard let number = number(cell, arena) else { return nil }
            let chunk = number >= 0 ? number / interval : -1 - (-1 - number) / interval
            var group =
                groups.removeValue(forKey: chunk) ?? Group(lowest: cell, highest: cell, numbers: number...number)
            group.rows.append(row)
            if number < group.numbers.lowerBound {
                (group.lowest, group.numbers) = (cell, number...group.numbers.upperBound)
            }
            if number > group.numbers.upperBound {
                (group.highest, group.numbers) = (cell, group.numbers.lowerBound...number)
            }
            groups[chunk] = group
        }
        return groups.sorted { $0.key < $1.key }.map(\.value)
    }

    private func number(_ cell: Cell, _ arena: Arena) -> Int64? {
        guard cell.kind == .text || cell.kind == .binary else { return nil }
        let bytes = arena.bytes.span.extracting(Int(cell.offset)..<Int(cell.offset) + Int(cell.length))
        return type.number(bytes, isBinary: cell.kind == .binary)
    }
}
