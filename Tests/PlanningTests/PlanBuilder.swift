@testable import PlanFile

/// A plan by hand: offline, everything at its default. Tests change what they are about.
extension Plan {
    static func sample(_ change: (inout Plan) -> Void = { _ in }) -> Plan {
        var plan = Plan(
            file: "plan.yaml", hash: String(repeating: "a", count: 64), name: Located(PlanName(text: "iot-production")),
            mode: Located(.offline),
            source: Server(uri: Located("postgres://source/iot"), provider: Located(.auto)),
            target: Server(uri: Located("postgres://target/iot"), provider: Located(.auto)),
            select: Selection(
                schemas: IncludeExclude(include: [], exclude: []), tables: IncludeExclude(include: [], exclude: []),
                excludedIndexes: [], excludedExtensions: [],
            ),
            hypertables: [],
            copy: CopySettings(
                tableJobs: nil, indexJobs: nil, splitTablesLargerThan: nil, skipTableData: [], format: Located(.auto),
            ),
            replication: Replication(
                plugin: Located(.auto), identity: [],
                spool: Spool(
                    mode: Located(.disk), directory: Located("./.skein"), directoryFromPlan: ".skein",
                    maxSize: Located(ByteCount(bytes: 200 << 30)),
                ), applyJobs: nil,
            ),
            roles: Roles(migrate: Located(true), exclude: [], passwords: Located(false)),
            grants: Grants(owners: Located(false), privileges: Located(false)),
            cutover: Cutover(
                approval: Located(.manual), maxLag: Located(PlanDuration(microseconds: 5_000_000, text: "5 s")),
                fence: Located(.none), verify: Located(.none),
            ),
        )
        change(&plan)
        return plan
    }

    /// A location for tests to find again.
    static func at(_ line: Int) -> SourceLocation { SourceLocation(file: "plan.yaml", line: line, column: 5) }
}

extension Plan.Hypertable {
    static func sample(
        _ table: String, time: String = "time", days: Int? = 7, integer: Int64? = nil, primaryKey: [String]? = nil,
        space: (String, Int)? = nil,
    ) -> Plan.Hypertable {
        let interval: Plan.ChunkInterval? =
            integer.map { .integer($0) } ?? days.map { .duration(PlanDuration(days: $0, text: "\($0) days")) }
        return Plan.Hypertable(
            location: Plan.at(10), table: Located(QualifiedName(schema: "public", name: table), at: Plan.at(10)),
            timeColumn: Located(time), chunkInterval: interval.map { Located($0) },
            space: space.map { Plan.Space(column: Located($0.0), partitions: Located($0.1)) },
            primaryKey: primaryKey.map { Located($0) }, columnstore: nil, retention: nil,
            fromPartitions: Located(false), to: nil,
        )
    }
}

/// A pattern from its text: `*` and `?` are wildcards, everything else is literal.
func pattern(_ text: String) -> NamePattern {
    NamePattern(
        elements: text.map { $0 == "*" ? .anyRun : $0 == "?" ? .anyOne : .literal($0) }, text: text,
    )
}

/// `schema.name` as a located pattern.
func tables(_ texts: String...) -> [Located<QualifiedNamePattern>] {
    texts.map { text in
        let parts = text.split(separator: ".", maxSplits: 1).map(String.init)
        return Located(QualifiedNamePattern(schema: pattern(parts[0]), name: pattern(parts[1])), at: Plan.at(3))
    }
}
