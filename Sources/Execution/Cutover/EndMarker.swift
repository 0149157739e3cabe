private import Faults
private import Planning
internal import Postgres

/// The second marker, right before a cutover is complete: changes of followed tables that lie between the first and this
/// one came past the cutover, and the follower counts them (EXACTNESS.md, 24).
struct EndMarker {
    private let context: RunContext

    init(_ context: RunContext) { self.context = context }

    /// Its token is in the state before it is in the stream, so that the follower knows it. A run that was killed in
    /// between writes it again, which is harmless: the first one counts. Once that was counted, a completion that is
    /// tried again asks anew: changes may have come since.
    func write(_ source: Connection, _ target: Connection) throws {
        let migration = String(context.migration)
        let rows = try target.query(
            "select end_marker, late_changes from skein.cutover where migration = $1 and not abandoned", [migration])
        guard rows.count == 1 else { throw NotYet() }
        let known = rows[0, 1] == nil ? rows[0, 0] : nil
        let token = known ?? Marker.newToken()
        if known == nil {
            try target.durably {
                _ = try target.query(
                    "update skein.cutover set end_marker = $2, late_changes = null where migration = $1",
                    [migration, token])
            }
        }
        let names = context.sourceNames
        try Marker(source, names, hasMessages: context.decisions.following?.hasMessages ?? true).write(token)
        FaultPoint.endMarkerWritten.pass()
    }
}
