internal import LogicalDecoding
internal import PlanFile
internal import Planning

/// Turns the messages of the stream into work: decodes, judges by the watermarks, and puts what must be done into the
/// current batch. Asks nothing of a server but, through `reread`, for rows that moved without all their values.
final class Translator {
    /// What a message was, as far as transactions go.
    enum Happening {
        case change
        case begun
        case committed(end: LSN, Timestamp?)
    }

    /// A row as it is on the source.
    struct Reread {
        var row: RereadRow
        /// In the table's order; nil where there is no such row.
        var values: [String?]?
    }

    /// Where the columns of a relation are.
    struct Placement {
        var table: Int
        var places: [Int]
        /// The relation is one of the hypertable's chunks.
        var isChunk = false
    }

    let tables: [AppliedTable]
    var states: [TableState]
    let markerTable: QualifiedName?
    let pinned: Set<UInt32>
    let workers: Int
    /// What each worker has applied already.
    let positions: [LSN]
    let reread: (AppliedTable, [StreamValue], Set<UInt32>) throws -> Reread
    let chunks: ChunkFinder
    let report: (ApplyEvent) -> Void
    let countsOnly: Bool

    var decoder: ChangeDecoder
    var numbers: [QualifiedName: Int] = [:]
    var numbersByOID: [UInt32: Int] = [:]
    var placements: [UInt32: Placement] = [:]
    var revision = -1
    var last: (id: UInt32, placement: Placement)?
    var told: Set<QualifiedName> = []

    // The current transaction.
    private(set) var isInTransaction = false
    var xid: UInt32?
    /// The transaction commits at or behind this.
    var floor = LSN(rawValue: 0)
    var skips: [Bool]
    var skipsAll = false
    var marker: String?
    /// TimescaleDB moves rows between the forms in which it keeps them.
    private var bookkeeping = ChunkFinder.Bookkeeping()
    private(set) var finalLSN: LSN?
    /// Behind the last transaction.
    private(set) var end: LSN
    var consumed = ConsumedTransactions()

    var batch: Batch
    private(set) var skipped = 0
    var counted = 0

    var old: [StreamValue] = []
    var new: [StreamValue] = []
    var oldKey: [StreamValue] = []
    var newKey: [StreamValue] = []

    init(
        _ plugin: Plugin, tables: [AppliedTable], rows: [UInt32: [RowKey: RereadRow]], routing: Routing,
        markerTable: QualifiedName?, countsOnly: Bool, batch: Batch,
        reread: @escaping (AppliedTable, [StreamValue], Set<UInt32>) throws -> Reread,
        hypertable: @escaping (QualifiedName) throws -> QualifiedName? = { _ in nil },
        report: @escaping (ApplyEvent) -> Void,
    ) {
        decoder = ChangeDecoder(plugin)
        self.tables = tables
        states = tables.map { table in
            var state = TableState(table)
            for (key, row) in rows[table.followed.sourceOID] ?? [:] { state.add(key, row) }
            return state
        }
        self.markerTable = markerTable
        pinned = routing.pinned
        workers = routing.positions.count
        positions = routing.positions
        end = positions.min() ?? LSN(rawValue: 0)
        skips = Array(repeating: false, count: workers)
        self.countsOnly = countsOnly
        self.batch = batch
        self.reread = reread
        chunks = ChunkFinder(tables.map(\.followed), hypertable: hypertable)
        self.report = report
        for (number, table) in tables.enumerated() {
            numbers[table.name] = number
            if table.followed.sourceOID != 0 { numbersByOID[table.followed.sourceOID] = number }
        }
    }

    // MARK: Transactions

    func take(_ message: StreamMessage, commitEnd: LSN?) throws -> Happening {
        unsafe try message.block.bytes.withUnsafeBytes { all in
            let bytes = unsafe UnsafeRawBufferPointer(rebasing: all[message.range])
            let change = unsafe try decoder.decode(bytes.bytes)
            switch change {
            case .begin(let begin):
                self.begin(begin, commitEnd)
                return .begun
            case .commit(let commit):
                guard isInTransaction else { throw ApplyFailure.outOfOrder }
                isInTransaction = false
                end = max(end, commit.endLSN ?? message.position)
                if let xid { consumed.add(xid) }
                return .committed(end: end, commit.commitTime)
            case .insert(let id, let row): unsafe try insert(id, row, bytes)
            case .update(let id, let old, let row): unsafe try update(id, old, row, bytes)
            case .delete(let id, let old): unsafe try delete(id, old, bytes)
            case .truncate(let truncation): try truncate(truncation)
            case .message(let sent) where sent.isTransactional:
                let prefix = unsafe decoder.text(sent.prefix, in: bytes.bytes)
                if prefix == SourceNames.messagePrefix {
                    marker = unsafe decoder.text(sent.content, in: bytes.bytes)
                } else {
                    bookkeeping.note(prefix)
                }
            case .message, .relation, .type, .origin: break
            }
            return .change
        }
    }

    func begin(_ begin: Begin, _ commitEnd: LSN?) {
        isInTransaction = true
        xid = begin.xid
        marker = nil
        bookkeeping = ChunkFinder.Bookkeeping()
        finalLSN = begin.finalLSN
        // Transactions come in the order of their commits, so one commits behind the one before; the test is always
        // right, and given up too early it is not.
        floor = max(begin.finalLSN ?? end, LSN(rawValue: 0))
        for (worker, position) in positions.enumerated() {
            // A commit record that begins before a position ends there or before.
            skips[worker] = commitEnd.map { $0 <= position } ?? begin.finalLSN.map { $0 < position } ?? false
        }
        let skippedBefore = skipsAll
        skipsAll = skips.allSatisfy(\.self)
        if skippedBefore && !skipsAll {
            // Skipped transactions do not look at shapes.
            placements.removeAll()
            last = nil
        }
    }

    var isSkipped: Bool { skipsAll }

    /// What TimescaleDB does to a chunk while it compresses or decompresses is no change of the user's: what was changed
    /// follows behind it, on the chunk itself.
    func isOwnBusiness(_ placement: Placement) -> Bool { placement.isChunk && bookkeeping.isUnderWay }

    // MARK: Changes

    func insert(_ id: UInt32, _ row: Row, _ bytes: UnsafeRawBufferPointer) throws {
        guard let placement = try placement(id) else { return unsafe try noteMarker(id, row, bytes) }
        guard try counts(placement) else { return }
        let number = placement.table
        unsafe fill(&new, row, placement, missing: .unchanged, bytes)
        try keys(number, hasOld: false)
        if try shows(number, new, newKey) { return skipped += 1 }
        try add(number)
    }

    /// Puts the insert of `new` into the batch.
    func add(_ number: Int) throws {
        let table = tables[number]
        if let missing = new.firstIndex(where: { !$0.isKnown }) {
            throw ApplyFailure.missingValue(table.name, column: table.columns[missing].name)
        }
        let hash = hash(number, table.key.isEmpty ? new : newKey)
        guard let part = part(number, hash) else { return }
        batch.changes += 1
        switch table.manner {
        case .append, .inOrder:
            part.work(number, width: table.width).append(.insert, row: new, key: nil, &part.arena)
        case .fold:
            let work = part.work(number, width: table.width)
            if work.insert(new, key: table.key, hash: hash.value, &part.arena) == .refused {
                batch.seal()
                guard let part = self.part(number, hash) else { return }
                _ = part.work(number, width: table.width).insert(new, key: table.key, hash: hash.value, &part.arena)
            }
        }
    }

    func delete(_ id: UInt32, _ oldRow: OldRow?, _ bytes: UnsafeRawBufferPointer) throws {
        guard let placement = try placement(id), try counts(placement) else { return }
        let number = placement.table
        guard tables[number].manner != .append else { return }
        guard let oldRow else { throw ApplyFailure.missingOldRow(tables[number].name) }
        unsafe fillOld(oldRow, placement, bytes)
        oldKey.removeAll(keepingCapacity: true)
        for column in tables[number].key {
            guard old[column].hasBytes else {
                throw ApplyFailure.missingKey(tables[number].name, column: tables[number].columns[column].name)
            }
            oldKey.append(old[column])
        }
        if try shows(number, old, oldKey) { return skipped += 1 }
        try remove(number)
    }

    /// Puts the delete of the row that `old` and `oldKey` name into the batch.
    func remove(_ number: Int) throws {
        let table = tables[number]
        let hash = hash(number, table.isFull ? old : oldKey)
        guard let part = part(number, hash) else { return }
        batch.changes += 1
        let work = part.work(number, width: table.width)
        guard table.manner == .fold else {
            return work.append(.delete, row: nil, key: table.isFull ? old : oldKey, &part.arena)
        }
        if work.delete(oldKey, hash: hash.value, &part.arena) == .refused {
            batch.seal()
            guard let part = self.part(number, hash) else { return }
            _ = part.work(number, width: table.width).delete(oldKey, hash: hash.value, &part.arena)
        }
    }

    func update(
        _ id: UInt32, _ oldRow: OldRow?, _ row: Row, _ bytes: UnsafeRawBufferPointer,
    ) throws {
        guard let placement = try placement(id), try counts(placement) else { return }
        let number = placement.table
        let table = tables[number]
        guard table.manner != .append else { return }
        unsafe fill(&new, row, placement, missing: .unchanged, bytes)
        if let oldRow {
            unsafe fillOld(oldRow, placement, bytes)
        } else {
            guard !table.isFull else { throw ApplyFailure.missingOldRow(table.name) }
            old = new
        }
        if table.isFull {
            // The old row is whole, TOASTed values included (`ExtractReplicaIdentity`).
            for column in new.indices where !new[column].isKnown { new[column] = old[column] }
        }
        try keys(number, hasOld: oldRow != nil)
        let isMove = !table.isFull && !zip(oldKey, newKey).allSatisfy { $0.isSame(as: $1) }
        let oldShown = try shows(number, old, oldKey)
        let newShown = isMove || table.isFull ? try shows(number, new, newKey) : oldShown
        switch (oldShown, newShown) {
        case (true, true): skipped += 1
        case (true, false):
            // The copy has the row no longer where it was, and not yet where it is.
            if new.allSatisfy(\.isKnown) { try add(number) } else { try addReread(number) }
        case (false, true): try remove(number)
        case (false, false): try change(number, isMove: isMove)
        }
    }

    func change(_ number: Int, isMove: Bool) throws {
        let table = tables[number]
        let isWhole = new.allSatisfy(\.isKnown)
        guard table.manner == .fold else { return changeInOrder(number, isMove: isMove, isWhole: isWhole) }
        if !isMove && !table.replacesOnUpdate {
            let hash = hash(number, oldKey)
            guard let part = part(number, hash) else { return }
            batch.changes += 1
            let work = part.work(number, width: table.width)
            if work.update(new, oldKey, hash: hash.value, &part.arena) == .refused {
                batch.seal()
                guard let part = self.part(number, hash) else { return }
                _ = part.work(number, width: table.width).update(new, oldKey, hash: hash.value, &part.arena)
            }
        } else if isWhole {
            // Both keys may belong to different workers: with all values at hand neither needs the other.
            try remove(number)
            try add(number)
            batch.changes -= 1
        } else {
            // The old row's values go into the new one: nothing may overtake it.
            guard part(number, hash(number, oldKey)) != nil else { return }
            batch.seal()
            batch.changes += 1
            let part = batch.current.parts[0]
            part.work(number, width: table.width).append(.replace, row: new, key: oldKey, &part.arena)
            batch.seal()
        }
    }

    func changeInOrder(_ number: Int, isMove: Bool, isWhole: Bool) {
        let table = tables[number]
        let hash = hash(number, table.isFull ? old : oldKey)
        guard let part = part(number, hash) else { return }
        batch.changes += 1
        let work = part.work(number, width: table.width)
        let setsIdentity = isMove && table.key.contains { table.columns[$0].isAlwaysIdentity }
        let replaces = table.replacesOnUpdate || (isMove && table.isHypertable) || setsIdentity
        let key = table.isFull ? old : oldKey
        if !replaces {
            work.append(.update, row: new, key: key, &part.arena)
        } else if isWhole {
            work.append(.delete, row: nil, key: key, &part.arena)
            work.append(.insert, row: new, key: nil, &part.arena)
        } else {
            work.append(.replace, row: new, key: key, &part.arena)
        }
    }

    /// An insert whose values are not all in the stream: they are read from the source.
    func addReread(_ number: Int) throws {
        let table = tables[number]
        let hash = hash(number, newKey)
        guard part(number, hash) != nil else { return }
        guard let xid else { throw ApplyFailure.noTransactionID }
        let read = try reread(table, newKey, consumed.all.union([xid]))
        let key = RowKey(newKey)
        states[number].add(key, read.row)
        let note = ApplySQL.rowNote(table.followed.sourceOID, key, read.row)
        try (read.values ?? []).withStreamValues { values in
            if !values.isEmpty {
                // The key in the form that the stream has it in, so that later changes find it.
                for (column, value) in values.enumerated() where !table.key.contains(column) { new[column] = value }
                try add(number)
            }
        }
        // Adding may have begun a new segment.
        part(number, hash)?.notes.append(note)
    }

    private func isTruncated(_ table: AppliedTable, _ truncation: Truncation) -> Bool {
        (0..<truncation.count).contains { index in
            decoder.relations[decoder.relation(index, of: truncation)].map {
                QualifiedName(schema: $0.namespace, name: $0.name) == table.name
            } ?? false
        }
    }

    func truncate(_ truncation: Truncation) throws {
        var whole: [String] = []
        var statements: [Segment.Statement] = []
        for index in 0..<truncation.count {
            guard let placement = try placement(decoder.relation(index, of: truncation)) else { continue }
            guard try counts(placement) else { continue }
            let table = tables[placement.table]
            if placement.isChunk {
                // The hypertable's own truncation names the hypertable. One of a chunk alone is seen by the comparison.
                if !isTruncated(table, truncation) { report(.truncatedChunk(of: table.name)) }
                continue
            }
            let only = table.takesOnly ? "only " : ""
            guard states[placement.table].isTested(floor) else {
                whole.append(only + table.name.sql)
                continue
            }
            guard let xid else { throw ApplyFailure.noTransactionID }
            let (hidden, spared) = try states[placement.table].truncation(xid)
            switch hidden {
            case .none: skipped += 1
            case .all where spared.isEmpty: whole.append(only + table.name.sql)
            case .all: statements.append(ApplySQL.rangeDelete(table, conditions: [], spared: spared))
            case .some(let conditions):
                statements.append(ApplySQL.rangeDelete(table, conditions: conditions, spared: spared))
            }
        }
        if !whole.isEmpty { statements.append(Segment.Statement(sql: "truncate " + whole.joined(separator: ", "))) }
        guard !statements.isEmpty, !skipsAll else { return }
        batch.seal()
        batch.current.statements += statements
        batch.changes += statements.count
    }
}
