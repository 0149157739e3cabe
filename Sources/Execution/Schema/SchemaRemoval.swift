private import PlanFile
package import Postgres

/// Takes back what stages restored that come behind the gate: triggers, rules, policies, row security, event triggers.
///
/// What an entry made is found on the target by pg_dump's own title for it, `TABLE NAME` with line breaks as blanks.
package enum SchemaRemoval {
    /// Drops what the stages made, and marks their entries as not restored. Harmless when done twice, or where only a
    /// part was restored. In the caller's transaction.
    package static func run(_ stages: [SchemaStage], migration: Int64, on target: Connection) throws {
        let parameters = [String(migration), PostgresArray.literal(stages.map(\.rawValue))]
        // Clones on partitions go with their parent's.
        let clones = target.serverVersion >= 130_000 ? "and t.tgparentid = 0" : ""
        for query in [selectEventTriggers, selectTriggers(clones), selectRules, selectPolicies, selectRowSecurity] {
            let rows = try target.query(query, parameters)
            for row in rows.indices { try target.execute(rows.text(row, 0)) }
        }
        try SchemaEntryStore(migration: migration).markUndone(stages, on: target)
    }

    private static let entries = """
        from skein.schema_entry e
        join pg_catalog.pg_namespace n on translate(n.nspname, E'\\n\\r', '  ') = e.schema
        join pg_catalog.pg_class c on c.relnamespace = n.oid
        """
    private static let wanted = "e.migration = $1 and e.stage = any ($2::text[]) and e.done"

    private static func title(_ name: String) -> String {
        "e.name = translate(c.relname || ' ' || \(name), E'\\n\\r', '  ')"
    }

    private static let selectEventTriggers = """
        select format('drop event trigger %I', t.evtname)
        from skein.schema_entry e
        join pg_catalog.pg_event_trigger t on translate(t.evtname, E'\\n\\r', '  ') = e.name
        where \(wanted) and e.type = 'EVENT TRIGGER'
        """

    private static func selectTriggers(_ clones: String) -> String {
        """
        select format('drop trigger %I on %I.%I', t.tgname, n.nspname, c.relname)
        \(entries)
        join pg_catalog.pg_trigger t on t.tgrelid = c.oid and not t.tgisinternal \(clones)
        where \(wanted) and e.type = 'TRIGGER' and \(title("t.tgname"))
        """
    }

    private static let selectRules = """
        select format('drop rule %I on %I.%I', r.rulename, n.nspname, c.relname)
        \(entries)
        join pg_catalog.pg_rewrite r on r.ev_class = c.oid and r.rulename <> '_RETURN'
        where \(wanted) and e.type = 'RULE' and \(title("r.rulename"))
        """

    private static let selectPolicies = """
        select format('drop policy %I on %I.%I', p.polname, n.nspname, c.relname)
        \(entries)
        join pg_catalog.pg_policy p on p.polrelid = c.oid
        where \(wanted) and e.type = 'POLICY' and \(title("p.polname"))
        """

    private static let selectRowSecurity = """
        select format('alter table %I.%I disable row level security', n.nspname, c.relname)
        \(entries)
        where \(wanted) and e.type = 'ROW SECURITY' and c.relrowsecurity
            and e.name = translate(c.relname, E'\\n\\r', '  ')
        """
}
