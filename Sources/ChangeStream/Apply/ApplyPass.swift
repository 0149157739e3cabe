private import Foundation
internal import LogicalDecoding
internal import PlanFile
internal import Postgres
private import Synchronization

/// From what is committed on the target up to a stop, or to a failure: reads the target's catalogs and the progress,
/// then gathers changes into batches and hands them to workers.
final class ApplyPass {
    enum End {
        case ended(ApplyEnd)
        /// All workers stand at one position now, and may be spread anew.
        case spread
        /// The next transaction is the one that was named as the limit.
        case limited
    }

    private let applier: Applier
    private let settings: ApplySettings
    private let limit: LSN?
    private let source: any MessageSource
    private var routing: Routing
    private let workers: [ApplyWorker]
    private let tableCount: Int
    /// The workers stand at different positions: one goes on until they do not.
    private let isLevelling: Bool
    let translator: Translator

    /// Transactions whose end is not known when they begin, kept until it is (test_decoding).
    private var kept: [StreamMessage] = []
    /// Behind the last transaction that was read, also where it was skipped.
    private var seen = LSN(rawValue: 0)
    private var committed: Timestamp?
    private var wasParallel = false
    private var lastAsked = ContinuousClock.now
    /// Bytes of messages since the batch was weighed.
    private var unweighed = 0
    private var passedMarkers: Set<String> = []
    /// Of the newest transaction that was applied before this pass began, if it held one.
    private var skippedMarker: (token: String, end: LSN, time: Timestamp?)?

    init(_ applier: Applier, limit: LSN?) throws {
        self.applier = applier
        self.limit = limit
        let settings = applier.settings
        self.settings = settings
        let preparation = try ApplyPreparation(applier)
        routing = preparation.routing
        isLevelling = !preparation.routing.isLevel
        tableCount = preparation.tables.count
        let count = settings.countsOnly ? 0 : isLevelling ? 1 : preparation.routing.positions.count
        let (report, track) = (applier.report, ApplyTracking(applier, preparation.routing.positions))
        workers = (0..<count).map { number in
            ApplyWorker(
                number, settings, preparation.tables, report: report,
                onCommit: { worker, ending, bytes, missing in
                    track.committed(worker, ending, bytes: bytes, missing: missing)
                },
                onFlush: { worker, position in track.flushed(worker, position) })
        }
        let reader = RowReader(settings, isResumed: preparation.isResumed, report: report)
        translator = Translator(
            settings.plugin, tables: preparation.tables, rows: preparation.rows, routing: routing,
            migration: settings.migration, markerTable: settings.markerTable, countsOnly: settings.countsOnly,
            batch: Batch(partCount: 1, tables: preparation.tables.count),
            reread: { try reader.read($0, key: $1, consumed: $2) },
            findPart: { settings.leavesOut($0) ? nil : try reader.part($0) },
            holdsRows: { try reader.holdsRows($0) },
            hypertable: { try reader.hypertable(of: $0) },
            report: report)
        source = try applier.open(routing.least)
        let made = workers
        applier.control.withLock { $0.workers = made }
    }

    func close() {
        applier.control.withLock { $0.workers = [] }
        for worker in workers { worker.close() }
    }

    // MARK: Reading

    func run() throws -> End {
        while true {
            let control = applier.control.withLock { $0 }
            if control.isCancelled { throw CancellationError() }
            for worker in workers { try worker.check() }
            if !translator.isInTransaction, kept.isEmpty {
                if control.isStopping { return .ended(.stopped(at: try finish())) }
                if isLevelling, routing.isLevel { return .spread }
                if let bound = settings.notBeyond?(), max(translator.end, routing.least) >= bound {
                    try idle(translator.end)
                    Thread.sleep(forTimeInterval: 0.005)
                    continue
                }
            }
            let available = source.end
            guard let message = try source.next(timeout: patience) else {
                if !translator.isInTransaction {
                    if let end = atSkippedMarker() { return end }
                    try idle(available)
                }
                continue
            }
            if let end = try keepOrTake(message) { return end }
        }
    }

    private var patience: Duration {
        translator.batch.transactions == 0 ? .milliseconds(100) : workersAreIdle ? .zero : .milliseconds(2)
    }

    private var workersAreIdle: Bool { workers.allSatisfy(\.isIdle) }

    /// test_decoding tells where a transaction ends only when it does; until everything behind the positions is new, it
    /// is kept whole before it is looked at.
    private func keepOrTake(_ message: StreamMessage) throws -> End? {
        guard settings.plugin == .testDecoding, seen < (routing.positions.max() ?? seen) else {
            return try take(message, commitEnd: nil)
        }
        kept.append(message)
        guard message.block.bytes[message.range].starts(with: "COMMIT".utf8) else { return nil }
        let transaction = kept
        kept = []
        for part in transaction {
            if let end = try take(part, commitEnd: message.position) { return end }
        }
        return nil
    }

    private func take(_ message: StreamMessage, commitEnd: LSN?) throws -> End? {
        switch try translator.take(message, commitEnd: commitEnd) {
        case .change:
            unweighed += message.range.count
            if translator.batch.changes - translator.batch.sent >= settings.limits.partChanges || isPartFull {
                try sendPart()
            }
        case .begun:
            if !translator.isSkipped, let end = atSkippedMarker() { return end }
            if let limit, let final = translator.finalLSN, final >= limit {
                _ = try finish()
                return .limited
            }
        case .committed(let end, let time):
            seen = commitEnd ?? end
            committed = time ?? committed
            guard !translator.isSkipped else {
                skippedMarker = translator.marker.map { ($0, end, time) }
                break
            }
            translator.batch.transactions += 1
            if let end = try atMarker(end, time) { return end }
            if settings.countsOnly { return count() }
            if isFull { try send() }
        }
        return nil
    }

    /// Weighed after every so many bytes that came, be it in many changes or in few.
    private var isPartFull: Bool {
        guard unweighed >= Self.weighing else { return false }
        unweighed = 0
        return translator.batch.bytes >= settings.limits.partBytes
    }
    private static let weighing = 1 << 20

    private func count() -> End? {
        let (changes, end) = (translator.counted, translator.end)
        applier.state.withLock { status in
            status.changes = changes
            status.position = end
            status.transactions += 1
        }
        translator.batch = newBatch()
        return nil
    }

    private func atMarker(_ end: LSN, _ time: Timestamp?) throws -> End? {
        guard let marker = translator.marker else { return nil }
        let wanted = applier.control.withLock { $0.marker }
        guard wanted == marker || stops(at: marker) else {
            passedMarkers.insert(marker)
            return nil
        }
        let position = settings.countsOnly ? end : try finish()
        applier.state.withLock { $0.marker = marker }
        return .ended(.reachedMarker(marker, at: position, committed: time))
    }

    private func stops(at marker: String) -> Bool {
        settings.stopsAtEveryMarker && !settings.ignoredMarkers.contains(marker)
            && !marker.hasPrefix(ApplySettings.pulse)
    }

    /// The marker was the last that an earlier run applied: nothing behind it is.
    private func atSkippedMarker() -> End? {
        guard let marker = skippedMarker else { return nil }
        skippedMarker = nil
        guard stops(at: marker.token), routing.isLevel, marker.end == routing.least else { return nil }
        return .ended(.reachedMarker(marker.token, at: marker.end, committed: marker.time))
    }

    // MARK: Sending

    private var isFull: Bool {
        translator.batch.changes >= settings.limits.changes || translator.batch.bytes >= settings.limits.bytes
            || (translator.batch.transactions >= settings.limits.changes)
    }

    /// Nothing more is there now: what was gathered goes out as soon as nobody is busy.
    /// - Parameter available: where the source's messages ended before it was asked for the next one.
    private func idle(_ available: LSN) throws {
        if translator.batch.transactions > 0, workersAreIdle { return try send() }
        if !settings.countsOnly, translator.batch.transactions == 0 {
            let isNear = source.end <= translator.end
            if isNear { applier.state.withLock { $0.isNearHead = true } }
            if workersAreIdle { applier.state.withLock { $0.passed = max($0.passed, available, $0.position) } }
        }
        if let wanted = applier.control.withLock({ $0.marker }), passedMarkers.contains(wanted) {
            throw ApplyFailure.markerPassed(wanted)
        }
        if ContinuousClock.now - lastAsked > .milliseconds(200) {
            lastAsked = .now
            for worker in workers { worker.askFlushed() }
        }
    }

    private func newBatch() -> Batch {
        let (head, here) = (source.end.rawValue, translator.end.rawValue)
        let isBehind = head > here && head - here > settings.limits.nearHead
        applier.state.withLock { $0.isNearHead = !isBehind }
        let isParallel = isBehind && workers.count > 1
        return Batch(partCount: isParallel ? workers.count : 1, tables: tableCount)
    }

    /// The batch's transactions are complete: hands it over with its end.
    private func send() throws {
        let batch = translator.batch
        let end = translator.end
        let skipped = translator.skipped
        applier.state.withLock { $0.skipped = skipped }
        defer { translator.batch = newBatch() }
        if batch.partCount > 1, !batch.isTied, batch.isWhole {
            // Others' positions are moved by the first while it works alone.
            if !wasParallel { try workers[0].drain() }
            wasParallel = true
            let segment = batch.current
            for worker in workers.indices {
                let isFirst = worker == 0
                try workers[worker].submit(
                    ApplyJob(
                        segments: [segment], part: worker,
                        ending: ApplyJob.Ending(
                            from: [(worker, routing.positions[worker])], position: end, committed: committed,
                            transactions: isFirst ? batch.transactions : 0, changes: isFirst ? batch.changes : 0)))
            }
        } else {
            try levelWorkers()
            let from = routing.positions.enumerated().filter { $0.element < end }.map { ($0.offset, $0.element) }
            try workers[0].submit(
                ApplyJob(
                    segments: batch.take(), part: nil,
                    ending: ApplyJob.Ending(
                        from: from, position: end, committed: committed, transactions: batch.transactions,
                        changes: batch.changes)))
            // Others may only go on behind it.
            if batch.partCount > 1 { try workers[0].drain() }
        }
        for worker in routing.positions.indices { routing.positions[worker] = max(routing.positions[worker], end) }
    }

    /// The current transaction is too large to be gathered: its first worker gets what there is, and keeps its target
    /// transaction open.
    private func sendPart() throws {
        guard !settings.countsOnly else { return }
        let batch = translator.batch
        if batch.isWhole { try levelWorkers() }
        batch.isWhole = false
        batch.sent = batch.changes
        try workers[0].submit(ApplyJob(segments: batch.take(), part: nil, ending: nil))
        // No more than this one and the next are in memory.
        try workers[0].check()
    }

    /// Waits until no worker is behind another one.
    private func levelWorkers() throws {
        guard wasParallel else { return }
        for worker in workers { try worker.drain() }
        wasParallel = false
    }

    /// Everything that was gathered is committed.
    /// - Returns: where that is.
    private func finish() throws -> LSN {
        if !settings.countsOnly, translator.batch.transactions > 0 { try send() }
        for worker in workers { try worker.drain() }
        return settings.countsOnly ? translator.end : routing.least
    }
}
