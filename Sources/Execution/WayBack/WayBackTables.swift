internal import PlanFile
internal import Planning
internal import Postgres

/// What of the target's tables decides how their changes are carried back.
struct WayBackTables {
    struct Fact: Sendable, Equatable {
        var oid: UInt32
        /// As in `pg_class`: `p`, or `u` for unlogged ones.
        var persistence: String
        /// As in `alter table … replica identity …`.
        var identity: String
        /// Of the primary key, where it may name rows: valid and not deferrable.
        var primaryKey: [String]?
        /// Of the index that is the replica identity.
        var identityIndex: [String]?
        /// Of a hypertable.
        var chunks: FollowingDecision.FollowedChunks?
    }

    let facts: [QualifiedName: Fact]

    init(facts: [QualifiedName: Fact]) { self.facts = facts }

    /// - Parameter following: as the source was followed.
    static func read(_ target: Connection, _ following: FollowingDecision) throws -> WayBackTables {
        let names = Set(following.tables.map { $0.target ?? $0.name }).sorted()
        let parameters = [PostgresArray.literal(names.map(\.schema)), PostgresArray.literal(names.map(\.name))]
        let rows = try target.query(selectFacts, parameters)
        var chunks: [QualifiedName: FollowingDecision.FollowedChunks] = [:]
        if try target.scalar("select pg_catalog.to_regclass('_timescaledb_catalog.hypertable')") != nil {
            let hypertables = try target.query(selectHypertables, parameters)
            for row in hypertables.indices {
                chunks[QualifiedName(schema: hypertables.text(row, 0), name: hypertables.text(row, 1))] =
                    .init(schema: hypertables.text(row, 2), prefix: hypertables.text(row, 3), others: [])
            }
        }
        var facts: [QualifiedName: Fact] = [:]
        for row in rows.indices {
            let name = QualifiedName(schema: rows.text(row, 0), name: rows.text(row, 1))
            facts[name] = Fact(
                oid: rows.oid(row, 2) ?? 0, persistence: rows.text(row, 3),
                identity: clause(rows.text(row, 4), index: rows[row, 5]),
                primaryKey: rows[row, 6].map(PostgresArray.elements),
                identityIndex: rows[row, 7].map(PostgresArray.elements), chunks: chunks[name])
        }
        return WayBackTables(facts: facts)
    }

    private static func clause(_ kind: String, index: String?) -> String {
        switch kind {
        case "f": "full"
        case "n": "nothing"
        case "i": index.map { "using index " + QualifiedName.quoted($0) } ?? "nothing"
        default: "default"
        }
    }

    /// What may be an identity, as the server sees it (relcache.c, RelationGetIndexList).
    private static let selectFacts = """
        select n.nspname, c.relname, c.oid, c.relpersistence, c.relreplident, i.relname, \(columns("p")), \(columns("x"))
        from unnest($1::text[], $2::text[]) as wanted (s, t)
        join pg_catalog.pg_namespace n on n.nspname = wanted.s
        join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = wanted.t and c.relkind in ('r', 'p')
        left join pg_catalog.pg_index p
            on p.indrelid = c.oid and p.indisprimary and p.indisvalid and p.indimmediate
        left join pg_catalog.pg_index x
            on x.indrelid = c.oid and x.indisreplident and x.indisvalid and x.indimmediate
        left join pg_catalog.pg_class i on i.oid = x.indexrelid
        """

    /// Of index `alias`; null where there is none.
    private static func columns(_ alias: String) -> String {
        """
        case when \(alias).indexrelid is not null then array(
            select a.attname
            from unnest(\(alias).indkey[0:\(alias).indnkeyatts - 1]) with ordinality k (number, place)
            join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = k.number order by k.place)::text[] end
        """
    }

    private static let selectHypertables = """
        select h.schema_name, h.table_name, h.associated_schema_name, h.associated_table_prefix
        from unnest($1::text[], $2::text[]) as wanted (s, t)
        join _timescaledb_catalog.hypertable h on h.schema_name = wanted.s and h.table_name = wanted.t
        """

    // MARK: The decision

    /// How the target is followed, or why it cannot be. Pure.
    /// - Parameter forth: as the source was followed.
    /// - Throws: `WayBackClosed` with every obstacle.
    func decide(_ forth: FollowingDecision, plugin choice: Plan.Plugin) throws(WayBackClosed) -> FollowingDecision {
        var (tables, obstacles): ([QualifiedName: FollowingDecision.Table], [String]) = ([:], [])
        for table in forth.tables {
            let name = table.target ?? table.name
            guard tables[name] == nil else { continue }
            guard let fact = facts[name] else {
                obstacles.append("\(name) is not on the target")
                continue
            }
            if let obstacle = Self.obstacle(table, fact) {
                obstacles.append("\(name) \(obstacle)")
                continue
            }
            var back = FollowingDecision.Table(
                name: name, oid: fact.oid, identity: table.identity, change: Self.change(table, fact), why: table.why)
            back.chunks = fact.chunks
            tables[name] = back
        }
        guard obstacles.isEmpty else { throw WayBackClosed(obstacles: Set(obstacles).sorted()) }
        let all = tables.values.sorted { $0.name < $1.name }
        let plugin = WayBackPlugin.choose(choice, hasHypertables: all.contains { $0.chunks != nil })
        let isPublished = plugin == .pgoutput
        // Roots stand for their partitions, so that those made later are in the stream.
        let published = forth.published.isEmpty ? all.map(\.name) : forth.published
        return FollowingDecision(
            plugin: plugin, pluginWhy: "the way back", isBinary: false, hasMessages: true, tables: all,
            published: isPublished ? published : [], publishedForInserts: [])
    }

    private static func obstacle(_ table: FollowingDecision.Table, _ fact: Fact) -> String? {
        if table.chunks != nil { return "is a hypertable of the source" }
        if fact.persistence != "p" { return "is unlogged, so that its changes are not in the target's WAL" }
        switch table.identity {
        case .insertsOnly: return "has no identity, so that updates and deletes could not be carried back"
        case .full:
            return fact.chunks == nil ? nil : "is a hypertable whose rows are named by all columns"
        case .columns(let names):
            if fact.primaryKey.map({ Set($0) == Set(names) }) ?? false {
                return fact.chunks == nil || fact.identity == "default"
                    ? nil : "is a hypertable with a replica identity of its own"
            }
            if fact.chunks != nil { return "is a hypertable whose primary key is not the source's" }
            let hasIndex = table.change?.clause.hasPrefix("using index") ?? false
            if hasIndex || fact.identityIndex.map({ Set($0) == Set(names) }) ?? false { return nil }
            return "has no key on the target by the columns that name its rows on the source"
        }
    }

    /// What gives a table of the target the identity that it was followed by on the source.
    private static func change(
        _ table: FollowingDecision.Table, _ fact: Fact,
    ) -> FollowingDecision.IdentityChange? {
        let wanted: String
        switch table.identity {
        case .insertsOnly: return nil
        case .full: wanted = "full"
        case .columns(let names):
            if let index = fact.identityIndex, Set(index) == Set(names) { return nil }
            if let clause = table.change?.clause, clause.hasPrefix("using index") {
                wanted = clause
            } else {
                wanted = "default"
            }
        }
        return wanted == fact.identity
            ? nil : FollowingDecision.IdentityChange(clause: wanted, before: fact.identity)
    }
}

/// The way back cannot be opened as the target stands.
struct WayBackClosed: ToldError, Equatable {
    var obstacles: [String]
    var object: String? { nil }
    var summary: String {
        let more = obstacles.count > 10 ? " and \(obstacles.count - 10) more" : ""
        return "there is no way back for: " + obstacles.prefix(10).joined(separator: "; ") + more
    }
    var cure: String? {
        "run `skein cutover --abort`, which lets the application go on with the source; the migration can be begun "
            + "without `cutover.fallback`"
    }
    var mayPass: Bool { false }
}
