internal import Postgres

/// What others ask of a live migration, by the state: looked at several times a second while one runs.
package struct LiveWatch: Sendable, Equatable {
    package enum Gate: String, Sendable {
        case closed, open
        /// Given up: what was done of the cutover is to be undone.
        case abandoned
        case completed
    }

    package var gate: Gate
    /// Token of the marker that nothing is applied behind, once it is in the source's stream.
    package var marker: String?
    /// Why the stream is broken, until it is repaired.
    package var broken: String?
    /// Why the source refused the last cutover.
    package var refusal: String?
    /// Somebody wants tables to be copied again.
    package var hasResyncWishes: Bool

    static func look(_ control: Session, migration: Int64) async throws -> LiveWatch {
        try await control.run { target in
            let rows = try target.query(Self.select, [String(migration)])
            guard rows.count > 0 else { throw StateError.unexpected("the migration's state is gone") }
            return LiveWatch(
                gate: Gate(rawValue: rows.text(0, 0)) ?? .closed, marker: rows[0, 1], broken: rows[0, 2],
                refusal: rows[0, 4], hasResyncWishes: rows.bool(0, 3))
        }
    }

    private static let select = """
        select case when c.migration is null then 'closed' when c.completed is not null then 'completed'
                when c.abandoned then 'abandoned' else 'open' end,
            case when s.marker_lsn is not null then s.marker end, s.broken,
            exists (select from skein.resync r where r.migration = m.id), s.refusal
        from skein.migration m
        left join skein.stream s on s.migration = m.id
        left join skein.cutover c on c.migration = m.id
        where m.id = $1
        """
}
