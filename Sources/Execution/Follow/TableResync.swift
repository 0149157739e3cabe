private import ChangeStream
private import Faults
private import LogicalDecoding
package import PlanFile
internal import Planning
package import Postgres

/// Copies one table again while everything else goes on (EXACTNESS.md, 15).
///
/// The states of a wish, each reached in one transaction on the target:
/// - **wished**: a row in `skein.resync` without a lane. The table is applied in lane 0.
/// - **frozen** (`freeze`): its leaf tables are in a lane of their own, which stands where lane 0 stood; lane 0 applies
///   no change of theirs behind that position L. Nothing of the lane is applied.
/// - **copied** (`copy`): its rows are those of a snapshot in which everything has ended that lane 0 may have consumed
///   up to L; its pieces carry that watermark; the wish's row is gone. The lane is applied from L on, tested against it.
/// - **joined** (`join`): the lane stood where lane 0 stands, and is gone.
///
/// Killed in between, the state tells what comes next: `LaneStore.all()` and `wishes()`. Only the process that holds the
/// follower's lock calls these.
package struct TableResync: Sendable {
    private let context: RunContext

    package init(_ context: RunContext) { self.context = context }

    /// The leaf tables of a wish that have pieces, sorted: the table itself, or its partitions at any depth.
    /// - Throws: `NotFollowed` where there is none.
    package func leaves(of table: QualifiedName, _ source: Connection) throws -> [QualifiedName] {
        let rows = try source.query(Self.selectFamily, [table.sql])
        let family = Set(rows.indices.compactMap { rows[$0, 0].flatMap { UInt32($0) } })
        let followed = Set(context.decisions.following?.tables.map(\.oid) ?? [])
        let leaves = Set(
            context.tasks.compactMap { task -> QualifiedName? in
                guard case .copy(let piece) = task.action, followed.contains(piece.tableOID),
                    family.contains(piece.tableOID) || piece.target == table
                else { return nil }
                return piece.table
            })
        guard !leaves.isEmpty else { throw NotFollowed(table: table) }
        // Tables whose rows cannot be told apart go together.
        try LaterParts.refuse(source, context, of: Set(context.wholes(of: Array(leaves)).map(\.target)))
        return Set(context.wholes(of: Array(leaves)).flatMap(\.tables)).sorted()
    }

    /// A table that inherits without being a partition is one of its own.
    private static let selectFamily = """
        with recursive family (oid) as (
            select pg_catalog.to_regclass($1)::pg_catalog.oid
            union all
            select i.inhrelid from family f
            join pg_catalog.pg_inherits i on i.inhparent = f.oid
            join pg_catalog.pg_class c on c.oid = f.oid and c.relkind = 'p'
        )
        select oid from family where oid is not null
        """

    /// Takes tables out of lane 0. The caller, who applies lane 0, stands between two source transactions with
    /// everything up to its position committed on the target, and leaves the tables out from then on.
    /// - Returns: the lane; nil where lane 0's workers stand at different positions: drain them to one first.
    /// - Throws: `ResyncUnderWay` where only some of the tables are in a lane already.
    package func freeze(_ wish: QualifiedName, leaves: [QualifiedName], _ target: Connection) throws -> Lane? {
        let migration = context.migration
        let lane: Lane? = try target.transaction {
            // What is said to be frozen must stay so.
            try target.execute("set local synchronous_commit = on")
            let store = LaneStore(target, migration: migration)
            let positions = Set(try store.positions(lane: 0, isLocking: true))
            guard positions.count <= 1 else { return nil }
            guard let position = positions.first else { throw StateError.unexpected("nothing is applied yet") }
            let lanes = try store.all()
            var lane = Lane(number: 0, tables: leaves, position: position, isCopied: false)
            if var present = lanes.first(where: { !Set($0.tables).isDisjoint(with: leaves) }) {
                // Wished again while it still catches up: frozen again where it stands.
                guard Set(leaves).isSubset(of: present.tables) else { throw ResyncUnderWay(table: wish) }
                _ = try store.positions(lane: present.number, isLocking: true)
                present.isCopied = false
                lane = present
            } else {
                lane.number = (lanes.map(\.number).max() ?? 0) + 1
                try store.add(lane.number, tables: leaves)
            }
            try store.begin(wish, lane: lane.number)
            return lane
        }
        if lane != nil { FaultPoint.resyncFrozen.pass() }
        return lane
    }

    /// Copies a frozen lane's tables whole, under one snapshot, in one transaction on the target: keys and foreign keys
    /// that exist by then stay as they are. Done already: does nothing.
    /// - Throws: `NotAdmissible` while transactions run that began before; it passes, and says who is waited for.
    package func copy(_ lane: Lane, source: Connection, target: Connection, meter: CopyMeter) throws {
        let migration = context.migration
        // Behind the freeze. What lane 0 consumed and snapshots still hide is among what runs here.
        let before = try PieceSnapshot.takeBehindAll(source).watermark
        let wholes = context.wholes(of: lane.tables)
        // Before the lane is locked: whoever reads the state must not wait with us.
        try LockedReading.waitUntilAdmitted(source, locking: lane.tables, .afterAll(of: before))
        try target.transaction {
            let store = LaneStore(target, migration: migration)
            _ = try store.positions(lane: lane.number, isLocking: true)
            guard try store.lockWishes(lane: lane.number) else { return }
            let slot = try SlotRecord.read(target, migration: migration)
            let (snapshot, shape) = try LockedReading.run(
                source, locking: lane.tables, chunksOf: wholes.flatMap(\.pieces), .afterAll(of: before)
            ) { snapshot in
                try LaterParts.refuse(source, context, of: Set(wholes.map(\.target)))
                let shape = try SourceShape.read(source, following: wholes.flatMap { $0.pieces.map(\.tableOID) })
                for whole in wholes {
                    let pieces = try whole.pieces.map { try TableShape.agreed($0, source, target) }
                    try target.execute(CopyTask.silence)
                    try whole.remove(isParent: context.decisions.parents.contains(whole.target), target)
                    for piece in pieces {
                        _ = try CopyTask.move(piece, from: source, to: target, context, meter, isFrozen: false)
                    }
                }
                return (snapshot, shape)
            }
            try ServerFlush.wait(source, for: snapshot.insertLSN)
            try slot.hold(target, migration: migration)
            try StreamStore(target, migration: migration).changeShape { known in
                known.accept(Set(wholes.flatMap { $0.pieces.map(\.tableOID) }), from: shape)
            }
            for whole in wholes {
                try TaskStore(target, migration: migration).recopied(
                    whole.numbers, snapshot.copied, slotGeneration: slot.generation)
                try target.query(
                    "delete from skein.row_watermark where migration = $1 and table_oid = any ($2::oid[])",
                    [String(migration), PostgresArray.literal(whole.pieces.map { String($0.tableOID) })])
            }
            try store.fulfil(lane: lane.number)
            FaultPoint.resyncMoved.pass()
        }
        FaultPoint.resyncCopied.pass()
    }

    /// Puts a lane that has caught up back into lane 0. The caller applies neither while it runs, and tests lane 0's
    /// changes against the tables' new watermarks from then on.
    /// - Returns: false where the two do not stand at one position, or the lane was frozen again.
    package func join(_ number: Int, _ target: Connection) throws -> Bool {
        let migration = context.migration
        let isJoined = try target.transaction {
            try target.execute("set local synchronous_commit = on")
            let store = LaneStore(target, migration: migration)
            let main = Set(try store.positions(lane: 0, isLocking: true))
            let lane = Set(try store.positions(lane: number, isLocking: true))
            guard main.count == 1, main == lane, try !store.lockWishes(lane: number) else { return false }
            try store.remove(lane: number)
            return true
        }
        if isJoined { FaultPoint.resyncJoined.pass() }
        return isJoined
    }
}

/// `--resync` names a table that the migration does not follow.
package struct NotFollowed: ToldError, Equatable {
    package var table: QualifiedName
    package var object: String? { table.description }
    package var summary: String { "\(table) is not followed by this migration" }
    package var cure: String? { "name a table whose data is migrated, or the root of its partitions" }
    package var mayPass: Bool { false }
}

/// Some of a table's partitions are being copied again already.
package struct ResyncUnderWay: ToldError, Equatable {
    package var table: QualifiedName
    package var object: String? { table.description }
    package var summary: String { "some partitions of \(table) are being copied again already" }
    package var cure: String? { "wait until that is done" }
    package var mayPass: Bool { true }
}
