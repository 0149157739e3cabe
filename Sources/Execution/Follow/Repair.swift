private import ChangeStream
private import Faults
private import LogicalDecoding
private import PlanFile
internal import Planning
package import Postgres

/// Brings the copies in line with a new slot, after the old one, its spool, or the source's timeline was lost: nobody
/// knows which changes are missing (EXACTNESS.md, 16).
///
/// Before: nothing is received or applied, the old spool is thrown away, and the new slot is recorded in `skein.stream`
/// with `slot_generation` raised. Then, each step one transaction on the target, so that the same command goes on after
/// a kill:
/// 1. `begin`: progress, lanes and rows' watermarks of the old slot are deleted; progress goes with the new slot.
/// 2. `run`: every piece that is done and whose watermark goes with an older slot is compared by checksum under a
///    snapshot that the new slot admits. That snapshot becomes its watermark, whether it was equal or not: else changes
///    between would be applied twice. Where it differs, its rows are deleted and copied again in the same transaction.
///
/// Pieces that were never copied are tasks of the run as ever. `FollowedTables.read` refuses until all go with the new
/// slot, so nothing is applied in between.
package struct Repair: Sendable {
    private let context: RunContext
    private let tell: @Sendable (RunEvent) -> Void

    package init(_ context: RunContext, tell: @escaping @Sendable (RunEvent) -> Void) {
        self.context = context
        self.tell = tell
    }

    /// Deletes what was applied by the old slot's positions. Done already for this slot: does nothing.
    package func begin(_ target: Connection) throws {
        let migration = context.migration
        try target.transaction {
            try target.execute("set local synchronous_commit = on")
            let rows = try target.query(
                """
                update skein.stream set progress_generation = slot_generation
                where migration = $1 and progress_generation is distinct from slot_generation
                """, [String(migration)])
            guard rows.affectedRows == 1 else { return }
            for table in ["apply_progress", "lane_table", "row_watermark", "applied_truncation"] {
                try target.query("delete from skein.\(table) where migration = $1", [String(migration)])
            }
            // A lane's wish begins anew, where the repair has not fulfilled it anyway.
            try target.query("update skein.resync set lane = null where migration = $1", [String(migration)])
        }
        FaultPoint.repairBegun.pass()
    }

    /// Compares what is left to compare, several at a time; what is done stays done when it ends in the middle.
    /// - Returns: ids of the pieces that differed and were copied again.
    @discardableResult
    package func run() async throws -> [String] {
        let (context, tell) = (context, tell)
        let control = Link(context)
        let parts = try await control.run("repair") { ends in
            let target = try ends.target()
            try LaterParts.refuse(try ends.source(), context)
            try Repair(context, tell: tell).begin(target)
            try Self.restartBlocks(target, context)
            return try Self.parts(target, context)
        }
        await control.close()
        var links = (0..<max(1, min(context.tableJobs, parts.count))).map { _ in Link(context) }
        var waiting = parts.makeIterator()
        var differing: [String] = []
        try await withThrowingTaskGroup(of: (Link, [String]).self) { group in
            func startNext(_ link: Link) {
                guard let part = waiting.next() else { return }
                group.addTask {
                    try await Self.patiently {
                        try await link.run("repair") { ends in
                            let isEqual = try Self.mend(
                                part, source: ends.source(), target: ends.target(), context)
                            let ids = part.numbers.map { context.tasks[$0].id }
                            if let isEqual { for id in ids { tell(.rechecked(id: id, isKept: isEqual)) } }
                            return (link, isEqual == false ? ids : [])
                        }
                    }
                }
            }
            for link in links { startNext(link) }
            while let (link, ids) = try await group.next() {
                differing += ids
                startNext(link)
            }
        }
        while let link = links.popLast() { await link.close() }
        return differing
    }

    /// Tries again what may pass.
    private static func patiently<R: Sendable>(_ body: () async throws -> R) async throws -> R {
        var attempts = 0
        while true {
            do {
                return try await body()
            } catch {
                attempts += 1
                guard !Task.isCancelled, error.isTransient, attempts < 20 else { throw error }
                try await Task.sleep(for: .seconds(min(attempts, 5)))
            }
        }
    }

    // MARK: Parts

    /// What is compared as one: a piece, or a whole table.
    struct Part: Sendable, Equatable {
        /// As it is compared.
        var piece: Piece
        /// What is copied again where it differs.
        var moved: [Piece]
        var numbers: [Int]
    }

    /// Tables cut into blocks whose copy was not complete start over at once: the other pieces will have another
    /// snapshot.
    static func restartBlocks(_ target: Connection, _ context: RunContext) throws {
        let slot = try SlotRecord.read(target, migration: context.migration)
        for oid in context.blockTables {
            try target.transaction {
                let store = BlockSnapshotStore(target, context, table: oid)
                // No piece of the old slot is committed from here on: its slot is gone.
                guard try !store.isComplete() else { return }
                let done = try store.lockDone()
                let current = try target.query(
                    """
                    select from skein.task
                    where migration = $1 and number = any ($2::integer[]) and slot_generation = $3
                    """,
                    [
                        String(context.migration), PostgresArray.literal(done.map(String.init)),
                        String(slot.generation),
                    ])
                guard let first = done.first, current.count < done.count,
                    case .copy(let piece) = context.tasks[first].action
                else { return }
                try target.execute(CopyTask.silence)
                try RowRemoval.rows(
                    of: piece.whole, isParent: context.decisions.parents.contains(piece.targetTable), target)
                try TaskStore(target, migration: context.migration).reset(done)
            }
        }
        try restartMixed(target, context)
    }

    /// Tables whose rows cannot be told apart on the target are compared together, which takes all of them: where some
    /// are still to be copied, all start over.
    private static func restartMixed(_ target: Connection, _ context: RunContext) throws {
        let tables = Set(context.tasks.compactMap(\.action.copiedPiece).filter(\.isMixed).map(\.table))
        for whole in context.wholes(of: tables.sorted()) {
            try target.transaction {
                let slot = try SlotRecord.read(target, migration: context.migration)
                let rows = try target.query(
                    """
                    select number, slot_generation is not distinct from $3 from skein.task
                    where migration = $1 and number = any ($2::integer[]) and state = 'done'
                    order by number for update
                    """,
                    [
                        String(context.migration), PostgresArray.literal(whole.numbers.map(String.init)),
                        String(slot.generation),
                    ])
                let done = rows.indices.compactMap { rows.int($0, 0) }
                let isStale = rows.indices.contains { !rows.bool($0, 1) }
                guard isStale, done.count < whole.numbers.count else { return }
                try target.execute(CopyTask.silence)
                try whole.remove(isParent: context.decisions.parents.contains(whole.target), target)
                try TaskStore(target, migration: context.migration).reset(done)
            }
        }
    }

    /// Parts that are still to be compared. Tables cut into blocks are compared whole, since the numbers of blocks mean
    /// nothing on another server. So are tables with a
    /// key beyond the identity's on the target, which pieces of different moments might violate.
    static func parts(_ target: Connection, _ context: RunContext) throws -> [Part] {
        let slot = try SlotRecord.read(target, migration: context.migration)
        let rows = try target.query(
            """
            select number, slot_generation is not distinct from $2 from skein.task
            where migration = $1 and state = 'done' order by number
            """, [String(context.migration), String(slot.generation)])
        var done: Set<Int> = []
        var current: Set<Int> = []
        for row in rows.indices {
            guard let number = rows.int(row, 0) else { continue }
            done.insert(number)
            if rows.bool(row, 1) { current.insert(number) }
        }
        let identities = Dictionary(
            (context.decisions.following?.tables ?? []).map { ($0.oid, $0.identity) },
            uniquingKeysWith: { first, _ in first })
        let tables = Set(context.tasks.compactMap { if case .copy(let piece) = $0.action { piece.table } else { nil } })
        return try context.wholes(of: Array(tables)).flatMap { whole -> [Part] in
            let stale = whole.numbers.filter { done.contains($0) && !current.contains($0) }
            guard !stale.isEmpty else { return [] }
            let isBlocks = whole.numbers.contains { number in
                guard case .copy(let piece) = context.tasks[number].action, case .blocks = piece.rows else {
                    return false
                }
                return true
            }
            let isComplete = whole.numbers.allSatisfy(done.contains)
            if isBlocks, !isComplete { return [] }
            if whole.compared.includesChildren == true {
                return isComplete ? [Part(piece: whole.compared, moved: whole.pieces, numbers: whole.numbers)] : []
            }
            let isOne =
                try isBlocks
                || isComplete
                    && hasFurtherKeys(whole.compared, identities[whole.compared.tableOID], target)
            if isOne {
                return [Part(piece: whole.compared, moved: whole.pieces, numbers: whole.numbers)]
            }
            return stale.compactMap { number in
                context.tasks[number].action.copiedPiece.map { Part(piece: $0, moved: [$0], numbers: [number]) }
            }
        }
    }

    /// Rows that are equal in a key that holds all identity columns are one row for the identity, too, which is in one
    /// piece.
    private static let selectFurtherKeys = """
        select i.indexrelid from pg_catalog.pg_index i
        where i.indrelid = $1::pg_catalog.regclass and (i.indisunique or i.indisexclusion)
            and (i.indisexclusion or $2::text[] is null or not $2::text[] <@ coalesce(
                (
                    select pg_catalog.array_agg(a.attname::text)
                    from unnest(i.indkey[0:i.indnkeyatts - 1]) k
                    join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k),
                '{}'))
        limit 1
        """

    private static func hasFurtherKeys(
        _ piece: Piece, _ identity: FollowingDecision.Identity?, _ target: Connection,
    ) throws -> Bool {
        let columns: String? =
            if case .columns(let names) = identity { PostgresArray.literal(names) } else { nil }
        return try target.query(selectFurtherKeys, [piece.targetTable.sql, columns]).count > 0
    }

    // MARK: One part

    /// - Returns: whether it was equal; nil where it goes with the present slot already.
    static func mend(
        _ part: Part, source: Connection, target: Connection, _ context: RunContext,
    ) throws -> Bool? {
        let (migration, piece) = (context.migration, part.piece)
        let isParent = context.decisions.parents.contains(piece.targetTable)
        let tables = Set([piece.table] + part.moved.map(\.table)).sorted()
        let isEqual: Bool? = try target.transaction {
            let slot = try SlotRecord.read(target, migration: migration)
            guard try lockStale(part.numbers, slot, target, migration) else { return nil }
            let (isEqual, snapshot) = try LockedReading.run(
                source, locking: tables, chunksOf: part.moved, .covering(slot.snapshot)
            ) { snapshot in
                let moved = try part.moved.map { try TableShape.agreed($0, source, target) }
                // Compiling the long expressions costs more than it saves.
                try source.execute("set local jit = off")
                try target.execute("set local jit = off")
                let (there, here) = try piece.checksums(isParent: isParent, source: source, target: target)
                guard there != here else { return (true, snapshot) }
                try target.execute(CopyTask.silence)
                try RowRemoval.rows(of: piece, isParent: isParent, target)
                for piece in moved {
                    _ = try CopyTask.move(piece, from: source, to: target, context, CopyMeter(), isFrozen: false)
                }
                return (false, snapshot)
            }
            try ServerFlush.wait(source, for: snapshot.insertLSN)
            try slot.hold(target, migration: migration)
            try TaskStore(target, migration: migration).recopied(
                part.numbers, snapshot.copied, slotGeneration: slot.generation)
            FaultPoint.repairPieceMoved.pass()
            return isEqual
        }
        if isEqual != nil { FaultPoint.repairPieceCommitted.pass() }
        return isEqual
    }

    /// Locks the part's tasks.
    /// - Returns: false where none of them is left to compare, or they are being copied again.
    private static func lockStale(
        _ numbers: [Int], _ slot: SlotRecord, _ target: Connection, _ migration: Int64,
    ) throws -> Bool {
        let rows = try target.query(
            """
            select state = 'done', slot_generation is not distinct from $3 from skein.task
            where migration = $1 and number = any ($2::integer[]) order by number for update
            """,
            [String(migration), PostgresArray.literal(numbers.map(String.init)), String(slot.generation)])
        let (isDone, isCurrent) = (rows.indices.map { rows.bool($0, 0) }, rows.indices.map { rows.bool($0, 1) })
        return isDone.allSatisfy(\.self) && !isCurrent.allSatisfy(\.self)
    }
}
