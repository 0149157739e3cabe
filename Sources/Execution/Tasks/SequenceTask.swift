package import PlanFile
private import Planning
internal import Postgres

/// Sets the target's sequences, those of identity columns among them, to where the source's stand.
package enum SequenceTask {
    /// How many values are left out where the source may go on counting (`fence: none`): so many increments, or so many
    /// caches of the sequence if that is more.
    static let margin = (increments: 1000, caches: 10)

    package static func run(_ sequences: [QualifiedName], _ scope: TaskScope) throws -> TaskOutcome {
        let source = try scope.ends.source()
        return try scope.inTransaction { target in
            let fence = try scope.context.isLive ? CutoverLog(target, scope.context.migration).fence() : nil
            let isOpen = fence == Plan.Cutover.Fence.none
            for batch in batches(sequences) {
                try set(read(batch, source, withMargin: isOpen), target)
            }
            return TaskOutcome(rows: Int64(sequences.count))
        }
    }

    /// Where a sequence is to stand.
    struct Position: Sendable, Equatable {
        var name: QualifiedName
        var value: String
        var isCalled: String
    }

    /// Sets again those whose value on the source is beyond the target's; never back, since somebody may already use
    /// the target.
    /// - Returns: the sequences that were set.
    static func advance(
        _ sequences: [QualifiedName], _ source: Connection, _ target: Connection, withMargin: Bool,
    ) throws -> [QualifiedName] {
        var moved: [QualifiedName] = []
        for batch in batches(sequences) {
            let (there, here) = (try read(batch, source, withMargin: false), try read(batch, target, withMargin: false))
            let isAscending = try increments(batch, target)
            let behind = batch.indices.filter { index in
                let (wanted, present) = (next(there[index], isAscending[index]), next(here[index], isAscending[index]))
                return isAscending[index] ? wanted > present : wanted < present
            }
            guard !behind.isEmpty else { continue }
            let names = behind.map { batch[$0] }
            try set(read(names, source, withMargin: withMargin), target)
            moved += names
        }
        return moved
    }

    /// A value that was not given out yet counts as one step less.
    private static func next(_ position: Position, _ isAscending: Bool) -> Int64 {
        let value = Int64(position.value) ?? 0
        if position.isCalled == "t" { return value }
        return isAscending ? value.subtractingReportingOverflow(1).partialValue : value &+ 1
    }

    private static func batches(_ sequences: [QualifiedName]) -> [[QualifiedName]] {
        stride(from: 0, to: sequences.count, by: 200).map { Array(sequences[$0..<min($0 + 200, sequences.count)]) }
    }

    /// In the order of `batch`. Not MVCC: a sequence shows its present value to every snapshot.
    static func read(_ batch: [QualifiedName], _ source: Connection, withMargin: Bool) throws -> [Position] {
        let values = try source.query(
            batch.enumerated().map { index, name in
                "select \(index), \(withMargin ? moved(name) : "last_value, is_called") from \(name.sql)"
                    + (withMargin ? " q join pg_catalog.pg_sequence s on s.seqrelid = \(literal(name))" : "")
            }
            .joined(separator: " union all ") + " order by 1")
        return values.indices.map { row in
            Position(name: batch[row], value: values.text(row, 1), isCalled: values.text(row, 2))
        }
    }

    /// Within the sequence's own bounds, in its direction; numeric, because the sum may exceed a bigint.
    private static func moved(_ name: QualifiedName) -> String {
        let step = "greatest(\(margin.increments), \(margin.caches) * s.seqcache)::numeric * s.seqincrement"
        return "least(greatest(q.last_value::numeric + \(step), s.seqmin), s.seqmax)::bigint as last_value, "
            + "true as is_called"
    }

    private static func increments(_ batch: [QualifiedName], _ target: Connection) throws -> [Bool] {
        let rows = try target.query(
            """
            select s.seqincrement > 0 from unnest($1::text[]) with ordinality v (name, n)
            join pg_catalog.pg_sequence s on s.seqrelid = v.name::regclass order by v.n
            """, [PostgresArray.literal(batch.map(\.sql))])
        return rows.indices.map { rows.bool($0, 0) }
    }

    private static func literal(_ name: QualifiedName) -> String { Piece.literal(name.sql) + "::regclass" }

    private static func set(_ positions: [Position], _ target: Connection) throws {
        try target.query(
            setValues,
            [
                PostgresArray.literal(positions.map(\.name.sql)), PostgresArray.literal(positions.map(\.value)),
                PostgresArray.literal(positions.map(\.isCalled)),
            ])
    }

    private static let setValues = """
        select pg_catalog.setval(v.name::regclass, v.value, v.called)
        from unnest($1::text[], $2::bigint[], $3::boolean[]) as v (name, value, called)
        """
}
