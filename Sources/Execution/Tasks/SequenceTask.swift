package import PlanFile
private import Planning
private import Postgres

/// Sets the target's sequences, those of identity columns among them, to where the source's stand.
package enum SequenceTask {
    package static func run(_ sequences: [QualifiedName], _ scope: TaskScope) throws -> TaskOutcome {
        let source = try scope.ends.source()
        return try scope.inTransaction { target in
            for start in stride(from: 0, to: sequences.count, by: 200) {
                let batch = Array(sequences[start..<min(start + 200, sequences.count)])
                // Not MVCC: a sequence shows its present value to every snapshot.
                let values = try source.query(
                    batch.enumerated().map { index, name in
                        "select \(index), last_value, is_called from \(name.sql)"
                    }
                    .joined(separator: " union all ") + " order by 1")
                try target.query(
                    setValues,
                    [
                        PostgresArray.literal(batch.map(\.sql)),
                        PostgresArray.literal(values.indices.map { values.text($0, 1) }),
                        PostgresArray.literal(values.indices.map { values.text($0, 2) }),
                    ])
            }
            return TaskOutcome(rows: Int64(sequences.count))
        }
    }

    private static let setValues = """
        select pg_catalog.setval(v.name::regclass, v.value, v.called)
        from unnest($1::text[], $2::bigint[], $3::boolean[]) as v (name, value, called)
        """
}
