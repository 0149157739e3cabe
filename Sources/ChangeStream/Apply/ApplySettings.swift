package import LogicalDecoding
package import PlanFile
package import Postgres

/// What an `Applier` works with.
package struct ApplySettings: Sendable {
    /// `skein.migration.id`.
    package var migration: Int64
    package var target: ConnectionTarget
    /// Only asked for rows that moved between pieces without all their values.
    package var source: ConnectionTarget
    /// A session's name in `pg_stat_activity`, of what it does.
    package var applicationName: @Sendable (String) -> String
    /// Settings of the target's sessions, on top of the pinned ones: `synchronous_commit = off` among them.
    package var targetSettings: [String: String]
    package var plugin: LogicalDecoding.Plugin
    /// How many workers apply side by side while far behind.
    package var jobs: Int
    /// 0 is the main lane; others follow tables that are copied again.
    package var lane: Int
    /// Where the lane begins when it has made no progress yet.
    package var startPosition: LSN
    /// Where markers are rows: the table that they are inserted into. Logical messages are always understood.
    package var markerTable: QualifiedName?
    /// Applies nothing: counts row changes on the followed tables, of transactions behind the lane's position.
    package var countsOnly: Bool
    /// `run` ends behind every transaction that holds a marker, so that none is passed before it is known; also where
    /// it was the last one applied by an earlier run. Not behind one of these, which are known to mean nothing, nor
    /// behind pulses.
    package var stopsAtEveryMarker = false
    package var ignoredMarkers: Set<String> = []
    /// How the token of a marker begins that only makes the stream move.
    package static let pulse = "pulse:"
    /// Asked between transactions, where given: nothing is applied that ends behind what it says, which is some
    /// transaction's end. A lane that is to join another never comes before it.
    package var notBeyond: (@Sendable () -> LSN)?
    /// Whether the plan leaves out a table that is part of one whose parts are followed.
    package var leavesOut: @Sendable (QualifiedName) -> Bool = { _ in false }
    package var limits = BatchLimits()

    package init(
        migration: Int64, target: ConnectionTarget, source: ConnectionTarget,
        applicationName: @escaping @Sendable (String) -> String, targetSettings: [String: String],
        plugin: LogicalDecoding.Plugin, jobs: Int, lane: Int = 0, startPosition: LSN,
        markerTable: QualifiedName? = nil, countsOnly: Bool = false,
    ) {
        self.migration = migration
        self.target = target
        self.source = source
        self.applicationName = applicationName
        self.targetSettings = targetSettings
        self.plugin = plugin
        self.jobs = max(1, jobs)
        self.lane = lane
        self.startPosition = startPosition
        self.markerTable = markerTable
        self.countsOnly = countsOnly
    }
}

/// When changes that were gathered are applied.
package struct BatchLimits: Sendable {
    /// A target transaction takes no further source transaction beyond either.
    package var changes = 20_000
    package var bytes = 8 << 20
    /// A source transaction that is larger goes to the target in parts, in one target transaction.
    package var partBytes = 12 << 20
    package var partChanges = 40_000
    /// More than this is far behind: workers go side by side.
    package var nearHead: UInt64 = 8 << 20

    package init() {}
}

/// How an `Applier` ended.
package enum ApplyEnd: Sendable, Equatable {
    /// Everything up to here is committed on the target, and nothing behind it.
    case stopped(at: LSN)
    /// As above; the transaction that held the marker is the last.
    case reachedMarker(String, at: LSN, committed: Timestamp?)
}

/// Where an `Applier` stands.
package struct ApplyStatus: Sendable, Equatable {
    /// Behind the last transaction that all workers have committed on the target.
    package var position: LSN
    /// Everything that was received before it is applied: at or behind `position`, as not all WAL is changes of ours.
    package var passed: LSN
    /// The same as `position` of what the target has flushed: the spool is needed from here on (EXACTNESS.md, 23).
    package var durable: LSN
    /// When the last applied transaction was committed on the source.
    package var committed: Timestamp?
    /// By this process: source transactions, row changes and bytes of values that were applied.
    package var transactions = 0
    package var changes = 0
    package var bytes = 0
    /// Changes that the copied rows showed already.
    package var skipped = 0
    /// Updates and deletes that found no row on the target: somebody else writes there.
    package var missing = 0
    /// Whether changes are applied strictly in their order.
    package var isNearHead = false
    /// The newest marker that was applied.
    package var marker: String?

    package init(position: LSN, durable: LSN) {
        self.position = position
        passed = position
        self.durable = durable
    }
}

/// What an `Applier` tells as it goes.
package enum ApplyEvent: Sendable, Equatable {
    /// The target does not let us set `session_replication_role`: triggers and foreign keys there fire for what we apply.
    case replicationRoleRefused
    /// Changes of a relation that is not followed, told once; they are left out.
    case unfollowed(QualifiedName)
    /// A chunk of the source's hypertable was truncated by itself, which the stream tells without its range.
    case truncatedChunk(of: QualifiedName)
    /// A table was made as a part of one that is followed with its parts; its changes are applied, too.
    case laterPart(QualifiedName, of: QualifiedName)
    /// Updates or deletes found another number of rows on the target than one each.
    case unexpectedRows(QualifiedName, expected: Int, affected: Int)
    /// A row is read again from the source; old transactions there still hide it.
    case waitingForSource(QualifiedName)
    /// The target ended the transaction, because of a deadlock or the like; it is applied again.
    case triedAgain(sqlState: String)
}
