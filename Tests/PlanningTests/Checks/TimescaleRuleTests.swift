import Postgres
import TestServers
import Testing

/// One rule of TimescaleDB that a check rests on: a statement that it refuses, or accepts.
struct TimescaleRule: Sendable, CustomTestStringConvertible {
    let code: String
    /// What leads to it.
    let setup: String
    let statement: String
    /// Part of the refusal; nil where the statement must succeed.
    let refusal: String?

    init(_ code: String, _ setup: String, _ statement: String, refusal: String?) {
        self.code = code
        self.setup = setup
        self.statement = statement
        self.refusal = refusal
    }

    var testDescription: String { "\(code): \(statement)" }
}

/// What the checks of hypertables claim, held against real TimescaleDB servers.
@Suite("TimescaleDB's rules", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(5)))
struct TimescaleRuleTests {
    private static func create(_ columns: String, _ arguments: String = "by_range('time')") -> (String, String) {
        ("create table t (\(columns))", "select create_hypertable('t', \(arguments), create_default_indexes => false)")
    }

    private static func creating(
        _ code: String, _ columns: String, _ arguments: String = "by_range('time')", refusal: String?,
    ) -> TimescaleRule {
        let (setup, statement) = create(columns, arguments)
        return TimescaleRule(code, setup, statement, refusal: refusal)
    }

    /// On a hypertable `t` of `time timestamptz, d int, j json`, and `u` of the same with primary key (time, d).
    private static func on(_ code: String, _ statement: String, refusal: String?) -> TimescaleRule {
        TimescaleRule(code, ready, statement, refusal: refusal)
    }

    private static let ready = """
        create table t (time timestamptz not null, d int not null, j json, g int generated always as (1) stored);
        create table u (time timestamptz, d int, primary key (time, d));
        create table plain (id int primary key, time timestamptz);
        create function f() returns trigger language plpgsql as 'begin return null; end';
        select create_hypertable('t', by_range('time')), create_hypertable('u', by_range('time'))
        """

    private static let hour = "interval '1 hour'"

    static let rules: [TimescaleRule] = [
        TimescaleRule(
            "SK502", "create table t (time date not null) partition by range (time)",
            "select create_hypertable('t', by_range('time'))", refusal: "already partitioned"),
        TimescaleRule(
            "SK502", "create table t (time date not null); create table c () inherits (t)",
            "select create_hypertable('t', by_range('time'))", refusal: "already partitioned"),
        TimescaleRule(
            "SK502", "create table p (time date not null); create table t () inherits (p)",
            "select create_hypertable('t', by_range('time'))", refusal: "already partitioned"),
        on(
            "SK504", "create trigger x after insert on t referencing new table as n for each row execute function f()",
            refusal: "transition tables"),
        on(
            "SK504",
            "create trigger x after insert on t referencing new table as n for each statement "
                + "execute function f()", refusal: nil),
        on(
            "SK504", "create constraint trigger x after insert on t deferrable for each row execute function f()",
            refusal: nil),
        on("SK505", "create rule r as on insert to t do also notify x", refusal: "do not support rules"),
        on("SK506", "alter table t add check (d > 0) no inherit", refusal: "NO INHERIT"),
        creating("SK511", "time numeric", refusal: "invalid type"),
        creating("SK511", "time text", refusal: "invalid type"),
        creating(
            "SK511", "at timestamptz, time timestamp generated always as (at at time zone 'UTC') stored",
            refusal: "invalid partitioning column"),
        TimescaleRule(
            "SK511", "create domain moment as timestamptz; create table t (time moment)",
            "select create_hypertable('t', by_range('time'))", refusal: "invalid type"),
        creating("SK511", "time timestamp", refusal: nil),
        creating("SK511", "time date", refusal: nil),
        creating("SK512", "time int", "by_range('time', \(hour))", refusal: "invalid interval type"),
        creating("SK512", "time smallint", "by_range('time', 32768)", refusal: "invalid interval"),
        creating("SK512", "time smallint", "by_range('time', 32767)", refusal: nil),
        creating("SK512", "time int", "by_range('time', 0)", refusal: "invalid interval"),
        creating("SK512", "time date", "by_range('time', interval '36 hours')", refusal: "invalid interval"),
        creating("SK512", "time date", "by_range('time', interval '1 day 24 hours')", refusal: nil),
        creating("SK512", "time date", "by_range('time', interval '1 month')", refusal: nil),
        creating("SK513", "time bigint", refusal: nil),
        creating("SK514", "time timestamptz", refusal: nil),
        on("SK516", "select add_dimension('t', by_hash('time', 2))", refusal: "already a dimension"),
        on("SK517", "select add_dimension('t', by_hash('j', 2))", refusal: "hash function"),
        on("SK517", "select add_dimension('t', by_hash('g', 2))", refusal: "invalid partitioning column"),
        on("SK518", "select add_dimension('t', by_hash('d', 32768))", refusal: "invalid number of partitions"),
        on("SK518", "select add_dimension('t', by_hash('d', 32767))", refusal: nil),
        on("SK520", "alter table t add primary key (d)", refusal: "without the column \"time\""),
        on("SK520", "alter table t add primary key (d, time)", refusal: nil),
        on("SK521", "create unique index on t (d) where d > 0", refusal: "without the column \"time\""),
        on(
            "SK521", "create unique index on t (d, date_trunc('hour', time at time zone 'UTC'))",
            refusal: "without the column \"time\""),
        on("SK521", "create unique index on t (d) include (time)", refusal: "without the column \"time\""),
        on("SK521", "alter table t add unique (time, d) deferrable", refusal: nil),
        on("SK522", "alter table t add exclude using btree (d with =)", refusal: "without the column \"time\""),
        on("SK522", "alter table t add exclude using btree (d with =, time with =)", refusal: nil),
        on("SK526", "alter table t add foreign key (time, d) references u", refusal: "foreign key references of hyper"),
        on("SK526", "alter table u add foreign key (time, d) references u", refusal: "foreign key references of hyper"),
        on("SK526", "alter table t add foreign key (d) references plain", refusal: nil),
        on("SK527", "alter table plain add foreign key (time, id) references u", refusal: nil),
        on(
            "row security",
            "alter table t enable row level security; alter table t force row level security; "
                + "create policy p on t using (d > 0)", refusal: nil),
    ]

    /// 17 with 2.19, and 18 with 2.31 where there is one.
    private static let servers: [String] = TestServers.has18 ? ["target", "target18"] : ["target"]

    @Test("are those that the checks know", arguments: servers)
    func known(_ name: String) async throws {
        let server = name == "target" ? try TestServers.requireTarget() : try TestServers.requireTarget18()
        try await TestServers.withScratchDatabase(on: server, prefix: "checks_r", withTimescaleDB: true, sql: []) {
            database in
            // Expectations on another thread would belong to no test.
            let surprises = try await TestServers.withConnection(
                to: database, settings: ["search_path": "public", "client_min_messages": "error"]
            ) { connection in try Self.rules.compactMap { try Self.surprise($0, connection) } }
            #expect(surprises == [])
        }
    }

    /// What was not as the rule says, nil where it was.
    private static func surprise(_ rule: TimescaleRule, _ connection: Connection) throws -> String? {
        try connection.execute("begin")
        try connection.execute(rule.setup)
        let refusal = refusal(of: rule.statement, connection)
        try connection.execute("rollback")
        switch (rule.refusal, refusal) {
        case (nil, nil): return nil
        case (.some(let wanted), .some(let said)) where said.contains(wanted): return nil
        default: return "\(rule.testDescription): \(refusal ?? "accepted")"
        }
    }

    private static func refusal(of statement: String, _ connection: Connection) -> String? {
        do {
            try connection.execute(statement)
            return nil
        } catch {
            if case .server(let refusal) = error { return refusal.message }
            return "\(error)"
        }
    }

    @Test("unlogged tables become hypertables since 2.24 only", arguments: servers)
    func unlogged(_ name: String) async throws {
        let server = name == "target" ? try TestServers.requireTarget() : try TestServers.requireTarget18()
        let refusal: String? = try await TestServers.withScratchDatabase(
            on: server, prefix: "checks_r", withTimescaleDB: true, sql: "create unlogged table t (time date not null)",
        ) { database in
            do {
                try await TestServers.execute(
                    "select public.create_hypertable('public.t', public.by_range('time'))", on: database)
                return nil
            } catch PostgresError.server(let error) {
                return error.message
            }
        }
        #expect(refusal == (name == "target" ? "table \"t\" has to be logged" : nil))
    }
}
