package import ChangeStream
private import LogicalDecoding
private import PlanFile
internal import Planning
package import Postgres

/// The tables whose changes are applied, with what their rows were copied at.
package enum FollowedTables {
    /// Reads the state. Tables that have no pieces (partition roots, tables whose data the plan skips) are not followed.
    /// - Throws: `NotCopied` where a piece has no watermark that goes with the present slot.
    package static func read(_ target: Connection, _ context: RunContext) throws -> [FollowedTable] {
        guard context.direction == .forth else { return (context.decisions.following?.tables ?? []).map(whole) }
        let slot = try SlotRecord.read(target, migration: context.migration)
        let rows = try target.query(selectCopied, [String(context.migration), String(slot.generation)])
        var copied: [Int: CopiedAt] = [:]
        var outdated: Set<Int> = []
        for row in rows.indices {
            guard let number = rows.int(row, 0) else { continue }
            if rows.bool(row, 3), let watermark = Watermark(rows.text(row, 1)), let lsn = LSN(rows.text(row, 2)) {
                copied[number] = CopiedAt(watermark: watermark, insertLSN: lsn)
            } else {
                outdated.insert(number)
            }
        }
        return try make(
            context.decisions.following?.tables ?? [], tasks: context.tasks, copied: copied, outdated: outdated)
    }

    /// On the way back nothing is copied: both sides held the same when the slot began, and every change is in the stream.
    private static func whole(_ table: FollowingDecision.Table) -> FollowedTable {
        let nothing = Watermark(xmin: 0, xmax: 0, running: [])
        return FollowedTable(
            name: table.name, sourceOID: table.oid, columns: [], identity: table.identity,
            pieces: [CopiedPiece(rows: .all, watermark: nothing, insertLSN: LSN(rawValue: 0))], target: table.target,
            territory: table.territory, chunks: table.chunks)
    }

    private static let selectCopied = """
        select number, watermark, insert_lsn,
            coalesce(slot_generation = $2 and watermark is not null and insert_lsn is not null, false)
        from skein.task
        where migration = $1 and state = 'done' and action ? 'copy'
        """

    /// - Parameters:
    ///   - copied: of the tasks that are done, by their numbers.
    ///   - outdated: done, and with no watermark that goes with the slot.
    static func make(
        _ tables: [FollowingDecision.Table], tasks: [MigrationTask], copied: [Int: CopiedAt], outdated: Set<Int> = [],
    ) throws -> [FollowedTable] {
        var pieces: [UInt32: [(number: Int, piece: Piece)]] = [:]
        for (number, task) in tasks.enumerated() {
            if case .copy(let piece) = task.action { pieces[piece.tableOID, default: []].append((number, piece)) }
        }
        return try tables.compactMap { table in
            guard let planned = pieces[table.oid], let first = planned.first else { return nil }
            let rows = try planned.map { number, piece in
                guard let at = copied[number] else {
                    throw NotCopied(task: tasks[number].id, mayPass: !outdated.contains(number))
                }
                return CopiedPiece(rows: piece.rows, watermark: at.watermark, insertLSN: at.insertLSN)
            }
            return FollowedTable(
                name: table.name, sourceOID: table.oid, columns: first.piece.columns, identity: table.identity,
                pieces: rows, target: table.target, territory: table.territory, chunks: table.chunks)
        }
    }
}

/// Changes cannot be applied: a piece has no watermark, or one of a slot that is gone.
package struct NotCopied: ToldError, Equatable {
    /// The copy's id.
    package var task: String
    /// It was not copied at all: the run, which gave the order to apply, has yet to see that a crash of the target took
    /// the copy back, and copies again.
    package var mayPass: Bool
    package var object: String? { task }
    package var summary: String { "\(task) has no watermark that goes with the replication slot" }
    package var cure: String? {
        "run `skein migrate` to the end of the copy; after a lost slot, `skein migrate --repair`"
    }
}
