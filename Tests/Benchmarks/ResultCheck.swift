import Postgres

/// What must be the same on source and target after a run, so that a fast contender is not one that did less.
struct ResultCheck {
    var tables: [String]
    /// One text that both sides must agree on, where the definitions are to be compared too.
    var definitions: String?
    /// One truth about the target.
    var condition: (holds: String, fault: String)?

    static let rows = ResultCheck(tables: ["readings"])
    static let wholeDatabase = ResultCheck(
        tables: ["readings", "alerts", "devices", "configs"], definitions: indexesAndConstraints)
    static let hypertable = ResultCheck(
        tables: ["readings"], condition: (chunksWithTimeIndex, "readings is no hypertable with a time index per chunk"))

    /// - Throws: a sentence that says what differs.
    func compare(_ source: Connection, _ target: Connection) throws {
        for table in tables {
            let count = "select count(*) from public.\(table)"
            let (expected, found) = (try source.scalar(count) ?? "", try target.scalar(count) ?? "")
            guard expected == found else {
                throw BenchmarkFailure("\(table) has \(found) rows on the target, \(expected) on the source")
            }
        }
        if let definitions {
            let (expected, found) = (try source.scalar(definitions) ?? "", try target.scalar(definitions) ?? "")
            guard expected == found else {
                throw BenchmarkFailure("the target has\n\(found)\nthe source\n\(expected)")
            }
        }
        if let condition, try target.scalar(condition.holds) != "t" { throw BenchmarkFailure(condition.fault) }
    }

    /// Not NULL constraints are in pg_constraint from PostgreSQL 18 on: not of interest here.
    private static let indexesAndConstraints = """
        select string_agg(definition, E'\\n' order by definition)
        from (
            select pg_catalog.pg_get_indexdef(i.indexrelid) || case when i.indisvalid then '' else ' INVALID' end
            from pg_catalog.pg_index i
            join pg_catalog.pg_class t on t.oid = i.indrelid
            where t.relnamespace = 'public'::regnamespace
            union all
            select c.conname || ' ' || pg_catalog.pg_get_constraintdef(c.oid)
            from pg_catalog.pg_constraint c
            where c.connamespace = 'public'::regnamespace and c.contype in ('p', 'u', 'f')
        ) as d (definition)
        """

    private static let chunksWithTimeIndex = """
        select count(*) > 0 and bool_and(exists (
            select from pg_catalog.pg_index i
            join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
            where i.indrelid = pg_catalog.format('%I.%I', chunk_schema, chunk_name)::regclass and a.attname = 'time'
        ))
        from timescaledb_information.chunks
        where hypertable_name = 'readings'
        """
}
