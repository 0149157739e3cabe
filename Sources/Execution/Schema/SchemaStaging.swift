private import PlanFile
package import Planning

/// Sorts a dump's entries into stages, and finds what goes with an excluded object.
package struct SchemaStaging {
    private let entries: [DumpEntry]
    /// Index in `entries` by dump id.
    private let positions: [Int: Int]
    private let isLive: Bool

    private init(_ entries: [DumpEntry], isLive: Bool) {
        self.entries = entries
        self.isLive = isLive
        positions = Dictionary(entries.enumerated().map { ($1.dumpID, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The entries in their order, each with its stage and with its SQL as it is to be run.
    /// - Parameter isLive: what acts on rows has a stage of its own, behind the applying of changes.
    package static func stage(
        _ entries: [DumpEntry], exclusions: Exclusions, isLive: Bool = false,
    ) -> [StagedEntry] {
        let staging = SchemaStaging(entries, isLive: isLive)
        var excluded = staging.excluded(exclusions)
        let flattened = staging.flattened(exclusions)
        excluded.formUnion(staging.rules(of: flattened))
        excluded.formUnion(staging.present(exclusions))
        var stages: [SchemaStage] = []
        let aggregates = Set(exclusions.aggregates ?? [])
        // Continuous aggregates, and what needs them: pg_dump puts that behind.
        var behindAggregates: Set<Int> = []
        // pg_dump sorts all that belongs after data behind all that belongs before.
        var isPostData = false
        for (position, entry) in entries.enumerated() {
            isPostData = isPostData || postDataTypes.contains(entry.type)
            let needed = entry.dependencies.compactMap { staging.positions[$0] }.filter { $0 < position }
                .map { stages[$0] }
            let isAggregate = entry.catalog == "pg_class" && aggregates.contains(entry.oid)
            let isBehind = entry.dependencies.contains { id in
                staging.positions[id].map(behindAggregates.contains) ?? false
            }
            if isAggregate || isBehind { behindAggregates.insert(position) }
            if isAggregate || isBehind, !excluded.contains(position), isOurs(entry, staging) {
                stages.append(isAggregate ? .skip : entry.type == "EVENT TRIGGER" ? .eventTrigger : .aggregate)
                continue
            }
            stages.append(
                excluded.contains(position) || isOurs(entry, staging) == false
                    ? .skip : staging.stage(entry, needed: needed, isPostData: isPostData))
        }
        return zip(entries, stages).enumerated().map { position, pair in
            var entry = flattened.contains(position) ? FlattenedTable.entry(pair.0) : pair.0
            if entry.type == "TABLE", let column = exclusions.partitioned?[entry.oid] {
                entry = divided(entry, by: column)
            }
            return StagedEntry(entry: prepared(entry), stage: pair.1)
        }
    }

    /// What is part of an object that the target has already, and stays as it is there.
    private static let ownTypes: Set<String> = [
        "DEFAULT", "CHECK CONSTRAINT", "TRIGGER", "RULE", "POLICY", "ROW SECURITY", "COMMENT", "SECURITY LABEL",
        "SEQUENCE OWNED BY", "STATISTICS", "TABLE ATTACH",
    ]

    /// Positions of objects that the target has already, and of what is theirs. What needs them is restored.
    private func present(_ exclusions: Exclusions) -> Set<Int> {
        let objects = Set(exclusions.present ?? [])
        guard !objects.isEmpty else { return [] }
        let own = Set(
            entries.indices.filter { position in
                let entry = entries[position]
                return entry.oid != 0 && objects.contains(ExcludedObject(catalog: entry.catalog, oid: entry.oid))
            })
        // Row security carries its table's oid without a catalog.
        let tables = Set(objects.map(\.oid))
        return own.union(
            entries.indices.filter { position in
                let entry = entries[position]
                if entry.type == "ROW SECURITY", tables.contains(entry.oid) { return true }
                guard Self.ownTypes.contains(entry.type), !(entry.type == "RULE" && entry.name.hasSuffix(" _RETURN"))
                else { return false }
                return entry.dependencies.contains { dependency in
                    positions[dependency].map { own.contains($0) && isPart(entry, of: entries[$0]) } ?? false
                }
            })
    }

    /// Rules, policies and triggers are titled by their own table; they may need others besides.
    private func isPart(_ entry: DumpEntry, of table: DumpEntry) -> Bool {
        guard ["TRIGGER", "RULE", "POLICY"].contains(entry.type) else { return true }
        return entry.schema == table.schema && entry.name.hasPrefix(table.name + " ")
    }

    /// Positions of the tables that are made as plain ones.
    private func flattened(_ exclusions: Exclusions) -> Set<Int> {
        let tables = Set(exclusions.flattened ?? [])
        guard !tables.isEmpty else { return [] }
        return Set(
            entries.indices.filter { position in
                let entry = entries[position]
                return entry.type == "TABLE" && entry.catalog == "pg_class" && tables.contains(entry.oid)
            })
    }

    /// Rules that send an inheritance parent's rows to its children: these are not there.
    private func rules(of flattened: Set<Int>) -> Set<Int> {
        guard !flattened.isEmpty else { return [] }
        return Set(
            entries.indices.filter { position in
                let entry = entries[position]
                return entry.type == "RULE"
                    && entry.dependencies.contains { dependency in
                        positions[dependency].map { flattened.contains($0) && isPart(entry, of: entries[$0]) } ?? false
                    }
            })
    }

    // MARK: Stages

    private static let postDataTypes: Set<String> = [
        "INDEX", "CONSTRAINT", "FK CONSTRAINT", "CHECK CONSTRAINT", "INDEX ATTACH", "TRIGGER", "RULE", "POLICY",
        "ROW SECURITY", "STATISTICS", "EVENT TRIGGER", "PUBLICATION", "SUBSCRIPTION",
    ]

    private static let rowTypes: Set<String> = ["TRIGGER", "RULE", "POLICY", "ROW SECURITY"]

    /// Of the rules only those that are no view: a view in a circle of dependencies comes as `RULE … _RETURN`, and other
    /// views need it.
    private static func actsOnRows(_ entry: DumpEntry) -> Bool {
        rowTypes.contains(entry.type) && !(entry.type == "RULE" && entry.name.hasSuffix(" _RETURN"))
    }

    private func stage(_ entry: DumpEntry, needed: [SchemaStage], isPostData: Bool) -> SchemaStage {
        switch entry.type {
        case "INDEX": return .index
        case "CONSTRAINT":
            // PostgreSQL 18 has NOT NULL constraints that are not valid; they are no index.
            return Self.isNotNull(entry) ? .postData : .constraint
        case "FK CONSTRAINT": return .foreignKey
        case "INDEX ATTACH": return .attach
        case "EVENT TRIGGER": return .eventTrigger
        default:
            // Comments on a materialized view's indexes: these follow its refresh, which follows all else.
            if needed.contains(.eventTrigger) || isOnIndexOfMaterializedView(entry) { return .eventTrigger }
            if isLive, Self.actsOnRows(entry) || needed.contains(.trigger) { return .trigger }
            let isLate = needed.contains { [.index, .constraint, .foreignKey, .attach, .postData].contains($0) }
            return isPostData || isLate ? .postData : .preData
        }
    }

    private func isOnIndexOfMaterializedView(_ entry: DumpEntry) -> Bool {
        needed(by: entry).contains { index in
            index.type == "INDEX" && needed(by: index).contains { $0.type == "MATERIALIZED VIEW" }
        }
    }

    private func needed(by entry: DumpEntry) -> [DumpEntry] {
        entry.dependencies.compactMap { positions[$0] }.map { entries[$0] }
    }

    private static func isNotNull(_ entry: DumpEntry) -> Bool {
        let statement = entry.sql.split { $0 == " " || $0 == "\n" }.joined(separator: " ")
        return statement.contains("ADD CONSTRAINT") && statement.contains("\" NOT NULL ")
            && statement.hasSuffix("NOT VALID;")
    }

    // MARK: What is not restored here

    private static let foreignTypes: Set<String> = [
        "ENCODING", "STDSTRINGS", "SEARCHPATH", "DATABASE", "DATABASE PROPERTIES", "EXTENSION", "TABLE DATA",
        "SEQUENCE SET", "MATERIALIZED VIEW DATA", "STATISTICS DATA", "BLOB", "BLOBS", "BLOB METADATA", "ACL",
        "DEFAULT ACL", "PUBLICATION", "PUBLICATION TABLE", "PUBLICATION TABLES IN SCHEMA", "SUBSCRIPTION",
        "SUBSCRIPTION TABLE",
    ]

    /// Extensions have tasks of their own, data too; privileges, publications and subscriptions are not migrated.
    private static func isOurs(_ entry: DumpEntry, _ staging: SchemaStaging) -> Bool {
        if foreignTypes.contains(entry.type) { return false }
        guard entry.type == "COMMENT" || entry.type == "SECURITY LABEL" else { return true }
        if let subject = entry.dependencies.first.flatMap({ staging.positions[$0] }) {
            return !foreignTypes.contains(staging.entries[subject].type)
        }
        if ["DATABASE ", "EXTENSION ", "LARGE OBJECT ", "PUBLICATION ", "SUBSCRIPTION "].contains(
            where: entry.name.hasPrefix)
        {
            return false
        }
        // Every database has it; on the target it may belong to somebody else.
        return entry.sql != "COMMENT ON SCHEMA \"public\" IS 'standard public schema';"
    }

    private func excluded(_ exclusions: Exclusions) -> Set<Int> {
        let objects = Set(exclusions.objects)
        let schemas = Set(exclusions.schemas.map(Self.asTitled))
        let extensions = Set(exclusions.extensions.map(Self.asTitled))
        var excluded: Set<Int> = []
        for (position, entry) in entries.enumerated() {
            let isExcluded =
                entry.oid != 0 && objects.contains(ExcludedObject(catalog: entry.catalog, oid: entry.oid))
                || schemas.contains(entry.schema) || entry.type == "SCHEMA" && schemas.contains(entry.name)
                || entry.type == "EXTENSION" && extensions.contains(entry.name)
            if isExcluded { excluded.insert(position) }
        }
        // A view in a circle of dependencies comes in two entries, of which the second needs the first. Its own
        // dependents may come before, so this goes round until nothing is added.
        var isGrowing = !excluded.isEmpty
        let attachments = partitionParents()
        while isGrowing {
            isGrowing = false
            for (position, entry) in entries.enumerated() where !excluded.contains(position) {
                let falls = entry.dependencies.contains { dependency in
                    guard let needed = positions[dependency], excluded.contains(needed) else { return false }
                    return !isSoft(entry, on: entries[needed], attachments)
                }
                guard falls else { continue }
                isGrowing = true
                excluded.insert(position)
                guard entry.type == "RULE", entry.name.hasSuffix(" _RETURN") else { continue }
                for view in entry.dependencies.compactMap({ positions[$0] }) where isView(view, of: entry) {
                    excluded.insert(view)
                }
            }
        }
        return excluded
    }

    private func isView(_ position: Int, of rule: DumpEntry) -> Bool {
        let view = entries[position]
        return view.type == "VIEW" && view.schema == rule.schema && rule.name == view.name + " _RETURN"
    }

    /// Parents by partition, by dump ids.
    private func partitionParents() -> [Int: Int] {
        var parents: [Int: Int] = [:]
        for entry in entries where entry.type == "TABLE ATTACH" {
            let tables = entry.dependencies.filter { $0 != entry.dumpID }
            for child in tables {
                guard let position = positions[child],
                    let parent = entries[position].dependencies.first(where: tables.contains)
                else { continue }
                parents[child] = parent
            }
        }
        return parents
    }

    /// Whether `entry` can be made without `needed`: a partition without its parent, a sequence without the table that
    /// owns it. The statements that tie them together have entries of their own, which fall.
    private func isSoft(_ entry: DumpEntry, on needed: DumpEntry, _ parents: [Int: Int]) -> Bool {
        if parents[entry.dumpID] == needed.dumpID { return true }
        return entry.type == "SEQUENCE" && entry.sql.hasPrefix("CREATE ")
            && (needed.type == "TABLE" || needed.type == "FOREIGN TABLE")
    }

    /// pg_dump's `sanitize_line`.
    private static func asTitled(_ name: String) -> String {
        String(name.map { $0 == "\n" || $0 == "\r" || $0 == "\r\n" ? " " : $0 })
    }

    /// The table's first statement with PARTITION BY in the place of what a partitioned table cannot have: pg_dump writes
    /// what is behind the columns on lines of their own.
    private static func divided(_ entry: DumpEntry, by column: String) -> DumpEntry {
        var statements = SQLStatements.split(entry.sql)
        guard let first = statements.first, let end = first.ranges(of: "\n)").last else { return entry }
        statements[0] = first[..<end.upperBound] + "\nPARTITION BY RANGE (\(QualifiedName.quoted(column)));"
        var entry = entry
        entry.sql = statements.joined(separator: "\n")
        return entry
    }

    private static func prepared(_ entry: DumpEntry) -> DumpEntry {
        var entry = entry
        // It may be there already: `public`, or one that an extension needs.
        if entry.type == "SCHEMA", let rest = entry.sql.dropping(prefix: "CREATE SCHEMA ") {
            entry.sql = "CREATE SCHEMA IF NOT EXISTS " + rest
        }
        let settings = entry.settings.compactMap { $0.dropping(prefix: "SET ") }
        if !settings.isEmpty {
            let resets = settings.map { "SET LOCAL \(Self.reset($0));" }
            entry.sql = (settings.map { "SET LOCAL " + $0 } + [entry.sql] + resets).joined(separator: "\n")
        }
        return entry
    }

    /// Back to what the restorer sets for every batch.
    private static func reset(_ setting: String) -> String {
        let name = setting.prefix { $0 != " " && $0 != "=" }
        return name == "default_table_access_method" ? "\(name) = heap" : "\(name) = DEFAULT"
    }
}
