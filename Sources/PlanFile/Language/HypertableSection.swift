/// One entry of `hypertables`.
enum HypertableSection {
    private typealias Entry = Plan.Hypertable

    static let table = Key("table", .table, "The table that becomes a hypertable.", required: true)
    static let timeColumn = Key(
        "time-column", .column,
        "The column by which rows are put into chunks: a timestamp, a date or an integer. Needed unless `to` is given.",
    )
    static let chunkInterval = Key(
        "chunk-interval", .chunkInterval,
        "How much time one chunk holds; an integer, in the column's own unit, for an integer column.",
    )
    static let space = Key("space", SpaceSection.shape, "A second dimension: rows are spread by a hash of this column.")
    static let primaryKey = Key(
        "primary-key", Shape<String>.list(of: .column, "a list of columns"),
        "The primary key on the target. Only where the source's key lacks the time column.",
    )
    static let columnstore = Key("columnstore", ColumnstoreSection.shape, "How chunks are compressed, and when.")
    static let retention = Key("retention", RetentionSection.shape, "When chunks are dropped.")
    static let fromPartitions = Key(
        "from-partitions", .boolean,
        "Whether a partitioned table, or one partitioned by inheritance, becomes this hypertable.", default: false,
    )
    static let to = Key(
        "to", Shape<Plan.Hypertable.Destination>.choice(),
        "What a hypertable of the source becomes on a target without TimescaleDB.",
    )

    static let keys = [
        table.declared, timeColumn.declared, chunkInterval.declared, space.declared, primaryKey.declared,
        columnstore.declared, retention.declared, fromPartitions.declared, to.declared,
    ]

    private static let section = Shape<Plan.Hypertable>.section(keys, build: build)
    static let shape = Shape(
        wanted: section.wanted,
        schema: section.schema.adding([
            ("anyOf", [["required": ["time-column"]], ["required": ["to"]]])
        ]),
        decode: section.decode,
    )

    private static func build(_ fields: Fields, _ decoding: inout Decoding) -> Plan.Hypertable? {
        let table = decoding.read(table, in: fields)
        let primaryKey = decoding.read(primaryKey, in: fields)
        let entry = Plan.Hypertable(
            location: fields.location,
            table: table ?? Located(QualifiedName(schema: "", name: "")),
            timeColumn: decoding.read(timeColumn, in: fields),
            chunkInterval: decoding.read(chunkInterval, in: fields),
            space: decoding.read(space, in: fields)?.value,
            primaryKey: primaryKey.map { Located($0.value.map(\.value), at: $0.location) },
            columnstore: decoding.read(columnstore, in: fields)?.value,
            retention: decoding.read(retention, in: fields)?.value,
            fromPartitions: decoding.read(fromPartitions, in: fields, default: false),
            to: decoding.read(to, in: fields),
        )
        if entry.timeColumn == nil, fields.entries["time-column"] == nil, fields.entries["to"] == nil,
            !fields.misspelt.contains("time-column"), !fields.misspelt.contains("to")
        {
            decoding.report(
                Diagnostic(
                    .missingKey, "\(fields.title) needs `time-column`: \(timeColumn.shape.wanted)",
                    cure: "Give the column by which chunks are cut, or `to` for a hypertable of the source.",
                    at: fields.location,
                ))
        }
        checkContradictions(entry, fields, &decoding)
        checkKey(entry, primaryKey?.value ?? [], &decoding)
        return table == nil ? nil : entry
    }

    /// `to` makes something else than a hypertable, so what only hypertables have cannot go with it.
    private static func checkContradictions(_ entry: Entry, _ fields: Fields, _ decoding: inout Decoding) {
        guard let destination = entry.to else { return }
        for key in [space.name, columnstore.name, retention.name] {
            guard let other = fields.entries[key] else { continue }
            decoding.report(
                Diagnostic(
                    .contradiction, "`\(key)` does not go with `to: \(destination.value.rawValue)`",
                    detail: "Only a hypertable has it, and with `to` there is none on the target.",
                    cure: "Remove one of the two.", at: other.keyLocation,
                ))
        }
        if entry.fromPartitions.value {
            decoding.report(
                Diagnostic(
                    .contradiction, "`from-partitions` does not go with `to: \(destination.value.rawValue)`",
                    cure: "Remove one of the two.", at: fields.entries[fromPartitions.name]?.keyLocation,
                ))
        }
    }

    /// TimescaleDB refuses a unique key that lacks a partitioning column.
    private static func checkKey(_ entry: Entry, _ key: [Located<String>], _ decoding: inout Decoding) {
        decoding.reportTwice(key, in: "primary-key")
        if let time = entry.timeColumn, time.value == entry.space?.column.value {
            decoding.report(
                Diagnostic(
                    .namedTwice, "`space` names the time column `\(QualifiedName.quotedIfNeeded(time.value))`",
                    cure: "Name another column, or remove `space`.", at: entry.space?.column.location,
                ))
        }
        guard let location = entry.primaryKey?.location, !key.isEmpty else { return }
        for column in [entry.timeColumn, entry.space?.column].compactMap(\.self)
        where !key.contains(where: { $0.value == column.value }) {
            let name = QualifiedName.quotedIfNeeded(column.value)
            decoding.report(
                Diagnostic(
                    .keyLacksColumn, "`primary-key` lacks the partitioning column `\(name)`",
                    detail: "TimescaleDB refuses unique keys without the columns that decide a row's chunk.",
                    cure: "Add `\(name)` to the list.", at: location,
                ))
        }
    }
}

extension Decoding {
    /// Reports each column that stands twice in a list.
    mutating func reportTwice(_ columns: [Located<String>], in key: String) {
        var seen: Set<String> = []
        for column in columns where !seen.insert(column.value).inserted {
            let name = QualifiedName.quotedIfNeeded(column.value)
            report(
                Diagnostic(
                    .namedTwice, "`\(key)` names `\(name)` twice", cure: "Keep one of them.", at: column.location))
        }
    }
}

/// `space` of a hypertable.
enum SpaceSection {
    static let column = Key("column", .column, "The column whose hash decides.", required: true)
    static let partitions = Key(
        "partitions", .integer(1...32767), "Into how many partitions rows are spread.", required: true)

    static let keys = [column.declared, partitions.declared]
    static let shape = Shape<Plan.Space>.section(keys) { fields, decoding in
        let column = decoding.read(column, in: fields)
        let partitions = decoding.read(partitions, in: fields)
        guard let column, let partitions else { return nil }
        return Plan.Space(column: column, partitions: partitions)
    }
}

/// `retention` of a hypertable.
enum RetentionSection {
    static let dropAfter = Key("drop-after", .duration, "The age at which a chunk is dropped.", required: true)

    static let keys = [dropAfter.declared]
    static let shape = Shape<Plan.Retention>.section(keys) { fields, decoding in
        decoding.read(dropAfter, in: fields).map(Plan.Retention.init(dropAfter:))
    }
}
