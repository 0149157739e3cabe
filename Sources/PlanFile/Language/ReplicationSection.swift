/// `replication`
enum ReplicationSection {
    static let plugin = Key(
        "plugin", Shape<Plan.Plugin>.choice(),
        "The source's output plugin; `auto` takes pgoutput where publications can be made.", default: "auto",
    )
    static let identity = Key(
        "identity", identities,
        "What to do for tables that have no usable replica identity: `full`, `index NAME` or `inserts-only`, by table.",
        default: .object([]),
    )
    static let spool = Key("spool", SpoolSection.shape, "Where received changes wait until they are applied.")
    static let applyJobs = Key(
        "apply-jobs", .integer(CopySection.jobs),
        "How many sessions apply changes at once while far behind. Computed from the target where absent.",
    )

    static let keys = [plugin.declared, identity.declared, spool.declared, applyJobs.declared]
    static let shape = Shape<Plan.Replication>.section(keys) { fields, decoding in
        .init(
            plugin: decoding.read(plugin, in: fields, default: .auto),
            identity: decoding.read(identity, in: fields)?.value ?? [],
            spool: decoding.read(spool, in: fields)?.value ?? SpoolSection.silent(decoding.file),
            applyJobs: decoding.read(applyJobs, in: fields),
        )
    }

    private static let choice = Shape<Plan.Identity.Choice>.text(
        "`full`, `index NAME` or `inserts-only`", pattern: Plan.Identity.Choice.pattern,
        examples: ["full", "index readings_device_time_key", "inserts-only"],
    ) { text throws(ValueProblem) in try Plan.Identity.Choice(parsing: text) }

    /// A mapping whose keys are tables.
    private static let identities = Shape<[Plan.Identity]>(
        wanted: "a mapping of tables to `full`, `index NAME` or `inserts-only`",
        schema: [
            "type": "object",
            "propertyNames": ["pattern": .string("^(?:\(QualifiedName.pattern))$")],
            "additionalProperties": choice.schema,
        ],
    ) { node, decoding in
        guard case .mapping(let entries) = node.content else {
            decoding.reportWrongType(node, wanted: "a mapping of tables to `full`, `index NAME` or `inserts-only`")
            return nil
        }
        var identities: [Plan.Identity] = []
        var seen: Set<QualifiedName> = []
        for entry in entries {
            if let one = identityEntry(entry, &decoding) {
                if !seen.insert(one.table.value).inserted {
                    decoding.reportTableTwice(one.table, in: "identity")
                }
                identities.append(one)
            }
        }
        return identities
    }

    private static func identityEntry(_ entry: Entry, _ decoding: inout Decoding) -> Plan.Identity? {
        var table: QualifiedName?
        do throws(ValueProblem) {
            table = try QualifiedName(parsing: entry.key)
        } catch {
            decoding.report(
                Diagnostic(
                    error.code,
                    "a key of \(decoding.subject) cannot be `\(Secrets.masked(entry.key))`: \(error.reason)",
                    detail: "It takes \(Shape<QualifiedName>.table.wanted).", cure: error.cure, at: entry.keyLocation,
                ))
        }
        guard let value = decoding.decode(entry, choice), let table else { return nil }
        return Plan.Identity(
            table: Located(table, at: entry.keyLocation), choice: Located(value, at: entry.value.location))
    }
}

extension Decoding {
    mutating func reportTableTwice(_ table: Located<QualifiedName>, in key: String) {
        report(
            Diagnostic(
                .namedTwice, "`\(key)` names the table \(table.value) twice",
                detail: "Names without quotes fold to lower case.", cure: "Keep one of them.", at: table.location,
            ))
    }
}

/// `spool` of `replication`.
enum SpoolSection {
    static let mode = Key(
        "mode", Shape<Plan.Spool.Mode>.choice(),
        "`disk` keeps changes on this machine, so that the source's disk is safe; `source` leaves them in the "
            + "source's WAL, so that any machine can go on.", default: "disk",
    )
    static let directory = Key(
        "directory", .path, "Where the spool is, relative to the folder of the file that says so.", default: "./.skein",
    )
    static let maxSize = Key(
        "max-size", .size, "How large the spool may grow before receiving pauses.", default: "200 GB")

    static let keys = [mode.declared, directory.declared, maxSize.declared]
    static let shape = Shape<Plan.Spool>.section(keys) { fields, decoding in
        var spool = silent(decoding.file)
        spool.mode = decoding.read(mode, in: fields, default: spool.mode.value)
        spool.maxSize = decoding.read(maxSize, in: fields, default: spool.maxSize.value)
        if let written = decoding.read(directory, in: fields) {
            let file = written.location?.file ?? decoding.file
            let path = Paths.joined(Paths.folder(of: file), written.value)
            spool.directory = Located(path, at: written.location)
            spool.directoryFromPlan =
                written.value.hasPrefix("/") ? path : Paths.relative(path, to: Paths.folder(of: decoding.file))
        }
        return spool
    }

    /// The spool of a plan that says nothing about it.
    static func silent(_ file: String) -> Plan.Spool {
        Plan.Spool(
            mode: Located(.disk),
            directory: Located(Paths.joined(Paths.folder(of: file), "./.skein")),
            directoryFromPlan: ".skein",
            maxSize: Located(ByteCount(bytes: 200 << 30)),
        )
    }
}
