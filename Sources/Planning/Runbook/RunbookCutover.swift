internal import Catalog
internal import PlanFile

/// A live migration's cutover, minute by minute, and the ways back.
struct RunbookCutover {
    private let book: Runbook

    init(_ book: Runbook) { self.book = book }

    private var cutover: Plan.Cutover { book.plan.cutover }
    private var isFenced: Bool { cutover.fence.value == .readOnly }

    var lines: [String] {
        ["## 3. The cutover, minute by minute", ""] + advice + ["| when | what | it should show |", "|---|---|---|"]
            + steps.map { "| \($0.when) | \($0.what) | \($0.shows) |" } + [""] + stop + back
    }

    private var advice: [String] {
        guard cutover.verify.value == .checksums, let bytes = book.bytes else { return [] }
        let seconds = Estimate.copySeconds(bytes: bytes.data) / 4
        guard seconds > 60 else { return [] }
        return [
            "> Comparing checksums of all rows is part of the downtime: \(Measure.duration(seconds)) for "
                + "\(Measure.bytes(bytes.data)), roughly. Where that is "
                + "too long: `cutover: {verify: counts}` (it may be changed now), `\(book.command("verify"))` in a "
                + "quiet minute before, and after it.",
            "",
        ]
    }

    private struct Step {
        var when: String
        var what: String
        var shows: String
    }

    private var steps: [Step] {
        let lag = cutover.maxLag.value.text
        var steps = [
            Step(
                when: "T − 1 day",
                what: "`\(book.command("status"))`; read its notices; "
                    + "`\(book.command("report"))`", shows: "`ready for cutover`, no notices"),
            Step(
                when: "T − 60 min",
                what: "All are there. No long transaction, no prepared transaction, no batch "
                    + "job on the source; DDL is frozen. The application's "
                    + "new connection string is ready, and tried against the target read-only",
                shows: "the application's own smoke test reads from the target"),
            Step(
                when: "T − 15 min", what: "`\(book.command("status"))`",
                shows: "`following`, lag below \(lag) "
                    + "(`cutover.max-lag`), slot in use"),
            Step(
                when: "T − 5 min",
                what: "Switch alerts to maintenance; say in the channel that it "
                    + "begins", shows: "everybody has answered"),
        ]
        if cutover.approval.value == .automatic {
            steps.append(
                Step(
                    when: "at any time",
                    what: "`cutover.approval: automatic`: the run begins it by "
                        + "itself as soon as it is ready. Set it to `manual` if you want to choose", shows: ""))
        }
        if isFenced {
            steps += [
                Step(
                    when: "T", what: "`\(book.command("cutover"))`",
                    shows: "it waits up to 10 s for open "
                        + "transactions (`--wait`), then the database is read-only and other sessions are ended"),
                Step(
                    when: "T + seconds",
                    what: "nothing: the application's writes fail, its reads may go "
                        + "on", shows: "`fence`, `marker`, `drain`, then sequences, triggers, foreign keys"),
            ]
        } else {
            steps += [
                Step(
                    when: "T",
                    what: "**Stop the application's writes** (`fence: none` trusts you): scale it down, "
                        + "or put it in maintenance mode. Then look for who still writes",
                    shows: "no session but ours in `select pid, application_name, state, query from "
                        + "pg_stat_activity where datname = current_database() and state <> 'idle';`"),
                Step(
                    when: "T + 30 s", what: "`\(book.command("cutover"))`",
                    shows: "`marker`, `drain`, then "
                        + "sequences, triggers, foreign keys"),
            ]
        }
        steps += [
            Step(
                when: "T + the rest", what: comparing,
                shows: "`cutover complete, downtime …`, **exit code "
                    + "0**\(cutover.verify.value == .none ? "" : ", equal"); 0 late changes"),
            Step(
                when: "then", what: "Point the application to the target and start it",
                shows: "its health checks; "
                    + "writes arrive: `select now(), count(*) from` a busy table"),
            Step(
                when: "+ 5 min",
                what: "Watch errors and latency; the statements that are left "
                    + "(`\(book.name)-todo.sql`, and what `cutover` printed)", shows: "nothing out of the ordinary"),
            Step(when: "+ 15 min", what: "Decide: stay, or go back (below). Alerts on again", shows: ""),
        ]
        return steps
    }

    private var comparing: String {
        switch cutover.verify.value {
        case .none: "nothing: it is not compared"
        case .counts: "nothing: the rows of both sides are counted"
        case .checksums: "nothing: both sides are compared by checksums"
        }
    }

    private var stop: [String] {
        [
            "### When it does not go so", "",
            "| exit code | it means | what to do |", "|---|---|---|",
            "| 4, at once | too early: it says why (still copying, too much lag). The application has noticed "
                + "nothing | wait, call it again |",
            "| 4, later | cut off: a server, the network, "
                + "Ctrl-C\(isFenced ? "; look whether the fence is up with `status`" : "") | the same command goes "
                + "on |",
            "| 3 | rows differ. \(isFenced ? "The fence stays, the" : "The") cutover is not complete, nothing is "
                + "given up | the keys are named: look at them; `\(book.command("cutover", "--abort"))` withdraws it |",
            "| 2 | the plan, or something on the source that has to be mended (a prepared transaction, a role that "
                + "passes the fence) | it says what |",
            "",
            "**Set a limit beforehand**: if it is not complete after the time that you can stand still for, "
                + "withdraw it:", "",
        ]
            + MarkdownText.block("sh", [book.command("cutover", "--abort")]) + [
                "",
                "\(isFenced ? "The fence is lifted, the" : "The") migration follows again within seconds, and you "
                    + "try another night. Ctrl-C in the terminal of `cutover` does the same.",
                "",
            ]
    }

    /// With a way back kept open, nothing that the application writes to the target is lost.
    private var rollback: [String] {
        [
            "### Going back", "",
            "- **Before the cutover is complete**: `--abort`, as above. Nothing is lost: the source has had every write.",
            "- **After it**, as long as the way back is open (`fallback: true`): what the application writes to the "
                + "target flows back to the source, and this returns there without loss. `status` shows the way back "
                + "and its lag; `clean` ends it.", "",
        ]
            + MarkdownText.block("sh", [book.command("rollback")]) + [""]
    }

    private var back: [String] {
        guard !cutover.opensFallback else { return rollback }
        var lines = [
            "### Going back", "",
            "- **Before it is complete**: `--abort`, as above. Nothing is lost: the source has had every write.",
            "- **After it is complete, before anybody wrote to the target**: point the application to the source again"
                + (isFenced ? ", and lift the fence there (`cutover` prints the statement)." : "."),
            "- **After the application wrote to the target**: the source lacks these writes. Going back means "
                + "losing them, or carrying them over by "
                + "hand. So decide early, and keep the target read-only for customers until you have decided, if "
                + "you can.",
        ]
        if isFenced, let database = book.source?.server.database {
            lines += [
                "",
                "The statement, on the source (`skein clean` prints what fits, where the database had a "
                    + "setting of its own before):", "",
            ]
            lines += MarkdownText.block(
                "sql",
                [
                    "alter database \(QualifiedName.quoted(database)) reset "
                        + "default_transaction_read_only;"
                ])
        }
        return lines + [""]
    }
}

/// An offline migration: one window.
struct RunbookWindow {
    private let book: Runbook

    init(_ book: Runbook) { self.book = book }

    var lines: [String] {
        let compared =
            switch book.plan.cutover.verify.value {
            case .none: "not compared"
            case .counts: "source and target have equally many rows"
            case .checksums: "source and target compared by checksums: equal"
            }
        let time = book.document?.estimate.map { Measure.duration($0.seconds) } ?? "as long as the rehearsal took"
        let steps: [(String, String, String)] = [
            ("T − 1 day", "`\(book.command("plan"))`", "exit code 0, no warning that you do not know"),
            ("T − 5 min", "Alerts to maintenance; say in the channel that it begins", "everybody has answered"),
            (
                "T",
                "**Stop the application.** Then see that nobody writes: `select pid, application_name, state, "
                    + "query from pg_stat_activity where datname = current_database() and state <> 'idle';`",
                "no "
                    + "session but yours"
            ),
            (
                "T + 5 min", "`\(book.command("migrate"))`",
                "tasks, then `started` and `finished` of each; rate and "
                    + "time left while copying"
            ),
            ("meanwhile", "`\(book.command("status"))` from any machine", "copying, indexing, finishing, verifying"),
            ("T + \(time)", "nothing", "`migrated … ; \(compared)`, **exit code 0**"),
            (
                "then", "What is left by hand: `\(book.name)-todo.sql`, where there is one",
                "its statements run "
                    + "without an error"
            ),
            ("then", "Point the application to the target and start it", "its health checks"),
            ("+ 15 min", "Decide: stay, or go back. Alerts on again", ""),
        ]
        return [
            "## 2. The window, minute by minute", "", "| when | what | it should show |", "|---|---|---|",
        ] + steps.map { "| \($0.0) | \($0.1) | \($0.2) |" } + [
            "", "### When it does not go so", "", "| exit code | it means | what to do |", "|---|---|---|",
            "| 4 | stopped: a server, the network, Ctrl-C | the same command goes on where it was, here or on "
                + "another machine |",
            "| 3 | rows differ, or somebody wrote to the source meanwhile | the keys are named; "
                + "`\(book.command("verify"))` compares again |",
            "| 2 | the plan or a check is wrong: nothing was done | it says what, and the cure |",
            "| 1 | a task failed in a way that waiting does not mend | mend what it names, then the same command |", "",
            "**Set a limit beforehand**: the time at which you give up and start the application on the source "
                + "again.", "",
            "### Going back", "",
            "- **Before the application writes to the target**: start it on the source again. The source was only "
                + "read: nothing has changed there.",
            "- **After it**: the source lacks what was written to the target since. Decide early.", "",
        ]
    }
}
