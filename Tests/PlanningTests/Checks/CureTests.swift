import Postgres
import TestServers
import Testing

@testable import Catalog
@testable import PlanFile
@testable import Planning

/// Where a cure's statement is to be pasted.
enum Paste: Sendable {
    case source, target
    /// In place of `#paste` in the plan.
    case plan
}

/// Circumstances that a check finds in real servers, and that its own statement mends.
struct CureCase: Sendable, CustomTestStringConvertible {
    let code: String
    let name: String
    var source: [String] = []
    var target: [String] = []
    var plan = Rehearsal.plan()
    let paste: Paste

    var testDescription: String { "\(code): \(name)" }

    static func hypertable(_ table: String, _ more: String = "time-column: time", select: String = "") -> String {
        """
        \(select)
        hypertables:
          - table: \(table)
            \(more.split(separator: "\n").joined(separator: "\n    "))
        """
    }

    /// One hypertable, `public.t`.
    static func tPlan(_ more: String = "time-column: time") -> String { Rehearsal.plan(hypertable("public.t", more)) }
}

@Suite("Cures, pasted", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(5)))
struct CureTests {
    private static let cases: [CureCase] = [
        CureCase(
            code: "SK206", name: "a read-only target database",
            target: [
                "do $$ begin execute format('alter database %I set default_transaction_read_only = on', current_database()); end $$"
            ],
            paste: .target),
        CureCase(
            code: "SK207", name: "an event trigger",
            target: [
                "create function f() returns event_trigger language plpgsql as 'begin end'",
                "create event trigger \"Each DDL\" on ddl_command_end execute function f()",
            ], paste: .target),
        CureCase(
            code: "SK231", name: "an older extension in the target database",
            source: ["create extension pg_stat_statements"],
            target: ["create extension pg_stat_statements version '1.8'"], paste: .target),
        CureCase(
            code: "SK233", name: "no TimescaleDB in the target database",
            source: ["create table t (time timestamptz not null)"],
            plan: CureCase.tPlan(), paste: .target),
        CureCase(
            code: "SK405", name: "an unlogged table in live mode",
            source: ["create unlogged table t (id int primary key)"],
            plan: Rehearsal.plan(mode: "live"), paste: .source),
        CureCase(
            code: "SK503", name: "an unlogged table", source: ["create unlogged table t (time timestamptz not null)"],
            plan: CureCase.tPlan(), paste: .source),
        CureCase(
            code: "SK504", name: "a row trigger with transition tables",
            source: [
                "create table t (time timestamptz not null)",
                "create function f() returns trigger language plpgsql as 'begin return null; end'",
                """
                create trigger "Row ""trigger" after insert on t referencing new table as added
                    for each row execute function f()
                """,
            ], plan: CureCase.tPlan(), paste: .source),
        CureCase(
            code: "SK505", name: "a rule",
            source: ["create table t (time date not null); create rule \"Tell\" as on insert to t do also notify x"],
            plan: CureCase.tPlan(), paste: .source),
        CureCase(
            code: "SK506", name: "a check without inheritance",
            source: ["create table t (time timestamptz not null, s text check (s <> ' NO INHERIT ') no inherit)"],
            plan: CureCase.tPlan(), paste: .source),
        CureCase(
            code: "SK511", name: "a domain as time column",
            source: ["create domain moment as timestamptz; create table t (time moment not null)"],
            plan: CureCase.tPlan(), paste: .source),
        CureCase(
            code: "SK513", name: "an integer time column without interval",
            source: ["create table t (time bigint not null)"],
            plan: CureCase.tPlan("time-column: time\n#paste"), paste: .plan),
        CureCase(
            code: "SK514", name: "a nullable time column", source: ["create table t (time timestamptz)"],
            plan: CureCase.tPlan(), paste: .source),
        CureCase(
            code: "SK520", name: "a primary key without the time column",
            source: ["create table t (time timestamptz not null, \"Odd, \"\"name: x\" int primary key)"],
            plan: CureCase.tPlan("time-column: time\n#paste"), paste: .plan),
        CureCase(
            code: "SK521", name: "a unique index without the time column",
            source: ["create table t (time timestamptz not null, id int); create unique index \"T.id\" on t (id)"],
            plan: Rehearsal.plan(CureCase.hypertable("public.t", select: "select:\n  tables: {exclude: []}\n  #paste")),
            paste: .plan),
        CureCase(
            code: "SK521", name: "a unique constraint without the time column",
            source: ["create table t (time timestamptz not null, id int unique)"],
            plan: Rehearsal.plan(CureCase.hypertable("public.t", select: "select:\n  tables: {exclude: []}\n  #paste")),
            paste: .plan),
        CureCase(
            code: "SK522", name: "an exclusion constraint without the time column",
            source: ["create table t (time timestamptz not null, r int4range, exclude using gist (r with &&))"],
            plan: Rehearsal.plan(CureCase.hypertable("public.t", select: "select:\n  tables: {exclude: []}\n  #paste")),
            paste: .plan),
        CureCase(
            code: "SK524", name: "a nullable column in the planned key",
            source: ["create table t (time timestamptz not null, id int)"],
            plan: CureCase.tPlan("time-column: time\nprimary-key: [id, time]"), paste: .source),
        CureCase(
            code: "SK526", name: "a foreign key between hypertables",
            source: [
                "create table t (time timestamptz primary key); create table u (time timestamptz not null references t)"
            ],
            plan: Rehearsal.plan(CureCase.hypertable("public.t") + "\n  - {table: public.u, time-column: time}"),
            paste: .source),
        CureCase(
            code: "SK527", name: "a foreign key to the key that is replaced",
            source: [
                "create table t (time timestamptz not null, id int primary key); create table u (t int references t)"
            ],
            plan: CureCase.tPlan("time-column: time\nprimary-key: [id, time]"), paste: .source),
        CureCase(
            code: "SK602", name: "large objects on both sides", source: ["select lo_create(0)"],
            target: ["select lo_create(0), lo_create(0)"], paste: .target),
        CureCase(
            code: "SK710", name: "a table without a key, in live mode", source: ["create table \"No key\" (id int)"],
            plan: Rehearsal.plan(mode: "live"), paste: .source),
    ]

    /// One pair of databases for all cases, because making and dropping them takes most of the time.
    @Test("the check strikes, its statement is pasted, the check passes")
    func cured() async throws {
        try await withDatabases { source, target in
            for one in Self.cases {
                try await empty(source)
                try await empty(target)
                try await fill(source, one.source)
                try await fill(target, one.target)
                try await cure(one, Rehearsal(source: source, target: target, plan: one.plan))
            }
        }
    }

    private func cure(_ one: CureCase, _ before: Rehearsal) async throws {
        var rehearsal = before
        let finding = try #require(try await rehearsal.findings(one.code).first, "\(one)")
        let statement = try #require(finding.statement, "\(one)")
        switch one.paste {
        case .source: try await fill(rehearsal.source, [statement])
        case .target: try await fill(rehearsal.target, [statement])
        case .plan: rehearsal.plan = rehearsal.plan.replacing("#paste", with: statement)
        }
        let left = try await rehearsal.findings(one.code).filter { $0.severity <= finding.severity }
        #expect(left == [], "\(one), after \(statement)")
    }

    private func fill(_ database: ConnectionTarget, _ batches: [String]) async throws {
        try await TestServers.withConnection(to: database, settings: ["search_path": "public"]) { connection in
            for batch in batches { try connection.execute(batch) }
        }
    }

    private func empty(_ database: ConnectionTarget) async throws {
        let triggers = try await TestServers.column("select quote_ident(evtname) from pg_event_trigger", on: database)
        let extensions = try await TestServers.column(
            "select extname from pg_extension where extname <> 'plpgsql'", on: database)
        for name in extensions.compactMap(\.self) {
            // TimescaleDB wants to be dropped by a session that did nothing else.
            try await fill(database, ["drop extension \(name)"])
        }
        try await fill(
            database,
            triggers.compactMap(\.self).filter { !$0.contains("timescaledb") }.map { "drop event trigger \($0)" } + [
                "drop schema public cascade; create schema public",
                "select lo_unlink(oid) from pg_largeobject_metadata",
            ])
    }

    @Test("a reader is granted what it lacks, table by table")
    func grants() async throws {
        let server = try TestServers.requireSource()
        try await withLogin("checks Reader", on: server) {
            let schema = "create schema \"Side\"; create table \"Side\".\"T\" (id serial); create table u (id int)"
            try await withDatabases(source: [schema]) { source, target in
                let rehearsal = Rehearsal(
                    source: source.with("user", "checks Reader"), target: target, plan: Rehearsal.plan())
                let findings = try await rehearsal.findings()
                #expect(findings.filter { $0.severity == .error }.map(\.code) == ["SK401", "SK401", "SK403"])
                for finding in findings where ["SK401", "SK403"].contains(finding.code) {
                    try await TestServers.execute(try #require(finding.statement), on: source)
                }
                #expect(try await rehearsal.findings().filter { $0.severity == .error } == [])
            }
        }
    }

    @Test("a reader behind row security gets past it")
    func rowSecurity() async throws {
        let server = try TestServers.requireSource()
        try await withLogin("checks_policed", on: server) {
            let table = "create table t (id int primary key); alter table t enable row level security"
            try await withDatabases(source: [table, "grant select on t to checks_policed"]) { source, target in
                let rehearsal = Rehearsal(
                    source: source.with("user", "checks_policed"), target: target, plan: Rehearsal.plan())
                let finding = try #require(try await rehearsal.findings("SK402").first)
                try await TestServers.execute(try #require(finding.statement), on: source)
                #expect(try await rehearsal.findings().filter { $0.code == "SK401" || $0.code == "SK402" } == [])
            }
        }
    }

    @Test("a role of the target is granted what it lacks")
    func targetRights() async throws {
        let server = try TestServers.requireTarget()
        try await withLogin("checks_mover", on: server) {
            let extensions = ["create extension pg_stat_statements", "create table t (id int primary key)"]
            try await withDatabases(source: extensions) { source, target in
                let rehearsal = Rehearsal(
                    source: source, target: target.with("user", "checks_mover"), plan: Rehearsal.plan())
                let codes: Set<String> = ["SK208", "SK209", "SK227", "SK235"]
                let findings = try await rehearsal.findings().filter { codes.contains($0.code) }
                #expect(Set(findings.map(\.code)) == codes)
                for finding in findings { try await fill(target, [try #require(finding.statement)]) }
                #expect(try await rehearsal.findings().filter { codes.contains($0.code) } == [])
            }
        }
    }

    @Test("a role that may neither replicate nor publish is let to")
    func replication() async throws {
        let server = try TestServers.requireSource()
        try await withLogin("checks_follower", on: server) {
            let table = "create table t (id int primary key); grant select on t to checks_follower"
            try await withDatabases(source: [table]) { source, target in
                let rehearsal = Rehearsal(
                    source: source.with("user", "checks_follower"), target: target, plan: Rehearsal.plan(mode: "live"))
                let findings = try await rehearsal.findings().filter { ["SK704", "SK709"].contains($0.code) }
                #expect(findings.map(\.code) == ["SK704", "SK709", "SK709"])
                for finding in findings {
                    try await TestServers.execute(try #require(finding.statement), on: source)
                }
                #expect(try await rehearsal.findings().filter { ["SK704", "SK709"].contains($0.code) } == [])
                // As the checks say: now it can.
                try await TestServers.execute(
                    "create publication p for table public.t", on: source.with("user", "checks_follower"))
            }
        }
    }

    @Test("a policy's role is created on the target")
    func policyRole() async throws {
        let (from, to) = (try TestServers.requireSource(), try TestServers.requireTarget())
        try await withLogin("checks Auditor", on: from) {
            let sql = ["create table t (id int primary key)", "create policy p on t to \"checks Auditor\", postgres"]
            try await withDatabases(source: sql) { source, target in
                let rehearsal = Rehearsal(source: source, target: target, plan: Rehearsal.plan())
                let finding = try #require(try await rehearsal.findings("SK240").first)
                #expect(finding.severity == .error)
                try await TestServers.execute(try #require(finding.statement), on: target)
                let left = try await rehearsal.findings("SK240")
                try await TestServers.execute("drop role \"checks Auditor\"", on: to.with(database: "postgres"))
                #expect(left == [])
                try await TestServers.execute("drop policy p on public.t", on: source)
            }
        }
    }

    @Test(
        "a target database of the wrong encoding or collation is made anew",
        arguments: [
            ("SK222", "encoding 'LATIN1' locale 'C'"), ("SK223", "encoding 'UTF8' locale 'C.UTF-8'"),
        ])
    func madeAnew(_ code: String, _ options: String) async throws {
        let server = try TestServers.requireTarget().with(database: "postgres")
        let name = "checks Anew \(code)"
        let source = try TestServers.requireSource()
        try await TestServers.withScratchDatabase(on: source, prefix: "checks_s", options: "locale 'C'", sql: []) {
            source in
            try await TestServers.execute(
                "create database \"\(name)\" template template0 \(options)", on: server)
            let rehearsal = Rehearsal(source: source, target: server.with(database: name), plan: Rehearsal.plan())
            let outcome: Result<[Diagnostic], any Error>
            do {
                let finding = try #require(try await rehearsal.findings(code).first)
                try await TestServers.execute("drop database \"\(name)\"", on: server)
                try await TestServers.execute(try #require(finding.statement), on: server)
                outcome = .success(try await rehearsal.findings(code))
            } catch {
                outcome = .failure(error)
            }
            try await TestServers.execute("drop database if exists \"\(name)\"", on: server)
            #expect(try outcome.get() == [])
        }
    }

    @Test("collations that both servers know are no finding, one that only the source knows is")
    func collations() async throws {
        let names =
            "select collname from pg_collation where collnamespace = 'pg_catalog'::regnamespace "
            + "and collencoding in (-1, 6) and collname <> 'default'"
        let known = try await TestServers.column(
            names, on: try TestServers.requireTarget().with(database: "template1"))
        let here = try await TestServers.column(
            names, on: try TestServers.requireSource().with(database: "template1"))
        let foreign = Set(here).subtracting(known).compactMap(\.self).sorted().first
        let columns = (["C", "POSIX", "ucs_basic"] + [foreign].compactMap(\.self)).enumerated()
            .map { "c\($0) text collate \"\($1)\"" }.joined(separator: ", ")
        let sql = [
            "create collation \"My order\" (provider = icu, locale = 'de')",
            "create table t (id int primary key, own text collate \"My order\", \(columns))",
        ]
        try await withDatabases(source: sql) { source, target in
            let rehearsal = Rehearsal(source: source, target: target, plan: Rehearsal.plan())
            let objects = try await rehearsal.findings("SK225").map(\.object)
            #expect(objects == [foreign].compactMap(\.self).map { QualifiedName.quoted($0) })
        }
    }
}
