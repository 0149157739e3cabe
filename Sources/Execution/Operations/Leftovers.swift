private import Faults
private import Catalog
package import PlanFile
private import Planning
private import Postgres

/// What the target holds already of what a plan would create: what `migrate --drop-if-exists` drops.
package struct Leftovers: Sendable, Equatable {
    /// Statements that drop one object each, never what depends on it; in the order they are listed.
    private var statements: [String] = []
    /// What each is, for people: `table public.readings`.
    package private(set) var lines: [String] = []
    private var hasState: Bool
    /// Foreign servers among them, as SQL writes their names: their user mappings go with them.
    private var servers: [String] = []
    /// Who connects to the target, and whose objects may be among them.
    private var user: User
    private var owners: Set<String>

    package var isEmpty: Bool { statements.isEmpty && !hasState }

    package init(_ inspection: Inspection) {
        hasState = inspection.record != nil
        if let record = inspection.record { lines.append("state of migration \(record.name) in schema skein") }
        let (selection, target) = (inspection.selection, inspection.target)
        user = User(name: target.server.user, isSuperuser: target.server.isSuperuser)
        owners = Set(target.access.objects.filter { $0.kind != .database }.map(\.owner))
        let present = Dictionary(target.relations.map { ($0.name, $0) }) { first, _ in first }
        for name in selection.eventTriggers where target.eventTriggers.contains(name) {
            add("event trigger", QualifiedName.quoted(name), shown: "event trigger \(name)")
        }
        for relation in selection.relations {
            guard let there = present[relation.name] else { continue }
            guard !selection.existing.contains(relation.oid) else {
                // Its structure is the user's; what rows it holds are left from an earlier try, or in the way.
                statements.append("truncate \(there.name.sql)")
                lines.append("all rows of \(Self.word(there.kind)) \(there.name), which itself stays")
                continue
            }
            add(Self.word(there.kind), there.name.sql, shown: "\(Self.word(there.kind)) \(there.name)")
        }
        let sequences = Set(target.sequences.filter { $0.ownerTable == nil }.map(\.name))
        for sequence in selection.sequences where sequences.contains(sequence.name) {
            add("sequence", sequence.name.sql, shown: "sequence \(sequence.name)")
        }
        let objects = Set(target.objects.map { ObjectName($0) })
        for object in selection.objects where objects.contains(ObjectName(object)) {
            guard let word = Self.droppable[object.kind] else { continue }
            if object.kind == "server" { servers.append(object.identity) }
            // `for integer on language sql`, where DROP has no `on`.
            let name =
                object.kind == "transform"
                ? object.identity.replacing(" on language ", with: " language ") : object.identity
            add(word, name, shown: "\(object.kind) \(object.identity)")
        }
    }

    /// Drops everything listed and the migration's state, in one transaction; before that, what it made on the source.
    ///
    /// Nothing is dropped by `cascade`, so nothing that is not listed: what depends on what is found by trying, in
    /// rounds, until nothing is left or nothing moves.
    /// - Throws: the server's refusal of the first object that something else still needs.
    package func drop(_ plan: Plan) async throws {
        let (name, statements, servers) = (plan.name.value.text, statements, servers)
        let (user, owners) = (user, owners.sorted())
        // While the state still knows what the source was like.
        if hasState {
            if plan.mode.value == .live { try await WayBackCleaning.run(plan, lifting: true) }
            _ = try await CleanOperation.cleanSource(plan)
        }
        try await ServerAccess(plan, .target, purpose: "drop").run { target in
            try target.transaction {
                try target.execute("set local client_min_messages = error")
                if let record = try StateStore(target).migration(named: name) {
                    try LargeObjectTask.removeAll(migration: record.id, target)
                }
                try StateStore(target).remove(migrationNamed: name)
                // An earlier run may have handed them to roles that this one may act for.
                var borrower = RoleBorrower(target, user: user.name, isSuperuser: user.isSuperuser)
                for owner in owners { _ = try borrower.borrow(owner) }
                try Self.dropForeignKeys(of: statements, target)
                let mappings = try target.query(Self.selectUserMappings, [PostgresArray.literal(servers)])
                for row in mappings.indices { try target.execute(mappings.text(row, 0)) }
                var left = statements
                while !left.isEmpty {
                    var (refused, reason): ([String], PostgresError?) = ([], nil)
                    for statement in left {
                        do {
                            try target.savepoint { try target.execute(statement) }
                        } catch let error as PostgresError
                            where error.sqlState == "2BP01"
                            || error.sqlState == "0A000" && statement.hasPrefix("truncate ")
                        {
                            refused.append(statement)
                            reason = reason ?? error
                        }
                    }
                    if refused.count == left.count, let reason { throw reason }
                    left = refused
                }
                for role in borrower.borrowed { try RoleBorrower.giveBack(role, from: user.name, target) }
                FaultPoint.dropBegun.pass()
            }
        }
    }

    /// Tables that point at each other by foreign keys cannot be dropped one by one.
    private static func dropForeignKeys(of statements: [String], _ target: Connection) throws {
        let tables = statements.filter { $0.hasPrefix(tablePrefix) }.map { String($0.dropFirst(tablePrefix.count)) }
        let rows = try target.query(selectForeignKeys, [PostgresArray.literal(tables)])
        for row in rows.indices {
            try target.execute(
                "alter table \(rows.text(row, 0)) drop constraint if exists \(QualifiedName.quoted(rows.text(row, 1)))")
        }
    }

    private static let tablePrefix = "drop table if exists "
    private static let selectForeignKeys = """
        select c.conrelid::regclass::text, c.conname
        from pg_catalog.pg_constraint c
        where c.contype = 'f' and c.conparentid = 0
            and c.conrelid = any (
                select pg_catalog.to_regclass(t)::oid from unnest($1::text[]) t
                where pg_catalog.to_regclass(t) is not null)
        """

    private static let selectUserMappings = """
        select format(
            'drop user mapping if exists for %s server %I', case umuser when 0 then 'public' else quote_ident(usename) end,
            srvname)
        from pg_catalog.pg_user_mappings where quote_ident(srvname) = any ($1::text[])
        """

    private mutating func add(_ word: String, _ object: String, shown: String) {
        statements.append("drop \(word) if exists \(object)")
        lines.append(shown)
    }

    private static func word(_ kind: Catalog.Relation.Kind) -> String {
        switch kind {
        case .table, .partitionedTable: "table"
        case .foreignTable: "foreign table"
        case .view: "view"
        case .materializedView: "materialized view"
        }
    }

    /// Kinds as `pg_identify_object` calls them, and as DROP does. Others go with what they belong to.
    private static let droppable = [
        "function": "function", "procedure": "procedure", "aggregate": "aggregate", "type": "type",
        "domain": "domain", "collation": "collation", "operator": "operator", "conversion": "conversion",
        "operator class": "operator class", "operator family": "operator family", "cast": "cast",
        "text search configuration": "text search configuration", "text search dictionary": "text search dictionary",
        "text search parser": "text search parser", "text search template": "text search template",
        "foreign-data wrapper": "foreign data wrapper", "server": "server", "language": "language",
        "access method": "access method", "transform": "transform",
    ]

    private struct User: Sendable, Equatable {
        var name: String
        var isSuperuser: Bool
    }

    private struct ObjectName: Hashable {
        var kind: String
        var identity: String
        init(_ object: Catalog.SchemaObject) { (kind, identity) = (object.kind, object.identity) }
    }
}
