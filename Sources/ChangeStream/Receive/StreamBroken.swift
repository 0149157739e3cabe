import Postgres

/// The stream cannot go on from where it stood: `--repair` makes a new one.
package enum StreamBroken: Error, Sendable, Equatable {
    case slotMissing(slot: String)
    /// The source threw away what the slot needs (`max_slot_wal_keep_size`, `idle_replication_slot_timeout`, …).
    case slotInvalidated(slot: String, reason: String)
    /// The slot is another plugin's.
    case otherPlugin(slot: String, found: String, expected: String)
    /// The source cannot decode its own WAL from where the slot stands, and never will.
    case undecodable(slot: String, message: String)
    /// A publication does not exist at the stream's position: its changes would be missing.
    case publicationMissing(message: String)
    /// Another server answers under the source's address.
    case otherServer(found: String, expected: String)
    /// The source was promoted or restored: it may have lost what we have applied.
    case newTimeline(found: Int, expected: Int)
}

extension StreamBroken: CustomStringConvertible {
    package var description: String {
        switch self {
        case .slotMissing(let slot): "the source has no replication slot \"\(slot)\" any more"
        case .slotInvalidated(let slot, let reason): "the source invalidated replication slot \"\(slot)\": \(reason)"
        case .otherPlugin(let slot, let found, let expected):
            "replication slot \"\(slot)\" is one of \(found), not of \(expected)"
        case .undecodable(let slot, let message):
            "the source cannot read replication slot \"\(slot)\" any further: \(message)"
        case .publicationMissing(let message): "the stream lacks a publication: \(message)"
        case .otherServer(let found, let expected):
            "another server answers as the source: system identifier \(found), not \(expected)"
        case .newTimeline(let found, let expected):
            "the source is on timeline \(found), no longer on \(expected): it was promoted or restored"
        }
    }
}

/// What a failure of the stream means.
enum StreamFailure: Equatable {
    case broken(StreamBroken)
    case passing
    case final

    init(_ error: PostgresError, slot: String) {
        self = Self.classified(error, slot)
    }

    /// Codes and sentences from `slot.c`, `logical.c`, `pgoutput.c`, `walsender.c`.
    private static func classified(_ error: PostgresError, _ slot: String) -> StreamFailure {
        guard case .server(let refusal) = error else { return error.isTransient ? .passing : .final }
        let isOfPublication = refusal.message.contains("publication")
        switch refusal.sqlState {
        case "42704" where isOfPublication: return .broken(.publicationMissing(message: refusal.message))
        case "42704" where refusal.message.contains("replication slot"): return .broken(.slotMissing(slot: slot))
        // "can no longer get changes from", 18: "can no longer access".
        case "55000" where refusal.message.contains("can no longer"):
            return .broken(.slotInvalidated(slot: slot, reason: refusal.detail ?? refusal.message))
        // "requested WAL segment … has already been removed".
        case "58P01" where refusal.message.contains("WAL segment"):
            return .broken(.slotInvalidated(slot: slot, reason: refusal.message))
        // relfilenumbermap.c's "could not map filenode" and its like: the same WAL is decoded to the same end.
        case "XX000": return .broken(.undecodable(slot: slot, message: refusal.message))
        // The slot is active: for another process.
        case "55006": return .passing
        default: return error.isTransient ? .passing : .final
        }
    }

    /// PostgreSQL 18 only warns of a publication that is missing, and leaves its changes out.
    static func broken(by notice: ServerNotice) -> StreamBroken? {
        guard notice.severity == "WARNING", notice.message.contains("publication") else { return nil }
        return .publicationMissing(message: notice.message)
    }
}
