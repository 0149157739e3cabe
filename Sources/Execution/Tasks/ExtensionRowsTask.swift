private import Faults
private import PlanFile
package import Planning
internal import Postgres

/// Copies what the user keeps in the tables of an extension: time zones' rules, spatial reference systems, jobs.
package enum ExtensionRowsTask {
    package static func run(_ rows: ExtensionRows, _ scope: TaskScope) throws -> TaskOutcome {
        let source = try scope.ends.source()
        return try reading(source, scope) {
            try scope.inTransaction(generation: scope.snapshot?.generation) { target in
                try target.execute("savepoint extension_rows; \(CopyTask.silence); \(ExpressionPath.own)")
                do {
                    let copied = try rows.tables.reduce(0) { count, table in
                        try count + copy(table, replaces: rows.replaces, from: source, to: target, scope.meter)
                    }
                    FaultPoint.extensionRowsMoved.pass()
                    return TaskOutcome(rows: copied)
                } catch let error as PostgresError where error.sqlState == "42501" {
                    // The tables of a trusted extension belong to the server's first superuser.
                    try target.execute("rollback to savepoint extension_rows")
                    let tables = rows.tables.map(\.name.description).joined(separator: ", ")
                    return TaskOutcome(
                        warning: "the rows of extension \(rows.name) are not copied, because the role may not write to "
                            + "\(tables): copy them by hand")
                }
            }
        }
    }

    /// Offline, under the run's snapshot; live, behind the drain, what is there now.
    private static func reading<R>(_ source: Connection, _ scope: TaskScope, _ body: () throws -> R) throws -> R {
        if let snapshot = scope.snapshot { return try SourceReading.transaction(source, under: snapshot, body) }
        guard scope.context.isLive else { throw SnapshotLost(id: "") }
        return try source.transaction("begin isolation level repeatable read read only", body)
    }

    /// The columns that both sides have: the versions may differ.
    private static func copy(
        _ table: ExtensionRows.Table, replaces: Bool, from source: Connection, to target: Connection,
        _ meter: CopyMeter,
    ) throws -> Int64 {
        let there = try columns(table.name, source)
        let here = Set(try columns(table.name, target))
        let names = there.filter(here.contains).map(QualifiedName.quoted).joined(separator: ", ")
        guard !names.isEmpty else { return 0 }
        let name = table.name.sql
        var into = name
        if replaces {
            // Those of an earlier try, before the source was found changed.
            try target.execute("delete from \(name) \(table.condition)")
        } else {
            into = "pg_temp.skein_rows"
            try target.execute("create temp table skein_rows on commit drop as select \(names) from \(name) limit 0")
        }
        let copied = try CopyPump.run(
            from: source, "copy (select \(names) from \(name) \(table.condition)) to stdout", to: target,
            "copy \(into) (\(names)) from stdin", copied: meter.bytes)
        guard !replaces else { return copied.rows }
        try target.execute(
            """
            insert into \(name) (\(names)) select \(names) from pg_temp.skein_rows on conflict do nothing;
            drop table pg_temp.skein_rows
            """)
        return copied.rows
    }

    private static func columns(_ table: QualifiedName, _ connection: Connection) throws -> [String] {
        let rows = try connection.query(
            """
            select a.attname from pg_catalog.pg_attribute a
            where a.attrelid = pg_catalog.to_regclass($1) and a.attnum > 0 and not a.attisdropped order by a.attnum
            """, [table.sql])
        return rows.indices.map { rows.text($0, 0) }
    }
}
