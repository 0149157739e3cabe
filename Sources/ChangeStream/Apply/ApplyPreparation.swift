internal import LogicalDecoding
internal import PlanFile
internal import Postgres
private import Faults
private import Synchronization

/// What a pass begins with, from the target's catalogs and the state.
struct ApplyPreparation {
    let tables: [AppliedTable]
    let rows: [UInt32: [RowKey: RereadRow]]
    let routing: Routing
    /// The lane has been applied to before, by this process or another.
    let isResumed: Bool

    init(_ applier: Applier) throws {
        let settings = applier.settings
        let connection = try Connection(
            settings.target, applicationName: settings.applicationName("apply"), settings: settings.targetSettings)
        let names = Set(applier.followed.map { $0.target ?? $0.name })
        let targets = try TargetTable.read(names.sorted(), from: connection)
        tables = try applier.followed.map { followed in
            let name = followed.target ?? followed.name
            guard let target = targets[name] else {
                throw ShapeDifference(table: name, column: nil, what: .missingOnTarget)
            }
            return try AppliedTable(followed, target)
        }
        rows = try ApplyStore.rereadRows(connection, migration: settings.migration)
        let progress = try readProgress(connection, migration: settings.migration, lane: settings.lane)
        isResumed = !progress.isEmpty
        let pinned = Set(tables.filter(\.isPinned).map(\.followed.sourceOID))
        guard !settings.countsOnly else {
            let position = progress.map(\.position).min() ?? settings.startPosition
            routing = Routing(positions: [position], pinned: pinned)
            return
        }
        let stored = Routing(positions: progress.map(\.position), pinned: progress.first?.pinned ?? [])
        if !progress.isEmpty, !stored.isLevel {
            guard let version = progress.first?.hashVersion, version == KeyHash.version else {
                throw ApplyFailure.unknownHash(version: progress.first?.hashVersion ?? 0)
            }
            routing = stored
            return
        }
        let position = progress.first?.position ?? settings.startPosition
        let isSame =
            stored.positions.count == settings.jobs && stored.pinned == pinned
            && progress.first?.hashVersion == KeyHash.version
        if !isSame {
            FaultPoint.applyConfigured.pass()
            try ApplyStore.configure(
                connection, settings, position: position, workers: settings.jobs, pinned: pinned)
        }
        routing = Routing(positions: Array(repeating: position, count: settings.jobs), pinned: pinned)
    }
}

/// Keeps the status up to date as workers commit.
final class ApplyTracking: Sendable {
    private struct Positions {
        var committed: [LSN]
        var flushed: [LSN]
    }

    private let applier: Applier
    private let positions: Mutex<Positions>

    init(_ applier: Applier, _ positions: [LSN]) {
        self.applier = applier
        // What an earlier pass or process committed was flushed before only as far as somebody looked; its own positions
        // count once something behind them is flushed.
        self.positions = Mutex(
            Positions(committed: positions, flushed: positions.map { _ in applier.status.durable }))
        let least = positions.min() ?? LSN(rawValue: 0)
        applier.state.withLock { $0.position = max($0.position, least) }
    }

    func committed(_ worker: Int, _ ending: ApplyJob.Ending, bytes: Int, missing: Int) {
        let least = positions.withLock { positions in
            for (worker, _) in ending.from { positions.committed[worker] = ending.position }
            return positions.committed.min() ?? ending.position
        }
        applier.state.withLock { status in
            status.position = max(status.position, least)
            status.committed = ending.committed ?? status.committed
            status.transactions += ending.transactions
            status.changes += ending.changes
            status.missing += missing
            status.bytes += bytes
        }
    }

    func flushed(_ worker: Int, _ position: LSN) {
        let least = positions.withLock { positions in
            positions.flushed[worker] = max(positions.flushed[worker], position)
            // A worker that was not used was moved by the first.
            if worker == 0 {
                for other in positions.flushed.indices where positions.committed[other] <= position {
                    positions.flushed[other] = max(positions.flushed[other], positions.committed[other])
                }
            }
            return positions.flushed.min() ?? position
        }
        applier.state.withLock { $0.durable = max($0.durable, least) }
    }
}
