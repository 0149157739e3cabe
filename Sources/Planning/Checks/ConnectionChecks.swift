import Catalog
import PlanFile

/// What must hold of the way to either server: nothing in between, room, little delay, settings in force.
enum ConnectionChecks {
    static let all = [
        pooler(.source, "SK105"), pooler(.target, "SK215"), room(.source, "SK106"), room(.target, "SK216"),
        roundTrip(.source, "SK107"), roundTrip(.target, "SK217"), pendingRestart(.source, "SK110"),
        pendingRestart(.target, "SK218"),
    ]

    private static func pooler(_ side: Side, _ code: String) -> Check {
        Check(
            code, "A connection pooler stands before the \(side)",
            """
            Skein's sessions hold snapshots, locks, prepared statements and session settings that a pooler in \
            transaction or statement mode hands to others or forgets; a replication connection cannot pass at all. \
            Connect to the server itself, usually on port 5432 instead of 6432.
            """
        ) { context, findings in
            guard let evidence = side.catalog(context).server.poolerEvidence else { return }
            findings.add(
                .error, "the connection to the \(side) goes through a pooler", why: evidence,
                cure: "let \(side).uri name the server itself, not the pooler", at: side.location(context))
        }
    }

    private static func room(_ side: Side, _ code: String) -> Check {
        Check(
            code, "Too few connections are left on the \(side)",
            """
            A migration opens at most `table-jobs` + 3 connections on the source and `table-jobs` + `index-jobs` + 3 on \
            the target. A live one opens two for each table job on the source, `apply-jobs` more on the target, and two \
            more on each side. Of \
            `max_connections`, some are reserved for superusers (`superuser_reserved_connections`) or for a role \
            (`reserved_connections`), and others are in use. "remaining connection slots are reserved" in the middle \
            of a run is retried, but it slows the migration down and may starve the application.
            """
        ) { context, findings in
            let server = side.catalog(context).server
            guard let limit = server.number("max_connections") else { return }
            let reserved =
                server.isSuperuser
                ? 0
                : (server.number("superuser_reserved_connections") ?? 3) + (server.number("reserved_connections") ?? 0)
            // The session that read the catalogs ends before the migration's begin.
            let free = max(0, limit - reserved - max(0, server.usedConnections - 1))
            let needed = context.neededConnections(side)
            guard free < needed else { return }
            let reservedWords = reserved > 0 ? ", \(reserved) are reserved" : ""
            let change = context.change(
                "max_connections", to: String(limit + needed - free), .restart, on: side)
            findings.add(
                .error,
                "the \(side) has room for \(Wording.count(free, "connection")); "
                    + "\(needed) are needed",
                why: "max_connections is \(limit)\(reservedWords), \(server.usedConnections) are in use. Needed: "
                    + uses(context, side),
                cure: (jobsThatFit(free, side, context.plan) ?? "") + "end idle sessions, or \(change.cure)",
                statement: change.statement,
                object: "max_connections", at: context.plan.copy.tableJobs?.location ?? side.location(context))
        }
    }

    private static func uses(_ context: CheckContext, _ side: Side) -> String {
        let (jobs, others) = (context.jobs, Sessions.others(side, context.plan))
        let tables =
            Sessions.perTableJob(side, context.plan) > 1
            ? "two for each of \(jobs.tableJobs) table jobs" : "\(jobs.tableJobs) table jobs"
        return side == .source
            ? "\(tables) and \(others) more." : "\(tables), \(jobs.indexJobs) index jobs and \(others) more."
    }

    /// The beginning of a cure: settings of the plan with which `free` connections are enough, nil where none is.
    private static func jobsThatFit(_ free: Int, _ side: Side, _ plan: Plan) -> String? {
        let room = (free - Sessions.others(side, plan)) / Sessions.perTableJob(side, plan)
        guard room >= (side == .source ? 1 : 2) else { return nil }
        let indexJobs = side == .source ? 0 : max(1, room / 3)
        let jobs =
            "copy: {table-jobs: \(room - indexJobs)" + (side == .source ? "}" : ", index-jobs: \(indexJobs)}")
        return "say `\(jobs)` in the plan, or "
    }

    private static func roundTrip(_ side: Side, _ code: String) -> Check {
        Check(
            code, "The \(side) is far away",
            """
            Each task needs several round trips to both servers; copying itself is throughput and suffers little. \
            Above 5 ms the machine that runs Skein is probably in another region than the server. Run Skein near the \
            target, in the same network where possible.
            """
        ) { context, findings in
            let seconds = side.catalog(context).server.roundTripSeconds
            guard seconds > 0.005 else { return }
            findings.add(
                .warning, "a round trip to the \(side) takes \(Wording.milliseconds(seconds))",
                why: "Many small tables then take as long as their round trips.",
                cure: "run Skein on a machine near the servers, the target first", at: side.location(context))
        }
    }

    private static func pendingRestart(_ side: Side, _ code: String) -> Check {
        Check(
            code, "Settings of the \(side) wait for a restart",
            """
            A setting that needs a restart was changed in the configuration, and the server still runs with the old \
            value: it is the old one that all other checks saw. On RDS and Aurora this is a parameter group in \
            "pending reboot".
            """
        ) { context, findings in
            let server = side.catalog(context).server
            let names = (side == .source ? sourceSettings : targetSettings)
                .filter { server.settings[$0]?.pendingRestart == true }
            guard !names.isEmpty else { return }
            let values = names.map { "\($0) (still \(server.setting($0) ?? ""))" }
            findings.add(
                .warning, "changed on the \(side) but not in force until it restarts: \(Wording.list(names))",
                why: "In force: \(Wording.list(values)).",
                cure: "\(restart(context.provider(side).profile, side)) before the migration, if the new values "
                    + "matter to it",
                object: names.first, at: side.location(context))
        }
    }

    private static func restart(_ profile: ProviderProfile, _ side: Side) -> String {
        switch profile.settingsPlace {
        case .alterSystem: "restart the \(side)'s server"
        case .parameterGroup: "reboot the \(side)'s instance (its parameter group is in \"pending reboot\")"
        case .console(let console, _): "restart the \(side) in \(console)"
        }
    }

    private static let common = ["max_connections", "max_locks_per_transaction", "max_worker_processes"]
    private static let sourceSettings =
        common + ["max_replication_slots", "max_wal_senders", "wal_level", "rds.logical_replication"]
    private static let targetSettings = common + ["shared_buffers", "shared_preload_libraries"]
}
