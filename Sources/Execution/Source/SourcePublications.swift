private import Faults
package import PlanFile
package import Planning
package import Postgres

/// Makes a migration's publications on the source, and sees whether they are still the same.
package struct SourcePublications {
    /// Locks of one transaction; 10,000 tables at once would exceed the lock table of a server with default settings.
    private static let batch = 500

    private let source: Connection
    private let names: SourceNames
    private let attempts: Int

    package init(_ source: Connection, _ names: SourceNames, attempts: Int = 5) {
        self.source = source
        self.names = names
        self.attempts = attempts
    }

    private struct Wanted {
        var name: String
        var operations: [String]
        var tables: [QualifiedName]
    }

    private func wanted(_ following: FollowingDecision) -> [Wanted] {
        guard following.plugin == .pgoutput else { return [] }
        // Before PostgreSQL 11 there is no truncate in the stream.
        let truncate = source.serverVersion >= 110_000 ? ["truncate"] : []
        let marker = following.hasMessages ? [] : [names.marker]
        return [
            Wanted(
                name: names.publication, operations: ["insert", "update", "delete"] + truncate,
                tables: following.published + marker),
            Wanted(
                name: names.insertsPublication, operations: ["insert"] + truncate,
                tables: following.publishedForInserts),
        ]
    }

    /// Makes what is missing, completes what a crash left half made, and makes anew what is otherwise. Before there is a
    /// slot: a publication that is made later is unknown to the stream before (EXACTNESS.md, 1).
    /// - Returns: them as they are now.
    package func prepare(_ following: FollowingDecision) throws -> [SourcePublication] {
        let wanted = wanted(following)
        for publication in wanted {
            try make(publication)
            FaultPoint.publicationCreated.pass()
        }
        return try SourcePublication.read(source, wanted.map(\.name))
    }

    private func make(_ wanted: Wanted) throws {
        let oids = try oids(of: wanted.tables)
        let present = try SourcePublication.read(source, [wanted.name]).first
        var missing = wanted.tables
        if let present {
            let isOurs =
                present.operations == wanted.operations && !present.isViaRoot && !present.hasMore
                && Set(present.members.map(\.oid)).isSubset(of: oids.values)
            if isOurs {
                let members = Set(present.members.map(\.oid))
                missing = wanted.tables.filter { oids[$0].map { !members.contains($0) } ?? true }
            } else {
                try source.execute("drop publication \(QualifiedName.quoted(wanted.name))")
            }
            if isOurs, missing.isEmpty { return }
            if isOurs { return try add(missing[...], to: wanted, oids, isNew: false) }
        }
        try add(missing[...], to: wanted, oids, isNew: true)
    }

    private func add(
        _ tables: ArraySlice<QualifiedName>, to wanted: Wanted, _ oids: [QualifiedName: UInt32], isNew: Bool,
    ) throws {
        var (rest, isNew) = (tables, isNew)
        repeat {
            let part = rest.prefix(Self.batch)
            rest = rest.dropFirst(Self.batch)
            let list = part.map { "only " + $0.sql }.joined(separator: ", ")
            let name = QualifiedName.quoted(wanted.name)
            let statement =
                isNew
                ? "create publication \(name)\(part.isEmpty ? "" : " for table " + list) with (\(options(wanted)))"
                : "alter publication \(name) add table \(list)"
            let shown = "\(isNew ? "create" : "alter") publication \(name)"
            isNew = false
            let locked = part.compactMap { oids[$0] }
            try PatientStatement.run(source, shown, locking: locked, .shareUpdateExclusive, attempts: attempts) {
                try source.execute(statement)
                // Under the lock that `alter table … replica identity` and `drop index` wait for.
                if wanted.operations.contains("update") { try requireIdentities(locked) }
            }
        } while !rest.isEmpty
    }

    private func options(_ wanted: Wanted) -> String {
        let root = source.serverVersion >= 130_000 ? ", publish_via_partition_root = false" : ""
        return "publish = '\(wanted.operations.joined(separator: ", "))'" + root
    }

    private func oids(of tables: [QualifiedName]) throws -> [QualifiedName: UInt32] {
        let rows = try source.query(
            "select t.n, pg_catalog.to_regclass(t.name)::oid from unnest($1::text[]) with ordinality t (name, n)",
            [PostgresArray.literal(tables.map(\.sql))])
        var found: [QualifiedName: UInt32] = [:]
        for row in rows.indices {
            guard let number = rows.int(row, 0), let oid = rows.oid(row, 1) else { continue }
            found[tables[number - 1]] = oid
        }
        return found
    }

    /// - Throws: `SourceError.noIdentity`; the publication's transaction is rolled back then.
    private func requireIdentities(_ tables: [UInt32]) throws {
        let without = try withoutIdentity(tables)
        guard without.isEmpty else { throw SourceError.noIdentity(without) }
    }

    /// Tables whose updates are published and fail, because nothing names their rows any more: a key was dropped, or a
    /// partition came that has none.
    package func withoutIdentity() throws -> [QualifiedName] {
        let members = try SourcePublication.read(source, [names.publication]).flatMap(\.members)
        return try withoutIdentity(members.map(\.oid))
    }

    private func withoutIdentity(_ tables: [UInt32]) throws -> [QualifiedName] {
        let leaves =
            source.serverVersion >= 120_000
            ? "select p.relid from unnest($1::oid[]) t (o), lateral pg_catalog.pg_partition_tree(t.o) p where p.isleaf"
            : "select unnest($1::oid[])"
        let rows = try source.query(
            """
            select n.nspname, c.relname
            from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
            where c.oid in (\(leaves) union all select unnest($1::oid[])) and c.relkind = 'r'
                and c.relpersistence = 'p' and c.relreplident <> 'f' and not exists (\(Self.selectIdentityIndex))
            order by 1, 2
            """, [PostgresArray.literal(tables.map { String($0) })])
        return rows.indices.map { QualifiedName(schema: rows.text($0, 0), name: rows.text($0, 1)) }
    }

    /// What the server itself takes (relcache.c, RelationGetIndexList): a deferrable primary key is none.
    private static let selectIdentityIndex = """
        select from pg_catalog.pg_index x
        where x.indrelid = c.oid and x.indisvalid and x.indimmediate
            and (c.relreplident = 'd' and x.indisprimary or c.relreplident = 'i' and x.indisreplident)
        """

    // MARK: Still the same

    /// To be called at every start, before anything is received.
    /// - Parameter stored: as `prepare` returned them.
    /// - Throws: `SourceError.publicationsChanged`.
    package func verify(_ stored: [SourcePublication]) throws {
        let present = try SourcePublication.read(source, stored.map(\.name))
        let existing = try existing(Set(stored.flatMap { $0.members.map(\.oid) }))
        let changes = stored.flatMap { Self.changes($0, present, existing: existing) }
        guard changes.isEmpty else { throw SourceError.publicationsChanged(changes) }
    }

    /// What differs, in words. A table that was dropped is the source's schema's matter, not its publication's.
    static func changes(
        _ stored: SourcePublication, _ present: [SourcePublication], existing: Set<UInt32>,
    ) -> [String] {
        guard let now = present.first(where: { $0.name == stored.name }) else {
            return ["publication \(stored.name) is gone"]
        }
        guard now.oid == stored.oid else { return ["publication \(stored.name) was dropped and made again"] }
        var changes: [String] = []
        if now.operations != stored.operations {
            let operations = now.operations.joined(separator: ", ")
            changes.append("publication \(stored.name) publishes '\(operations)'")
        }
        if now.isViaRoot != stored.isViaRoot {
            changes.append("publication \(stored.name) has publish_via_partition_root = \(now.isViaRoot)")
        }
        if now.hasMore, !stored.hasMore {
            changes.append("publication \(stored.name) has schemas, row filters or column lists")
        }
        let (before, after) = (Set(stored.members.map(\.oid)), Set(now.members.map(\.oid)))
        for member in stored.members where !after.contains(member.oid) && existing.contains(member.oid) {
            changes.append("\(member.table) was taken out of publication \(stored.name)")
        }
        for member in now.members where !before.contains(member.oid) {
            changes.append("\(member.table) was added to publication \(stored.name)")
        }
        return changes
    }

    private func existing(_ tables: Set<UInt32>) throws -> Set<UInt32> {
        let rows = try source.query(
            "select oid from pg_catalog.pg_class where oid = any ($1::oid[])",
            [PostgresArray.literal(tables.sorted().map { String($0) })])
        return Set(rows.indices.compactMap { rows.oid($0, 0) })
    }

    // MARK: Away with them

    /// - Returns: the names of those that were there.
    package func drop() throws -> [String] {
        let present = try SourcePublication.read(source, [names.publication, names.insertsPublication])
        for publication in present {
            let statement = "drop publication if exists \(QualifiedName.quoted(publication.name))"
            try PatientStatement.run(
                source, statement, locking: publication.members.map(\.oid), .shareUpdateExclusive, attempts: attempts
            ) {
                try source.execute(statement)
            }
        }
        return present.map(\.name)
    }
}
