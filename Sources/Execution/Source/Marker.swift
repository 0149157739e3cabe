private import Faults
private import PlanFile
package import LogicalDecoding
package import Planning
package import Postgres

/// Names a point in the source's change stream: what committed before it lies before it (DESIGN.md, section 9).
package struct Marker {
    private let source: Connection
    private let names: SourceNames
    private let hasMessages: Bool

    package init(_ source: Connection, _ names: SourceNames, hasMessages: Bool) {
        self.source = source
        self.names = names
        self.hasMessages = hasMessages
    }

    /// A token that no marker had before.
    package static func newToken() -> String {
        var numbers = SystemRandomNumberGenerator()
        return [numbers.next(), numbers.next()].map { String($0, radix: 16) }.joined(separator: "-")
    }

    /// Writes a marker.
    ///
    /// With `synchronous_commit = local` the commit is flushed, and with it everything that committed asynchronously
    /// before; and no absent standby can hang it (EXACTNESS.md, 25).
    /// - Returns: a position behind the marker's commit.
    @discardableResult
    package func write(_ token: String) throws -> LSN {
        try source.transaction("begin; set local synchronous_commit = local; set local transaction_read_only = off") {
            if hasMessages {
                _ = try source.query(
                    "select pg_catalog.pg_logical_emit_message(true, $1, $2::text)", [SourceNames.messagePrefix, token])
            } else {
                _ = try source.query("insert into \(names.marker.sql) (token) values ($1)", [token])
            }
        }
        return try position()
    }

    private func position() throws -> LSN {
        let text = try source.scalar("select pg_catalog.pg_current_wal_insert_lsn()")
        guard let lsn = text.flatMap({ LSN($0) }) else { throw PostgresError.unexpected("no WAL position") }
        return lsn
    }

    /// Writes the cutover's marker. Its token is on the target's disk before it is in the stream. One that a crash left
    /// without a position means nothing any more: another is written.
    /// - Parameter target: holds the state.
    package func writeOnce(_ target: Connection, migration: Int64) throws {
        let store = StreamStore(target, migration: migration)
        if let record = try store.record(), record.marker != nil, record.markerLSN != nil { return }
        let token = Self.newToken()
        let floor = try position()
        try target.durably { try store.setMarker(token, floor: floor) }
        FaultPoint.markerStored.pass()
        let lsn = try write(token)
        FaultPoint.markerWritten.pass()
        try target.durably { try store.setMarkerLSN(lsn, of: token) }
    }
}
