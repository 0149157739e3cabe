private import Faults
package import LogicalDecoding
private import Synchronization

/// Whose a spool is, and where it lies.
package struct SpoolIdentity: Sendable, Equatable {
    /// `<directory>/<plan name>`.
    package var folder: String
    /// The migration's uid.
    package var migration: String
    /// Counts the migration's slots.
    package var generation: Int
    package var plugin: Plugin

    package init(directory: String, plan: String, migration: String, generation: Int, plugin: Plugin) {
        folder = directory + "/" + plan
        self.migration = migration
        self.generation = generation
        self.plugin = plugin
    }

    func require(_ header: SegmentHeader, _ path: String) throws(SpoolError) {
        guard header.migration == migration else {
            throw .otherMigration(path: path, found: header.migration, expected: migration)
        }
        guard header.generation == generation else {
            throw .otherGeneration(path: path, found: header.generation, expected: generation)
        }
        guard header.plugin == plugin.rawValue else {
            throw .otherPlugin(path: path, found: header.plugin, expected: plugin.rawValue)
        }
    }
}

/// What a spool is for.
package enum SpoolMode: Sendable, Equatable {
    /// It keeps what the source may forget: what is durable in it is confirmed.
    case disk
    /// A scratch buffer: only what is applied is confirmed. Emptied when it is opened.
    case source
}

/// Changes that were received and are not applied yet, on this machine's disk: segments of framed messages with
/// checksums. One receiver writes, any number of readers read, each on its own thread.
package final class Spool: Sendable {
    package let identity: SpoolIdentity
    package let mode: SpoolMode
    /// Bytes; nil: as many as the disk has.
    package let maximumSize: Int?
    /// A segment ends with the first transaction that makes it longer.
    package let segmentSize: Int
    /// Where opening found bytes of an unfinished write; they are cut off and received again.
    package let tornAt: Int?
    private let lock: Mutex<SpoolFile?>
    private let ledger: Mutex<SpoolLedger>

    /// Opens the spool, and makes it where there is none.
    /// - Parameters:
    ///   - start: where the next change that is needed begins: what is applied by the slowest lane, at the beginning the
    ///     slot's consistent point.
    ///   - maximumSize: may be exceeded by one transaction that is larger.
    /// - Throws: what is in the folder and cannot be used, or why nothing can be written there.
    package init(
        _ identity: SpoolIdentity, mode: SpoolMode = .disk, start: LSN, maximumSize: Int? = nil,
        segmentSize: Int = 64 << 20,
    ) throws(SpoolError) {
        self.identity = identity
        self.mode = mode
        self.maximumSize = maximumSize
        self.segmentSize = min(segmentSize, maximumSize.map { max($0 / 4, 64 << 10) } ?? segmentSize)
        try SpoolFolder.make(identity.folder)
        lock = Mutex(try SpoolFile.lock(identity.folder + "/lock"))
        if mode == .source { try Self.empty(identity) }
        let recovery = try SpoolRecovery.run(identity, start: start)
        tornAt = recovery.tornAt
        ledger = Mutex(
            SpoolLedger(segments: recovery.segments, covered: recovery.covered, lastCommit: recovery.lastCommit))
    }

    /// Everything before it is durable here, was applied, or never was.
    package var covered: LSN { ledger.withLock { $0.covered } }

    /// Behind the last transaction that readers can have.
    package var lastCommit: LSN { ledger.withLock { $0.lastCommit } }

    package var bytesInUse: Int { ledger.withLock { $0.bytesInUse } }

    /// Deletes segments that hold nothing but what is applied; never the one that is written to, which goes once it is
    /// not any more.
    /// - Parameter position: what the slowest reader of all has durably applied.
    package func release(before position: LSN) throws(SpoolError) {
        ledger.withLock { $0.released = position }
        try deleteReleased()
    }

    /// What could not be deleted before.
    func deleteReleased() throws(SpoolError) {
        try ledger.withLock { (ledger) throws(SpoolError) in
            while ledger.segments.count > 1, ledger.segments[1].start <= ledger.released {
                FaultPoint.spoolBeforeRelease.pass()
                try SpoolFile.delete(SpoolRecovery.path(identity.folder, ledger.segments[0].number))
                ledger.segments.removeFirst()
            }
        }
    }

    /// Messages from `position` on, after those of the segment that it lies in, which holds the transaction that ends
    /// there where the spool still has it. For one thread.
    /// - Throws: `startsTooLate` where the spool has them no more.
    package func reader(from position: LSN) throws(SpoolError) -> SpoolReader {
        ledger.withLock { $0.released = min($0.released, position) }
        return try SpoolReader(self, from: position)
    }

    /// For the one thread that receives.
    func writer() -> SpoolWriter {
        // What an earlier writer began and never made durable is no segment.
        ledger.withLock { ledger in
            guard let last = ledger.segments.last, last.end == 0 else { return }
            ledger.segments.removeLast()
            // Left behind, it would only keep the next one from being made, which says so.
            try? SpoolFile.delete(SpoolRecovery.path(identity.folder, last.number))
        }
        return SpoolWriter(self)
    }

    /// Lets another process, or another value, have the spool. Not while a receiver runs.
    package func close() { lock.withLock { $0 = nil } }

    /// Deletes a spool with all that is in it, whoever's it is. One that is not there is deleted.
    package static func delete(directory: String, plan: String) throws(SpoolError) {
        let folder = directory + "/" + plan
        guard SpoolFile.exists(folder) else { return }
        let lock = try SpoolFile.lock(folder + "/lock")
        try deleteSegments(folder)
        try SpoolFile.delete(lock.path)
        try SpoolFolder.delete(folder)
    }

    /// Another migration's spool is left as it is.
    private static func empty(_ identity: SpoolIdentity) throws(SpoolError) {
        for number in try SpoolRecovery.numbers(identity.folder) {
            let path = SpoolRecovery.path(identity.folder, number)
            let bytes = try SegmentBlock.bytes(try SpoolFile.open(path), 0, SegmentHeader.largestSize)
            if let found = try SegmentHeader.read(bytes, path: path)?.header.migration, found != identity.migration {
                throw .otherMigration(path: path, found: found, expected: identity.migration)
            }
        }
        try deleteSegments(identity.folder)
    }

    private static func deleteSegments(_ folder: String) throws(SpoolError) {
        // The oldest first: what a kill leaves has no gap.
        for number in try SpoolRecovery.numbers(folder) { try SpoolFile.delete(SpoolRecovery.path(folder, number)) }
    }

    func withLedger<R>(_ body: (inout SpoolLedger) -> R) -> R { ledger.withLock { body(&$0) } }
}
