internal import Catalog
internal import PlanFile

/// What is done days and hours before, with the statements for these two places.
struct RunbookPreparation {
    private let book: Runbook

    init(_ book: Runbook) { self.book = book }

    private var plan: Plan { book.plan }

    var lines: [String] {
        var lines = ["## 1. Days before", ""]
        lines += window + machine
        lines += ["### The source: \(book.sourceProfile.name)", ""] + source
        lines += ["### The target: \(book.targetProfile.name)", ""] + target
        lines += checks + rehearsal
        return lines
    }

    // MARK: Time and people

    private var window: [String] {
        var items = [
            "Name who runs the commands, who decides to stop, and who stops and starts the application."
        ]
        if book.isLive {
            items += [
                "No schema changes (DDL, migrations of the application) on the source from `skein migrate` to the "
                    + "end of the cutover. A "
                    + "column that changes stops applying; a table that is created is not followed. Both are named "
                    + "within seconds.",
                "Pause what drops old rows as a whole: retention jobs, `drop_chunks`, partition managers such as "
                    + "pg\\_partman.",
                "Choose a quiet hour for the cutover, and one with few writes for the copy.",
            ]
            if book.source?.extensions.contains(where: { $0.name == "timescaledb" }) == true {
                items.append(
                    "On the source, so that no chunk vanishes under the copy: `select alter_job(job_id, scheduled "
                        + "=> false) from "
                        + "timescaledb_information.jobs where proc_name = 'policy_retention';`")
            }
        } else {
            items += [
                "Choose the window: the application stands still from its stop until it starts on the target. The "
                    + "copy is the longest "
                    + "part of it; a rehearsal tells how long."
            ]
        }
        items += maintenance
        return ["### Time and people", ""] + items.map { "- \($0)" } + [""]
    }

    /// Windows in which the provider restarts or fails over.
    private var maintenance: [String] {
        let sides = [("source", book.sourceProfile), ("target", book.targetProfile)]
        let items = sides.compactMap { side, profile -> String? in
            switch profile.provider {
            case .rds:
                "Maintenance window of the \(side) (RDS): none within the migration, and no minor upgrade. See it with "
                    + "`aws rds describe-db-instances --query "
                    + "'DBInstances[].[DBInstanceIdentifier,PreferredMaintenanceWindow,"
                    + "AutoMinorVersionUpgrade]'`, move it with `aws rds modify-db-instance "
                    + "--db-instance-identifier INSTANCE "
                    + "--preferred-maintenance-window sun:03:00-sun:04:00 --no-auto-minor-version-upgrade`."
            case .aurora:
                "Maintenance window of the \(side) (Aurora): none within the migration. See it with `aws rds "
                    + "describe-db-clusters --query "
                    + "'DBClusters[].[DBClusterIdentifier,PreferredMaintenanceWindow]'`, move it with `aws rds "
                    + "modify-db-cluster "
                    + "--db-cluster-identifier CLUSTER --preferred-maintenance-window sun:03:00-sun:04:00`."
            case .mst:
                "Maintenance window of the \(side) (MST): in the console, Overview, Maintenance; postpone what is "
                    + "pending."
            case .tigerCloud:
                "Maintenance window of the \(side) (Tiger Cloud): in the console, Operations, Maintenance; set it "
                    + "outside the migration."
            case .auto, .postgres, .timescaledb: nil
            }
        }
        let own = sides.contains { !$0.1.isManaged }
        return items
            + (own
                ? [
                    "No restart, upgrade or failover drill of either server meanwhile. (A restart is survived; it "
                        + "costs time.)"
                ] : [])
    }

    // MARK: The machine

    private var machine: [String] {
        var items = [
            "A machine of its own for Skein, in the same region and network as the servers: every round trip "
                + "counts. 2 cores and 8 GB "
                + "do; up to 5 ms to each server, else `skein plan` warns."
        ]
        if [.rds, .aurora].contains(book.sourceProfile.provider) {
            items.append(
                "In the VPC of the source, admitted by its security group (port 5432). Connect to the instance "
                    + "itself\(book.sourceProfile.provider == .aurora ? " (the cluster's writer endpoint)" : ""), "
                    + "not to RDS Proxy: "
                    + "replication cannot pass a pooler.")
        } else {
            items.append(
                "Admitted by both servers' firewalls and "
                    + "`pg_hba.conf`\(book.isLive ? ", on the source for replication, too" : ""). No pooler "
                    + "(PgBouncer, "
                    + "…) in between.")
        }
        if book.targetProfile.provider == .tigerCloud {
            items.append(
                "The target's address is that of the service, with `sslmode=require`, not that of its "
                    + "connection pooler.")
        }
        let major = book.source.map { $0.server.versionNumber / 10_000 }
        items.append(
            "`pg_dump` of at least the source's version\(major.map { " (\($0))" } ?? "") on it: `apt-get install "
                + "postgresql-client-\(major.map { String($0) } ?? "VERSION")`.")
        items.append(
            "Run the commands in `tmux`, or as a service: a terminal that closes costs nothing, but "
                + "somebody has to start the same command again.")
        if book.isLive {
            let spool = plan.replication.spool
            items.append(
                spool.mode.value == .disk
                    ? "Disk for the spool: \(MarkdownText.code(spool.directory.value)) takes up to "
                        + "\(Measure.bytes(Int64(clamping: spool.maxSize.value.bytes))) of changes "
                        + "(\(MarkdownText.code("replication.spool.max-size"))). 10,000 inserts a second make about "
                        + "23 GB an hour. The disk must survive."
                    : "`spool: {mode: source}`: the source keeps its WAL until it is applied. See that its disk has "
                        + "room for all that is "
                        + "written while the copy runs.")
        }
        return ["### The machine", ""] + items.map { "- \($0)" } + [""]
    }

    // MARK: The source

    private var source: [String] {
        guard book.isLive else {
            return [
                "Nothing changes on it. The role needs SELECT on what is migrated (and on sequences); a superuser "
                    + "or the owner has it.",
                "",
            ]
        }
        let profile = book.sourceProfile
        var lines: [String] = []
        func setting(
            _ name: String, to value: String, bare: String? = nil, _ effect: SettingChange.Effect, why: String,
            _ isRight: (String) -> Bool
        ) {
            let now = book.source?.server.setting(name)
            if let now, isRight(now) {
                lines.append("- [x] `\(name)` is `\(now)`. \(why)")
                return
            }
            let change = SettingChange(name, to: value, bare: bare, effect, at: profile, on: .source)
            lines.append("- [ ] \(why)\(now.map { " `\(name)` is `\($0)` now." } ?? "") \(Self.sentence(change.cure)):")
            lines.append("")
            if let statement = change.statement {
                lines +=
                    MarkdownText.block(statement.hasPrefix("alter ") ? "sql" : "sh", [statement]).map {
                        "  "
                            + "" + $0
                    } + [""]
            }
        }
        setting(
            "wal_level", to: "logical", .restart,
            why: "The WAL must hold what logical decoding "
                + "needs."
        ) { $0 == "logical" }
        let server = book.source?.server
        let slots = (server?.usedReplicationSlots ?? 0) + 1
        setting(
            "max_replication_slots", to: String(max(10, slots + 4)), .restart,
            why: "One slot must be "
                + "free\(server.map { ": \($0.usedReplicationSlots) are used" } ?? "")."
        ) {
            Int($0).map { $0 >= slots } ?? false
        }
        let senders = (server?.usedWalSenders ?? 0) + 2
        setting(
            "max_wal_senders", to: String(max(10, senders + 4)), .restart,
            why: "Two WAL senders must be "
                + "free."
        ) { Int($0).map { $0 >= senders } ?? false }
        setting(
            "max_slot_wal_keep_size", to: "-1", .reload,
            why: "The slot must not be given up while the copy "
                + "runs."
        ) { $0 == "-1" }
        setting(
            "wal_sender_timeout", to: "0", .reload,
            why: "A receiver that waits for its disk must not be cut "
                + "off."
        ) { Int($0).map { $0 == 0 || $0 >= 60_000 } ?? false }
        lines.append("- [ ] The role may replicate and own publications. As \(profile.strongestRole):")
        lines.append("")
        let role = MarkdownText.code(server?.user ?? "MIGRATION_ROLE")
        let quoted = server.map { QualifiedName.quoted($0.user) } ?? "MIGRATION_ROLE"
        if server?.isSuperuser == true {
            lines[lines.count - 2] = "- [x] \(role) is a superuser: it may replicate and publish."
        } else {
            let grant =
                profile.replicationRole.map { "grant \($0) to \(quoted);" } ?? "alter role \(quoted) "
                + "replication;"
            lines +=
                MarkdownText.block("sql", [grant, "grant OWNER_OF_THE_TABLES to \(quoted);"]).map {
                    "  "
                        + "" + $0
                } + [""]
        }
        if profile.provider == .rds || profile.provider == .aurora {
            lines.append("- [ ] After the reboot: \"pending reboot\" is gone, and this says `logical`:")
            lines += [""] + MarkdownText.block("sql", ["show wal_level;"]).map { "  " + $0 } + [""]
        }
        let unusual = book.document?.following?.unusualTables ?? []
        if !unusual.isEmpty {
            lines.append("- Tables whose rows are named otherwise than by a primary key:")
            lines += unusual.prefix(20).map {
                "  - \(MarkdownText.code($0.table.description)): "
                    + "\(MarkdownText.escaped($0.why))"
            }
            if unusual.count > 20 { lines.append("  - and \(unusual.count - 20) more") }
        }
        return lines + [""]
    }

    // MARK: The target

    private var target: [String] {
        let profile = book.targetProfile
        var items: [String] = []
        if let bytes = book.bytes {
            // Room for WAL and for index builds' sorting beside what arrives.
            let need = Int64(Double(bytes.data + bytes.indexes) * 1.3)
            let amount = "about \(Measure.bytes(need)) (rows and indexes, and a third more for WAL and sorting)"
            switch profile.provider {
            case .tigerCloud where need > 400 << 30:
                items.append(
                    "- [ ] **Storage above 400 GB is provisioned beforehand**: \(amount). Ask Tiger's support, or "
                        + "set it in the console, before the "
                        + "copy begins; storage that grows by itself does not keep up.")
            case .rds, .aurora, .mst:
                items.append(
                    "- [ ] Storage for \(amount), allocated beforehand: volumes that grow by themselves do "
                        + "so in steps, hours apart.")
            default: items.append("- [ ] Room for \(amount)\(need > 400 << 30 ? ", provisioned beforehand" : "").")
            }
        } else {
            items.append(
                "- [ ] Storage for all rows and indexes and a third "
                    + "more\(profile.provider == .tigerCloud ? "; above 400 GB it is provisioned beforehand" : "").")
        }
        if let version = book.target?.server.availableExtensions["timescaledb"],
            !plan.hypertables.isEmpty || book.target?.extensions.contains(where: { $0.name == "timescaledb" }) == true
        {
            let license = book.target?.server.timescaleLicense.map { ", licence \($0)" } ?? ""
            items.append("- [x] TimescaleDB \(version) is there\(license).")
        }
        if profile.provider == .tigerCloud {
            items.append(
                "- [ ] Connect as `tsdbadmin` to the database `tsdb`. There are no tablespaces, no "
                    + "superuser, and extensions come from a list.")
        } else if profile.isManaged {
            items.append("- [ ] Connect as \(profile.strongestRole).")
        }
        items.append("- [ ] The database is empty but for its extensions; `skein plan` names what is in the way.")
        items.append("- [ ] No pooler in between, and room for the connections above.")
        if profile.isManaged {
            items.append(
                "- [ ] Read replicas and backups that run on a schedule: after the "
                    + "migration, not during it.")
        }
        return items + [""]
    }

    // MARK: Checks

    private var checks: [String] {
        var lines = ["### The checks", ""]
        lines += MarkdownText.block(
            "sh",
            [
                "\(book.command("validate"))    # the file alone: exit code 0",
                "\(book.command("plan"))        # both servers: exit code 0, and you have read every warning",
            ])
        lines.append("")
        guard let document = book.document else {
            return lines + [
                "What `plan` finds could not be asked for "
                    + "here.", "",
            ]
        }
        let loud = document.diagnostics.filter { $0.severity != .note }
        if loud.isEmpty { return lines + ["It finds nothing to do: no error, no warning.", ""] }
        let errors = loud.count { $0.severity == .error }
        lines += [
            errors > 0
                ? "**\(Measure.count(errors, "error")) must be mended first**; it begins with none of them. "
                    + "Warnings are for you to weigh:"
                : "It warns; weigh each:", "",
        ]
        for finding in loud.prefix(Self.mostFindings) {
            lines.append(
                "- [ ] **\(finding.severity.rawValue)** `\(finding.code)` "
                    + "\(MarkdownText.escaped(finding.summary))")
            if let cure = finding.cure { lines.append("  \(MarkdownText.escaped(cure))") }
            if let statement = finding.statement {
                lines +=
                    [""]
                    + MarkdownText.block("", statement.split(separator: "\n").map(String.init)).map {
                        "  "
                            + "" + $0
                    } + [""]
            }
        }
        if loud.count > Self.mostFindings {
            lines.append(
                "- and \(loud.count - Self.mostFindings) more: "
                    + "`\(book.command("plan"))`")
        }
        return lines + [""]
    }

    private static let mostFindings = 40

    private var rehearsal: [String] {
        [
            "### A rehearsal", "",
            "Migrate once into another empty database, with the same plan under another "
                + "`name`\(book.isLive ? " and `cutover: {approval: automatic, fence: none}`" : ""). "
                + "`skein report` of that run tells how long each part takes here, and what the application's tests "
                + "say of the copy. "
                + "Then `skein clean` it, and drop that database.", "",
        ]
    }

    static func sentence(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }
}
