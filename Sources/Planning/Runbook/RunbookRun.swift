internal import PlanFile

/// The copy, and following the source until the cutover.
struct RunbookRun {
    private let book: Runbook

    init(_ book: Runbook) { self.book = book }

    var lines: [String] {
        guard book.isLive else { return [] }
        return [
            "## 2. Copying and following", "",
            "The application goes on. Nobody has to stay awake for this "
                + "part.", "",
        ]
            + begin + watch + stop + back
    }

    private var begin: [String] {
        [
            "### Begin", "",
        ]
            + MarkdownText.block("sh", [book.command("migrate")]) + [
                "",
                "It shows, in this order: the number of tasks; `started`/`finished` lines of each; rates and what "
                    + "is left while copying; then "
                    + "`catching up` with the lag; then `following`; then **`ready for cutover`**. It stays in the "
                    + "foreground and follows until the "
                    + "cutover. Killed, or cut off from a server, **the same command goes on where it was**, on "
                    + "this machine\(book.plan.replication.spool.mode.value == .source ? " or any other" : "").",
                "",
            ]
    }

    private var watch: [String] {
        let slot = SourceNames(plan: book.plan.name.value.identifier).slot
        return [
            "### Watch", "",
        ]
            + MarkdownText.block(
                "sh",
                [
                    "\(book.command("status"))     # from any machine: phase, tasks, rate, lag, notices",
                    "\(book.command("report"))     # the same as a picture, at any time",
                ]) + ["", "On the source, how much WAL waits for us, and what is open for long:", ""]
            + MarkdownText.block(
                "sql",
                [
                    "select slot_name, active, wal_status, pg_size_pretty(pg_wal_lsn_diff(pg_current_wal_lsn(), "
                        + "confirmed_flush_lsn))",
                    "from pg_replication_slots where slot_name = '\(slot)';",
                    "select pid, now() - xact_start as open_for, application_name, state from pg_stat_activity",
                    "where xact_start < now() - interval '10 min' order by xact_start;",
                ]) + [""]
    }

    private var stop: [String] {
        let disk = book.plan.replication.spool.mode.value == .disk
        let signs: [(String, String)] = [
            (
                "The source's disk fills: the slot keeps more WAL than it has room for",
                "Ctrl-C, and "
                    + "`\(book.command("clean"))`: the slot goes, the WAL with it"
            ),
            (
                "The lag grows for hours while following",
                "look for an index that the target lacks for a table's "
                    + "identity; `replication.apply-jobs`; a bigger target"
            ),
            ("The application is slower than before", "fewer `--table-jobs`: stop, and start again with fewer"),
            (
                disk
                    ? "The spool reaches its `max-size`"
                    : "The slot's `wal_status` is "
                        + "`unreserved`",
                disk
                    ? "receiving pauses and the source keeps WAL; more disk, or wait until it "
                        + "has applied" : "raise `max_slot_wal_keep_size` at once, or it is lost"
            ),
            (
                "A notice in `status` says that something is broken",
                "`\(book.command("migrate", "--repair"))`: "
                    + "compares, copies again what differs"
            ),
            ("A single table is doubtful", "`\(book.command("migrate", "--resync SCHEMA.TABLE"))`"),
        ]
        return ["### When to stop, or to act", "", "| sign | what to do |", "|---|---|"]
            + signs.map { "| \(MarkdownText.cell($0.0)) | \($0.1) |" } + [""]
    }

    private var back: [String] {
        [
            "### Going back from here", "",
            "Nothing has changed for the application. Ctrl-C ends the run; this takes the slot, the publications "
                + "and what was changed of replica "
                + "identities off the source, and the state off the target (its tables stay there: drop the "
                + "database, or begin again with "
                + "`--drop-if-exists`):", "",
        ]
            + MarkdownText.block(
                "sh",
                [book.command("clean", book.plan.replication.spool.mode.value == .disk ? "--prune --yes" : "--yes")])
            + [""]
    }
}
