private import PlanFile
package import Planning

/// What makes a table a hypertable, for TimescaleDB 2.13 and later (tried with 2.19.3 and 2.31.0).
package enum HypertableDDL {
    /// The statements, in order; the table is empty and not yet a hypertable. Functions are named by the schema that
    /// holds the extension.
    ///
    /// `create_default_indexes => false`: without the time index the copy takes half the time (FACTS.md); what the
    /// source has, or needs, is built afterwards.
    package static func create(_ definition: HypertableDefinition, extensionSchema: String = "public") -> [String] {
        let schema = QualifiedName.quoted(extensionSchema)
        let table = Piece.literal(definition.table.sql) + "::pg_catalog.regclass"
        let interval = definition.chunkInterval.map { ", partition_interval => " + literal($0) } ?? ""
        let range = "\(schema).by_range(\(Piece.literal(definition.timeColumn))\(interval))"
        var statements = [
            "select \(schema).create_hypertable(\(table), \(range), create_default_indexes => false)"
        ]
        if let space = definition.space {
            let hash = "\(schema).by_hash(\(Piece.literal(space.column)), \(space.partitions))"
            statements.append("select \(schema).add_dimension(\(table), \(hash))")
        }
        for dimension in definition.further ?? [] {
            let builder =
                switch dimension {
                case .hash(let space): "by_hash(\(Piece.literal(space.column)), \(space.partitions))"
                case .range(let column, let interval):
                    "by_range(\(Piece.literal(column)), partition_interval => \(literal(interval)))"
                }
            statements.append("select \(schema).add_dimension(\(table), \(schema).\(builder))")
        }
        if let function = definition.integerNow {
            statements.append(
                "select \(schema).set_integer_now_func(\(table), \(Piece.literal(function))::pg_catalog.regproc)")
        }
        return statements
    }

    /// By type, so that the argument is an integer for integer columns and an interval for the others.
    static func literal(_ interval: HypertableDefinition.Interval) -> String {
        switch interval {
        case .interval(let text): Piece.literal(text) + "::pg_catalog.interval"
        case .integer(let number): "\(number)::bigint"
        }
    }
}
