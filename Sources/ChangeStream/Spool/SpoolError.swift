package import LogicalDecoding

/// What can be wrong with a spool: facts, with the path they concern.
package enum SpoolError: Error, Sendable, Equatable {
    /// No room on the disk, or a quota is used up (ENOSPC, EDQUOT). Nothing is lost: it can be tried again.
    case diskFull(path: String)
    /// The file system takes no writes (EROFS).
    case readOnly(path: String)
    /// Another process writes to this spool.
    case inUse(path: String)
    /// A file that belongs to the spool was deleted or replaced under a running process, or is missing at its start.
    case deleted(path: String)
    /// Bytes that were safe once are no longer what was written.
    case damaged(path: String, offset: Int)
    /// The folder holds another migration's spool.
    case otherMigration(path: String, found: String, expected: String)
    /// The spool of another slot of the same migration: a repair has made a new one.
    case otherGeneration(path: String, found: Int, expected: Int)
    case otherPlugin(path: String, found: String, expected: String)
    /// Written by a newer version of this program, or by something else.
    case unknownFormat(path: String, version: Int?)
    /// The oldest change in the spool is newer than what the target needs next: progress went back, as after a failover.
    case startsTooLate(path: String, oldest: LSN, needed: LSN)
    /// The source was told that everything up to `confirmed` is safe, and the spool ends before: it was lost in part or
    /// whole.
    case incomplete(path: String, covered: LSN, confirmed: LSN)
    /// Writing failed or did not become durable, for another reason; a disk's error mostly. What was not durable is cut
    /// off and received again.
    case failed(path: String, operation: String, errno: Int32)
    /// The stream's messages came in an order that no walsender sends.
    case disorder(String)

    /// Whether the receiver goes on by itself once the disk allows it.
    package var mayPass: Bool {
        switch self {
        case .diskFull, .readOnly, .failed: true
        default: false
        }
    }

    /// Whether only `--repair` gets the migration on: changes that the source no longer has are not in the spool.
    package var needsRepair: Bool {
        switch self {
        case .deleted, .damaged, .startsTooLate, .incomplete: true
        default: false
        }
    }
}

extension SpoolError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .diskFull(let path): "no room on the disk for the spool (\(path))"
        case .readOnly(let path): "the spool's file system is read-only (\(path))"
        case .inUse(let path): "another process is writing to the spool (\(path))"
        case .deleted(let path): "a file of the spool is gone or was replaced (\(path))"
        case .damaged(let path, let offset): "the spool is damaged (\(path), at byte \(offset))"
        case .otherMigration(let path, let found, let expected):
            "the spool belongs to migration \(found), not to \(expected) (\(path))"
        case .otherGeneration(let path, let found, let expected):
            "the spool was received from slot number \(found) of this migration; it now has number \(expected) (\(path))"
        case .otherPlugin(let path, let found, let expected):
            "the spool was received through \(found), not \(expected) (\(path))"
        case .unknownFormat(let path, let version):
            version.map { "the spool's format \($0) is newer than this program (\(path))" }
                ?? "this is no spool of ours (\(path))"
        case .startsTooLate(let path, let oldest, let needed):
            "the spool begins at \(oldest), but the target needs changes from \(needed) on (\(path))"
        case .incomplete(let path, let covered, let confirmed):
            "the spool ends at \(covered), but the source was told that it is safe up to \(confirmed) (\(path))"
        case .failed(let path, let operation, let errno): "\(operation) failed on the spool: errno \(errno) (\(path))"
        case .disorder(let what): "the change stream is out of order: \(what)"
        }
    }
}
