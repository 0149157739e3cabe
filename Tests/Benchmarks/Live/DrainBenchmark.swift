import Foundation
import Postgres

/// Draining a backlog: everybody gets the same transactions, that were committed while nobody followed, and the clock
/// runs from the start of the follower to the last change's arrival.
struct DrainBenchmark {
    let stage: LiveStage
    var transactions = 40_000
    var rounds = 1
    /// Only those whose title contains it.
    var only: String?

    var followers: [Follower] { Self.followers.filter { only.map($0.title.contains) ?? true } }

    struct Follower {
        enum Kind: Equatable {
            case skein(jobs: Int, isHypertable: Bool)
            case subscription(isBinary: Bool)
        }
        var kind: Kind
        /// Of its database, slot and plan.
        var name: String
        var title: String
    }

    static let followers = [
        Follower(kind: .subscription(isBinary: false), name: "drain_sub", title: "PostgreSQL's subscription"),
        Follower(kind: .subscription(isBinary: true), name: "drain_subb", title: "PostgreSQL's subscription, binary"),
        Follower(kind: .skein(jobs: 1, isHypertable: false), name: "drain_one", title: "skein, apply-jobs 1"),
        Follower(kind: .skein(jobs: 2, isHypertable: false), name: "drain_two", title: "skein, apply-jobs 2"),
        Follower(kind: .skein(jobs: 4, isHypertable: false), name: "drain_four", title: "skein, apply-jobs 4"),
        Follower(
            kind: .skein(jobs: 2, isHypertable: true), name: "drain_hyper", title: "skein, apply-jobs 2, hypertable"),
    ]

    private static let source = "drain_source"

    /// Row changes a second, by follower's name and round.
    func run() throws -> [String: [Double]] {
        var rates: [String: [Double]] = [:]
        for round in 1...rounds {
            try stage.create(.source, Self.source)
            try stage.psql(Self.source, file: "Tests/Benchmarks/Live/changes.sql")
            for follower in followers { try prepare(follower) }
            stage.say("backlog of \(transactions) transactions")
            let source = try stage.connect(.source, Self.source)
            try source.execute("set synchronous_commit = off")
            try source.execute("call work(0, \(transactions))")
            try source.execute("set synchronous_commit = on; update heartbeat set n = 1000000")
            for follower in followers {
                try stage.checkpoint()
                let seconds = try drain(follower)
                try check(follower)
                let rate = Double(transactions) * 16 / seconds
                rates[follower.name, default: []].append(rate)
                stage.say(
                    String(format: "round \(round), \(follower.title): %.2f s, %.0f changes a second", seconds, rate))
            }
            for follower in followers { try stage.drop(.target, follower.name) }
            try stage.drop(.source, Self.source)
        }
        return rates
    }

    private func plan(_ follower: Follower) throws -> String {
        guard case .skein(let jobs, let isHypertable) = follower.kind else { return "" }
        let hypertable = "hypertables: [{table: public.samples, time-column: time, chunk-interval: 7 days}]\n"
        return try stage.plan(
            follower.name.replacingOccurrences(of: "_", with: "-"), source: Self.source, target: follower.name,
            (isHypertable ? hypertable : "") + "replication: {apply-jobs: \(jobs), spool: {directory: ./spool}}")
    }

    /// Copies the million rows, and leaves a slot behind that keeps what follows.
    private func prepare(_ follower: Follower) throws {
        stage.say("preparing \(follower.title)")
        try stage.create(.target, follower.name)
        let source = try stage.connect(.source, Self.source)
        let target = try stage.connect(.target, follower.name)
        switch follower.kind {
        case .skein:
            let process = try stage.migrate(plan(follower))
            try stage.waitUntilFollowing(target, source, process)
            let code = process.end()
            guard code == 4 else { throw BenchmarkFailure("skein stopped with \(code): \(process.said)") }
        case .subscription(let isBinary):
            try target.execute(
                """
                create table samples (device_id int not null, time timestamptz not null,
                    value double precision not null, quality smallint not null);
                create table heartbeat (id int primary key, n bigint not null, at timestamptz not null);
                """)
            try source.execute("create publication \(follower.name) for table samples, heartbeat")
            // It cannot make its slot within a transaction, and copies by itself.
            try target.execute(
                """
                create subscription \(follower.name)
                connection '\(stage.uri(.source, Self.source))' publication \(follower.name) with (binary = \(isBinary))
                """)
            try stage.wait(
                target, until: "select count(*) = 2 from pg_subscription_rel where srsubstate = 'r'")
            try target.execute("alter table samples add primary key (device_id, time)")
            try target.execute("alter subscription \(follower.name) disable")
        }
        try target.execute("vacuum (freeze, analyze)")
    }

    private func drain(_ follower: Follower) throws -> Double {
        let target = try stage.connect(.target, follower.name)
        let arrived = "select n >= 1000000 from public.heartbeat"
        switch follower.kind {
        case .skein:
            let process = try stage.migrate(plan(follower))
            let seconds = try stage.wait(target, until: arrived, while: process)
            process.end()
            return seconds
        case .subscription:
            try target.execute("alter subscription \(follower.name) enable")
            let seconds = try stage.wait(target, until: arrived)
            try target.execute("alter subscription \(follower.name) disable")
            return seconds
        }
    }

    private func check(_ follower: Follower) throws {
        let sum = "select count(*) || ' ' || sum(hashtextextended(s::text, 0)::numeric) from public.samples s"
        let wanted = try stage.connect(.source, Self.source).scalar(sum)
        let found = try stage.connect(.target, follower.name).scalar(sum)
        guard wanted == found else {
            throw BenchmarkFailure("\(follower.title): \(wanted ?? "") on the source, \(found ?? "") on the target")
        }
    }
}
