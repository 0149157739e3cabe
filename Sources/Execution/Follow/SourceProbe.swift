internal import LogicalDecoding
internal import Postgres

/// A look at the source beside the stream: where its WAL ends, and whether the slot is still whole.
struct SourceProbe: Sendable {
    /// How far WAL is flushed.
    var end: LSN
    var clock: Double
    var slot: SlotStatus?

    static func look(_ source: Session, slot: String) async throws -> SourceProbe {
        try await source.run { connection in
            let rows = try connection.query(
                "select pg_catalog.pg_current_wal_flush_lsn(), extract(epoch from clock_timestamp())")
            guard let end = rows[0, 0].flatMap({ LSN($0) }) else { throw StateError.unexpected("no WAL position") }
            return SourceProbe(
                end: end, clock: rows.double(0, 1) ?? 0, slot: try SlotStatus.read(connection, slot: slot))
        }
    }
}
