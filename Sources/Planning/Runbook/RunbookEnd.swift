internal import PlanFile

/// What is left once the application runs on the target.
struct RunbookEnd {
    private let book: Runbook

    init(_ book: Runbook) { self.book = book }

    var lines: [String] {
        var lines = ["## \(book.isLive ? 4 : 3). Afterwards", "", "On the day:", ""]
        lines +=
            MarkdownText.block(
                "sh",
                [
                    "\(book.command("report"))     # keep this file: what happened, and what is left to do",
                    "\(book.command("verify"))     # "
                        + "\(book.isLive ? "only while nobody writes to either side" : "as often as you like")",
                ]) + [""]
        lines += today.map { "- [ ] \($0)" } + ["", "After some days, when nobody wants to go back:", ""]
        lines += later.map { "- [ ] \($0)" } + [""]
        lines += MarkdownText.block(
            "sh",
            [
                "\(book.command("clean", book.isLive && book.plan.replication.spool.mode.value == .disk ? "--report --prune" : "--report"))"
            ])
        return lines + [""]
    }

    private var today: [String] {
        var items: [String] = []
        if book.plan.roles.migrate.value, !book.plan.roles.passwords.value {
            items.append(
                "Passwords of roles that were made do not come along: `\\password` in psql for each; the "
                    + "list is in `\(book.name)-todo.sql`.")
        }
        let skipped = book.plan.copy.skipTableData.map { MarkdownText.code($0.value.text) }
        if !skipped.isEmpty {
            items.append(
                "Refresh or fill what the plan left out (\(skipped.joined(separator: ", "))): `refresh "
                    + "materialized view …;`")
        }
        items.append(
            "Foreign keys that stayed NOT VALID and other warnings of the report: mend, then `alter table "
                + "… validate constraint …;`")
        items.append("Backups and monitoring of the target: on, and one restore tried.")
        let policies = book.plan.hypertables.contains { $0.columnstore != nil || $0.retention != nil }
        if policies {
            items.append(
                "The columnstore's and the retention's jobs run: `select * from "
                    + "timescaledb_information.jobs;`")
        }
        items.append(
            "Publications, subscriptions and replication slots of the source were not migrated: make those "
                + "of the target that others need.")
        return items
    }

    private var later: [String] {
        var items: [String] = []
        if book.isLive {
            items.append(
                "`clean` takes slot, publications and markers off the source, and the state off the "
                    + "target\(book.plan.cutover.fence.value == .readOnly ? "; the fence stays, it prints the statement that lifts it" : "")."
            )
        } else {
            items.append("`clean` takes the state off the target.")
        }
        switch book.sourceProfile.provider {
        case .rds, .aurora:
            if book.isLive {
                items.append(
                    "`rds.logical_replication = 0` in the parameter group again, if nothing "
                        + "else needs it; take the migration machine out of the security group.")
            }
            items.append(
                "A last snapshot of the source (`aws rds create-db-snapshot`), then stop or delete the "
                    + "instance.")
        case .mst: items.append("A last backup of the source service, then power it off.")
        case .tigerCloud: items.append("Pause the source service, later delete it.")
        case .auto, .postgres, .timescaledb:
            if book.isLive { items.append("`wal_level` and slots of the source as they were, if it stays in use.") }
            items.append("A last dump of the source, then shut it down.")
        }
        if book.isLive {
            items.append(
                "Maintenance windows and minor upgrades as they were; retention jobs on the "
                    + "target instead of the source.")
        }
        items.append("Remove the migration machine, with its `.pgpass` and its spool: they hold passwords and rows.")
        return items
    }
}
