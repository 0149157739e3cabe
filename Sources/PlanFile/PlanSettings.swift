/// The plan as a flat list, for comparing two runs and for its hash.
extension Plan {
    /// One thing that the plan says, such as `copy.table-jobs` and `4`.
    package struct Setting: Hashable, Sendable, Codable {
        package var key: String
        package var value: String

        package init(key: String, value: String) {
            self.key = key
            self.value = value
        }
    }

    /// Everything that the plan says, defaults included, in one fixed order and spelling, without passwords: what is
    /// equal here is the same migration. Absent are the keys whose values are computed from the servers.
    ///
    /// A hypertable's keys have its name in front (`hypertables.public.readings.chunk-interval`), a list's entries are
    /// joined as JSON.
    package var settings: [Setting] {
        var list = SettingList()
        list.add("name", name.value.text)
        list.add("mode", mode.value.rawValue)
        for (key, server) in [("source", source), ("target", target)] {
            list.add("\(key).uri", ConnectionText.withoutPassword(server.uri.value))
            list.add("\(key).provider", server.provider.value.rawValue)
        }
        list.add("select.schemas.include", select.schemas.include.map(\.value.canonical))
        list.add("select.schemas.exclude", select.schemas.exclude.map(\.value.canonical))
        list.add("select.tables.include", select.tables.include.map(\.value.canonical))
        list.add("select.tables.exclude", select.tables.exclude.map(\.value.canonical))
        list.add("select.indexes.exclude", select.excludedIndexes.map(\.value.canonical))
        list.add("select.extensions.exclude", select.excludedExtensions.map(\.value.canonical))
        // Keys of later versions are absent where the plan does not use them, so that a migration that an earlier one
        // began is still the same.
        if let wanted = select.databaseSettings?.value, !wanted { list.add("select.database-settings", "false") }
        for table in hypertables.sorted(by: { $0.table.value < $1.table.value }) { list.add(table) }
        list.add("copy.table-jobs", copy.tableJobs.map { String($0.value) })
        list.add("copy.index-jobs", copy.indexJobs.map { String($0.value) })
        list.add("copy.split-tables-larger-than", copy.splitTablesLargerThan?.value.text)
        list.add("copy.skip-table-data", copy.skipTableData.map(\.value.canonical))
        if let existing = copy.intoExisting { list.add("copy.into-existing", existing.map(\.value.canonical)) }
        list.add("copy.format", copy.format.value.rawValue)
        list.add("replication.plugin", replication.plugin.value.rawValue)
        for identity in replication.identity.sorted(by: { $0.table.value < $1.table.value }) {
            list.add("replication.identity.\(identity.table.value)", identity.choice.value.canonical)
        }
        list.add("replication.spool.mode", replication.spool.mode.value.rawValue)
        list.add("replication.spool.directory", replication.spool.directoryFromPlan)
        list.add("replication.spool.max-size", replication.spool.maxSize.value.text)
        list.add("replication.apply-jobs", replication.applyJobs.map { String($0.value) })
        list.add("roles.migrate", String(roles.migrate.value))
        if let include = roles.include, !include.isEmpty { list.add("roles.include", include.map(\.value.canonical)) }
        list.add("roles.exclude", roles.exclude.map(\.value.canonical))
        list.add("roles.passwords", String(roles.passwords.value))
        list.add("grants.owners", String(grants.owners.value))
        list.add("grants.privileges", String(grants.privileges.value))
        list.add("cutover.approval", cutover.approval.value.rawValue)
        list.add("cutover.max-lag", cutover.maxLag.value.canonical)
        list.add("cutover.fence", cutover.fence.value.rawValue)
        list.add("cutover.verify", cutover.verify.value.rawValue)
        if cutover.opensFallback { list.add("cutover.fallback", "true") }
        return list.settings
    }

    /// SHA-256 (hex) over `settings`.
    var computedHash: String {
        var hash = SHA256()
        for setting in settings {
            // Quoted, so that no value can pass for the next key.
            hash.update("\(JSONText.quoted(setting.key)):\(JSONText.quoted(setting.value))\n".utf8)
        }
        return hash.hexDigest()
    }

    /// The keys whose values differ between two plans, in order; a key that one of them lacks differs.
    package static func changedKeys(from old: [Setting], to new: [Setting]) -> [String] {
        let before = Dictionary(old.map { ($0.key, $0.value) }) { first, _ in first }
        let after = Dictionary(new.map { ($0.key, $0.value) }) { first, _ in first }
        let removed = old.map(\.key).filter { after[$0] == nil }
        return new.map(\.key).filter { before[$0] != after[$0] } + removed
    }
}

private struct SettingList {
    var settings: [Plan.Setting] = []

    mutating func add(_ key: String, _ value: String?) {
        if let value { settings.append(Plan.Setting(key: key, value: value)) }
    }

    mutating func add(_ key: String, _ values: [String]) {
        add(key, JSONText.array(values.map { .string($0) }).text())
    }

    mutating func add(_ table: Plan.Hypertable) {
        let key = "hypertables.\(table.table.value)"
        add("\(key).time-column", table.timeColumn?.value)
        switch table.chunkInterval?.value {
        case .duration(let duration): add("\(key).chunk-interval", duration.canonical)
        case .integer(let number): add("\(key).chunk-interval", String(number))
        case nil: break
        }
        add("\(key).space.column", table.space?.column.value)
        add("\(key).space.partitions", table.space.map { String($0.partitions.value) })
        if let primaryKey = table.primaryKey?.value { add("\(key).primary-key", primaryKey) }
        if let columnstore = table.columnstore {
            add("\(key).columnstore.segment-by", columnstore.segmentBy.map(\.value))
            add("\(key).columnstore.order-by", columnstore.orderBy.map(\.value.canonical))
            add("\(key).columnstore.after", columnstore.after?.value.canonical)
        }
        add("\(key).retention.drop-after", table.retention?.dropAfter.value.canonical)
        add("\(key).from-partitions", String(table.fromPartitions.value))
        add("\(key).to", table.to?.value.rawValue)
    }
}

extension PlanDuration {
    /// Written in one way only: `1 month 2 days 3 us`.
    var canonical: String {
        var parts: [String] = []
        if months != 0 { parts.append("\(months) mon") }
        if days != 0 { parts.append("\(days) d") }
        if microseconds != 0 { parts.append("\(microseconds) us") }
        return parts.joined(separator: " ")
    }
}
