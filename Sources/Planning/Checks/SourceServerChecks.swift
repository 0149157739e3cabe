import Catalog
import PlanFile

/// What must hold of the source's server.
enum SourceServerChecks {
    static let all = [tooOld, untested, standby, longTransactions, preparedTransactions]

    private static let tooOld = Check(
        "SK101", "The source's server is too old",
        """
        Skein reads the catalogs of PostgreSQL 10 and later: older servers lack identity columns, declarative \
        partitioning and `pg_sequences`. Upgrade the source with pg_upgrade first, or move it with pg_dump.
        """
    ) { context, findings in
        guard context.source.server.major < 10 else { return }
        findings.add(
            .error,
            "the source runs PostgreSQL \(context.source.server.serverVersion); 10 is the oldest that can be read",
            cure: "upgrade the source to a supported version first", at: Side.source.location(context))
    }

    private static let untested = Check(
        "SK102", "No test ran against the source's version",
        """
        Skein's tests run against PostgreSQL 15 as the source. Other versions are expected to work, but nobody has \
        seen them work: rehearse the migration against a copy, and keep `cutover.verify: checksums`.
        """
    ) { context, findings in
        let server = context.source.server
        guard server.major >= 10, server.major != 15 else { return }
        findings.add(
            .warning, "no test ran with PostgreSQL \(server.major) as the source (it runs \(server.serverVersion))",
            why: "Skein's tests use PostgreSQL 15 as the source.",
            cure: "rehearse the migration once, with `cutover: {verify: checksums}`", at: Side.source.location(context))
    }

    private static let standby = Check(
        "SK103", "The source is a standby",
        """
        An offline migration may read a standby: it sees what was replayed when the run's snapshot was taken, and \
        nothing can write to it, but long queries may be cancelled by replay (`max_standby_streaming_delay`). A live \
        migration needs the primary: a standby's list of running transactions is not to be trusted for watermarks.
        """
    ) { context, findings in
        guard context.source.server.inRecovery else { return }
        if context.plan.mode.value == .live {
            findings.add(
                .error, "the source is a standby, and a live migration needs the primary",
                why: "A standby's list of running transactions is not exact, and markers cannot be written to it.",
                cure: "let source.uri name the primary (`target_session_attrs=read-write` finds it)",
                at: Side.source.location(context))
        } else {
            findings.add(
                .note, "the source is a standby; it is copied as far as it has been replayed",
                why: "Writes to its primary that arrive later are not part of the copy. Replay may cancel long reads.",
                cure: "set max_standby_streaming_delay = -1 on the standby while it is copied",
                at: Side.source.location(context))
        }
    }

    private static let longTransactions = Check(
        "SK104", "Transactions on the source have been open for long",
        """
        A transaction that stays open keeps dead rows alive; its uncommitted changes are not part of an offline copy. \
        In live mode the replication slot becomes usable only once all transactions that were running when it was made \
        have ended: one forgotten session holds the migration up for as long.
        """
    ) { context, findings in
        let long = context.source.server.longTransactions.sorted { $0.ageSeconds > $1.ageSeconds }
        guard let oldest = long.first else { return }
        let sessions = long.map { transaction in
            let name = transaction.applicationName.isEmpty ? "" : " (\(transaction.applicationName))"
            return "pid \(transaction.pid)\(name), \(Wording.age(transaction.ageSeconds))"
        }
        let count = Wording.count(long.count, "transaction")
        findings.add(
            .warning,
            "\(count) on the source open for more than 5 minutes, the oldest for \(Wording.age(oldest.ageSeconds))",
            why: "\(Wording.list(sessions)). What they have not committed is not copied"
                + (context.plan.mode.value == .live ? "; the slot's creation waits for them." : "."),
            cure: "let them end, or end them: run on the source",
            statement: "select pg_terminate_backend(\(oldest.pid));", at: Side.source.location(context))
    }

    private static let preparedTransactions = Check(
        "SK109", "The source holds prepared transactions",
        """
        A prepared transaction (two-phase commit) is neither committed nor rolled back until somebody says so, even \
        across restarts. Its rows are not part of the copy. In live mode it also holds the slot's creation up and keeps \
        the cutover from being complete, so one that waits for a minute or longer is an error there; younger ones are \
        an application at work, whose changes are followed.
        """
    ) { context, findings in
        let isLive = context.plan.mode.value == .live
        let found = context.source.preparedTransactions.filter { !isLive || $0.ageSeconds >= 60 }
        guard !found.isEmpty else { return }
        let names = found.sorted { $0.ageSeconds > $1.ageSeconds }.map {
            "'\($0.gid)' of \($0.owner), \(Wording.age($0.ageSeconds))"
        }
        findings.add(
            isLive ? .error : .warning, "\(Wording.count(found.count, "prepared transaction")) on the source",
            why: "\(Wording.list(names)). What they hold is not committed and is not copied"
                + (isLive ? "; the slot's creation waits for them." : "."),
            cure: "commit or roll back each: `commit prepared 'gid'`, `rollback prepared 'gid'`; they are listed by",
            statement: "select gid, prepared, owner from pg_prepared_xacts where database = current_database();",
            at: Side.source.location(context))
    }
}
