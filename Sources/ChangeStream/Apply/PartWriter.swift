internal import LogicalDecoding
internal import Postgres

/// Sends the changes of a `Part` through a pipeline; where many rows are inserted, by COPY.
struct PartWriter {
    let pipeline: Pipeline
    let tables: [AppliedTable]

    /// From so many rows on one statement for all costs less than one for each.
    private static let many = 6
    /// Sent statements are answered before their number grows beyond this.
    private static let window = 2_000

    func write(_ part: Part) throws(PostgresError) -> [Pipeline.Shortfall] {
        var shortfalls: [Pipeline.Shortfall] = []
        for work in part.all {
            let table = tables[work.table]
            if !work.entries.isEmpty { try writeFolded(work, table, part.arena, &shortfalls) }
            if !work.steps.isEmpty { try writeSteps(work, table, part.arena, &shortfalls) }
        }
        return shortfalls
    }

    // MARK: Folded

    private func writeFolded(
        _ work: TableWork, _ table: AppliedTable, _ arena: Arena, _ shortfalls: inout [Pipeline.Shortfall],
    ) throws(PostgresError) {
        var deletes: [(key: Int32, row: Int32)] = []
        var inserts: [(key: Int32, row: Int32)] = []
        var updates: [[Int]: [(key: Int32, row: Int32)]] = [:]
        var allSent: [(key: Int32, row: Int32)] = []
        for entry in work.entriesByKey(arena, keyCount: table.key.count) {
            if entry.deletes { deletes.append((entry.key, 0)) }
            switch entry.effect {
            case .nothing: break
            case .insert: inserts.append((entry.key, entry.row))
            case .update:
                let start = Int(entry.row)
                if table.settable.allSatisfy({ work.cells[start + $0].kind != .unchanged }) {
                    allSent.append((entry.key, entry.row))
                } else {
                    let sent = table.settable.filter { work.cells[start + $0].kind != .unchanged }
                    updates[sent, default: []].append((entry.key, entry.row))
                }
            }
        }
        try writeKeyed(deletes, sent: nil, work, table, arena, &shortfalls)
        if !allSent.isEmpty { updates[table.settable] = allSent }
        for (sent, rows) in updates where !sent.isEmpty {
            try writeKeyed(rows, sent: sent, work, table, arena, &shortfalls)
        }
        // A chunk's rows together, so that its indexes are at hand.
        let grouped = table.chunks?.groups(inserts, work.cells, arena)?.flatMap(\.rows) ?? inserts
        try insert(grouped.map(\.row), work, table, arena, &shortfalls)
    }

    /// Deletes, or where columns are `sent` updates, rows by their keys.
    private func writeKeyed(
        _ rows: [(key: Int32, row: Int32)], sent: [Int]?, _ work: TableWork, _ table: AppliedTable, _ arena: Arena,
        _ shortfalls: inout [Pipeline.Shortfall],
    ) throws(PostgresError) {
        guard !rows.isEmpty else { return }
        guard let groups = table.chunks?.groups(rows, work.cells, arena) else {
            return try writeGroup(rows, sent: sent, bounds: [], work, table, arena, &shortfalls)
        }
        for group in groups {
            try writeGroup(
                group.rows, sent: sent, bounds: [group.lowest, group.highest], work, table, arena, &shortfalls)
        }
    }

    private func writeGroup(
        _ rows: [(key: Int32, row: Int32)], sent: [Int]?, bounds: [Cell], _ work: TableWork, _ table: AppliedTable,
        _ arena: Arena, _ shortfalls: inout [Pipeline.Shortfall],
    ) throws(PostgresError) {
        let keyCount = table.key.count
        if rows.count >= Self.many,
            let forms = forms(work, rows, table, keyCount: keyCount, sent: sent ?? [])
        {
            let sql =
                if let sent {
                    ApplySQL.updateMany(table, sent: sent, forms, isBounded: !bounds.isEmpty)
                } else {
                    ApplySQL.deleteMany(table, forms, isBounded: !bounds.isEmpty)
                }
            return try sendMany(sql, work, arena, table, rows, sent ?? [], forms, bounds)
        }
        let sql = sent.map { ApplySQL.update(table, sent: $0) } ?? ApplySQL.delete(table)
        for (key, row) in rows {
            try sendOne(sql, work, arena, table, row: row, sent: sent ?? [], key: key, keyCount: keyCount)
            try settle(&shortfalls)
        }
    }

    /// How each array of a statement for many rows travels; nil where one cannot.
    private func forms(
        _ work: TableWork, _ rows: [(key: Int32, row: Int32)], _ table: AppliedTable, keyCount: Int, sent: [Int],
    ) -> [ApplySQL.Form]? {
        var forms: [ApplySQL.Form] = []
        for place in 0..<keyCount + sent.count {
            let column = place < keyCount ? table.key[place] : sent[place - keyCount]
            var form: ApplySQL.Form?
            for row in rows {
                let cell = work.cells[place < keyCount ? Int(row.key) + place : Int(row.row) + column]
                let own: ApplySQL.Form
                switch cell.kind {
                case .text: own = .text
                case .binary: own = .binary
                case .null, .unchanged, .absent: continue
                }
                guard form == nil || form == own else { return nil }
                form = own
            }
            if form == .binary, table.columns[column].arrayOID == 0 { return nil }
            forms.append(form ?? .text)
        }
        return forms
    }

    /// Sends one statement for many rows, its parameters arrays in binary form (`array_recv`), and the bounds as they are.
    private func sendMany(
        _ sql: String, _ work: TableWork, _ arena: Arena, _ table: AppliedTable, _ rows: [(key: Int32, row: Int32)],
        _ sent: [Int], _ forms: [ApplySQL.Form], _ bounds: [Cell],
    ) throws(PostgresError) {
        let keyCount = table.key.count
        var buffer = WireBuffer()
        var ranges: [Range<Int>] = []
        var types: [UInt32] = []
        for (place, form) in forms.enumerated() {
            let column = place < keyCount ? table.key[place] : sent[place - keyCount]
            let start = buffer.count
            let isKey = place < keyCount
            buffer.beginArray(of: form == .text ? 25 : table.columns[column].typeOID, count: rows.count)
            for row in rows {
                let cell = work.cells[isKey ? Int(row.key) + place : Int(row.row) + column]
                buffer.append(cell, arena)
            }
            ranges.append(start..<buffer.count)
            types.append(form == .text ? 1009 : table.columns[column].arrayOID)
        }
        if let place = table.chunks?.place, !bounds.isEmpty {
            let type = table.columns[table.key[place]].typeOID
            types += [type, type]
        }
        try arena.withParameters(bounds) { bounds throws(PostgresError) in
            unsafe try buffer.withBytes { bytes throws(PostgresError) in
                var parameters = ParameterList()
                for range in ranges {
                    unsafe parameters.append(binary: UnsafeRawBufferPointer(rebasing: bytes[range]))
                }
                parameters.append(bounds)
                try pipeline.send(sql, types: types, parameters, expecting: rows.count, label: work.table)
            }
        }
    }

    // MARK: One after the other

    private func writeSteps(
        _ work: TableWork, _ table: AppliedTable, _ arena: Arena, _ shortfalls: inout [Pipeline.Shortfall],
    ) throws(PostgresError) {
        let keyCount = table.isFull ? table.width : table.key.count
        var index = 0
        while index < work.steps.count {
            let step = work.steps[index]
            let nulls = step.kind == .insert ? [] : nulls(step, work, table)
            switch step.kind {
            case .insert:
                var rows: [Int32] = []
                while index < work.steps.count, work.steps[index].kind == .insert {
                    rows.append(work.steps[index].row)
                    index += 1
                }
                try insert(rows, work, table, arena, &shortfalls)
                continue
            case .delete:
                try sendOne(
                    ApplySQL.delete(table, nulls: nulls), work, arena, table, row: 0, sent: [], key: step.key,
                    keyCount: keyCount)
            case .update:
                let isMove = !table.isFull && isMove(step, work, table, arena)
                let candidates = table.isFull || isMove ? Array(table.columns.indices) : table.settable
                let sent = candidates.filter {
                    work.cells[Int(step.row) + $0].kind != .unchanged && !table.columns[$0].isAlwaysIdentity
                }
                if !sent.isEmpty {
                    try sendOne(
                        ApplySQL.update(table, sent: sent, nulls: nulls), work, arena, table, row: step.row, sent: sent,
                        key: step.key, keyCount: keyCount)
                }
            case .replace:
                let sent = table.columns.indices.filter { work.cells[Int(step.row) + $0].kind != .unchanged }
                try sendOne(
                    ApplySQL.replace(table, sent: sent, nulls: nulls), work, arena, table, row: step.row, sent: sent,
                    key: step.key, keyCount: keyCount)
            }
            try settle(&shortfalls)
            index += 1
        }
    }

    /// Of the old row, where that is the key.
    private func nulls(_ step: TableWork.Step, _ work: TableWork, _ table: AppliedTable) -> Set<Int> {
        guard table.isFull else { return [] }
        return Set(table.columns.indices.filter { work.cells[Int(step.key) + $0].isNull })
    }

    private func isMove(_ step: TableWork.Step, _ work: TableWork, _ table: AppliedTable, _ arena: Arena) -> Bool {
        for (place, column) in table.key.enumerated() {
            let old = work.cells[Int(step.key) + place]
            let new = work.cells[Int(step.row) + column]
            guard new.kind == old.kind, new.length == old.length,
                arena.bytes[Int(old.offset)..<Int(old.offset) + Int(old.length)]
                    == arena.bytes[Int(new.offset)..<Int(new.offset) + Int(new.length)]
            else { return true }
        }
        return false
    }

    private func sendOne(
        _ sql: String, _ work: TableWork, _ arena: Arena, _ table: AppliedTable, row: Int32, sent: [Int], key: Int32,
        keyCount: Int,
    ) throws(PostgresError) {
        let keyColumns = keyCount == 0 ? [] : table.isFull ? Array(table.columns.indices) : table.key
        let cells =
            sent.map { work.cells[Int(row) + $0] } + (0..<keyCount).map { work.cells[Int(key) + $0] }
        let types = (sent + keyColumns).map { table.columns[$0].typeOID }
        let expected = keyCount == 0 && !table.isFull ? nil : 1
        try arena.withParameters(cells) { parameters throws(PostgresError) in
            try pipeline.send(sql, types: types, parameters, expecting: expected, label: work.table)
        }
    }

    // MARK: Inserts

    private func insert(
        _ rows: [Int32], _ work: TableWork, _ table: AppliedTable, _ arena: Arena,
        _ shortfalls: inout [Pipeline.Shortfall],
    ) throws(PostgresError) {
        guard !rows.isEmpty else { return }
        if rows.count >= Self.many, let form = copyForm(rows, work, table) {
            shortfalls += try pipeline.finish().shortfalls
            return try copy(rows, work, table, arena, isBinary: form == .binary)
        }
        let sql = ApplySQL.insert(table)
        let all = Array(table.columns.indices)
        for row in rows {
            try sendOne(sql, work, arena, table, row: row, sent: all, key: 0, keyCount: 0)
            try settle(&shortfalls)
        }
    }

    /// Nil where values come in both forms.
    private func copyForm(_ rows: [Int32], _ work: TableWork, _ table: AppliedTable) -> ApplySQL.Form? {
        guard table.width > 0 else { return nil }
        var form: ApplySQL.Form?
        for row in rows {
            for cell in work.cells[Int(row)..<Int(row) + table.width] where cell.kind != .null {
                let own: ApplySQL.Form = cell.kind == .binary ? .binary : .text
                guard form == nil || form == own else { return nil }
                form = own
            }
        }
        return form ?? .text
    }

    private func copy(
        _ rows: [Int32], _ work: TableWork, _ table: AppliedTable, _ arena: Arena, isBinary: Bool,
    ) throws(PostgresError) {
        let connection = pipeline.connection
        try connection.beginCopy(ApplySQL.copy(table, isBinary: isBinary))
        var buffer = WireBuffer()
        if isBinary { buffer.beginBinaryCopy() }
        for row in rows {
            let cells = work.cells[Int(row)..<Int(row) + table.width]
            if isBinary {
                buffer.appendBinaryRow(cells, arena)
            } else {
                buffer.appendTextRow(cells, arena)
            }
            if buffer.count >= WireBuffer.full {
                unsafe try buffer.withBytes { bytes throws(PostgresError) in unsafe try connection.putCopy(bytes) }
                buffer.removeAll()
            }
        }
        if isBinary { buffer.endBinaryCopy() }
        unsafe try buffer.withBytes { bytes throws(PostgresError) in unsafe try connection.putCopy(bytes) }
        try connection.endCopy()
    }

    /// Waits for the answers where many are under way.
    private func settle(_ shortfalls: inout [Pipeline.Shortfall]) throws(PostgresError) {
        if pipeline.pending >= Self.window { shortfalls += try pipeline.finish().shortfalls }
    }
}
