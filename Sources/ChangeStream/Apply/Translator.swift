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

    /// What the source says of a relation that is not followed itself.
    struct LaterPart {
        /// The topmost table above it.
        var root: QualifiedName
        /// What names its rows; nil: all columns.
        var identity: [String]?
    }

    /// What tables must have in common for their changes to be one table's.
    private struct SharedWork: Hashable {
        var target: QualifiedName
        var identity: FollowingDecision.Identity
    }

    /// Where the columns of a relation are.
    struct Placement {
        var table: Int
        var places: [Int]
        /// The relation is one of the hypertable's chunks.
        var isChunk = false
    }

    private(set) var tables: [AppliedTable]
    /// For each table the one whose work its changes are: of tables whose rows go to one table, named by the same
    /// columns, the first. So a key that leaves one and comes to another stays in order.
    private(set) var works: [Int]
    var states: [TableState]
    let migration: Int64
    let markerTable: QualifiedName?
    let pinned: Set<UInt32>
    let workers: Int
    /// What each worker has applied already.
    let positions: [LSN]
    let reread: (AppliedTable, [StreamValue], Set<UInt32>) throws -> Reread
    let chunks: ChunkFinder
    let findPart: (QualifiedName) throws -> LaterPart?
    let report: (ApplyEvent) -> Void
    let countsOnly: Bool
    let holdsRows: (QualifiedName) throws -> Bool
    /// Relations, by their numbers in the stream, that are no part of anything that is followed.
    var strangers: Set<UInt32> = []

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
    var skipped = 0
    var counted = 0

    var old: [StreamValue] = []
    var new: [StreamValue] = []
    var oldKey: [StreamValue] = []
    var newKey: [StreamValue] = []

    init(
        _ plugin: Plugin, tables: [AppliedTable], rows: [UInt32: [RowKey: RereadRow]], routing: Routing,
        migration: Int64, markerTable: QualifiedName?, countsOnly: Bool, batch: Batch,
        reread: @escaping (AppliedTable, [StreamValue], Set<UInt32>) throws -> Reread,
        findPart: @escaping (QualifiedName) throws -> LaterPart? = { _ in nil },
        holdsRows: @escaping (QualifiedName) throws -> Bool = { _ in true },
        hypertable: @escaping (QualifiedName) throws -> QualifiedName? = { _ in nil },
        report: @escaping (ApplyEvent) -> Void,
    ) {
        decoder = ChangeDecoder(plugin)
        self.tables = tables
        var firsts: [SharedWork: Int] = [:]
        works = tables.enumerated().map { number, table in
            guard let target = table.followed.target else { return number }
            let shared = SharedWork(target: target, identity: table.followed.identity)
            let first = firsts[shared] ?? number
            firsts[shared] = first
            return first
        }
        states = tables.map { table in
            var state = TableState(table)
            for (key, row) in rows[table.followed.sourceOID] ?? [:] { state.add(key, row) }
            return state
        }
        self.migration = migration
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
        self.findPart = findPart
        self.holdsRows = holdsRows
        self.report = report
        for (number, table) in tables.enumerated() {
            numbers[table.followed.name] = number
            if table.followed.sourceOID != 0 { numbersByOID[table.followed.sourceOID] = number }
        }
    }

    /// A table that was made as a part of one that is followed with its parts (a hypertable made of partitions): its
    /// number; nil for any other.
    /// - Parameters:
    ///   - id: its number in the stream.
    ///   - oid: 0 where the stream does not tell it.
    func laterPart(_ name: QualifiedName, id: UInt32, oid: UInt32) throws -> Int? {
        guard !skipsAll, !strangers.contains(id), tables.contains(where: { $0.followed.target != nil }) else {
            return nil
        }
        let found = try findPart(name)
        let sibling = tables.indices.first { number in
            guard let found, tables[number].followed.target == found.root else { return false }
            return switch tables[number].followed.identity {
            case .columns(let names): found.identity.map { Set($0) == Set(names) } ?? false
            case .full: found.identity == nil
            // Whatever names its rows: only inserts are published.
            case .insertsOnly: true
            }
        }
        guard let sibling else {
            strangers.insert(id)
            return nil
        }
        let part = tables[sibling].laterPart(name, oid: oid)
        tables.append(part)
        works.append(works[sibling])
        states.append(TableState(part))
        numbers[name] = tables.count - 1
        if oid != 0 { numbersByOID[oid] = tables.count - 1 }
        report(.laterPart(name, of: part.name))
        return tables.count - 1
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
        try add(works[number])
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
        try remove(works[number])
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
            if new.allSatisfy(\.isKnown) { try add(works[number]) } else { try addReread(number) }
        case (false, true): try remove(works[number])
        case (false, false): try change(works[number], isMove: isMove)
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
}
