import Faults
import Foundation
import Glibc
import Postgres
import TestServers
import Testing

@Suite("Roles, owners and privileges arrive", .enabled(if: TestServers.areAvailable))
struct RolesTests {
    static let points: [FaultPoint] = [.rolesMade, .ownersSet, .privilegesGranted]

    @Test(.timeLimit(.minutes(3)), arguments: [false, true])
    func `with a superuser on the target, both sides say the same, and again`(_ is18: Bool) async throws {
        guard !is18 || TestServers.has18 else { return }
        let server = is18 ? TestServers.target18 : nil
        try await RolesFixture.with(is18 ? "same18" : "same17", targetServer: server) { fixture in
            let migration = fixture.migration
            let planned = try await migration.skein("plan", "--no-color")
            #expect(planned.exitCode == 0, "\(planned)")
            let text = planned.stdout.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            #expect(text.contains("roles made: \(fixture.prefix)app"), "\(planned)")
            #expect(text.contains("role \(fixture.prefix)out (the plan excludes it)"), "\(planned)")
            let run = try await migration.skein("migrate", "--no-color")
            try #require(run.exitCode == 0, "\(run)")
            let (source, target) = (migration.source, migration.target)
            #expect(try await fixture.describedRoles(source) == fixture.describedRoles(target))
            let unequal = try await fixture.unequal()
            #expect(unequal.isEmpty, "\(unequal)")
            #expect(run.stdout.contains("1 password"), "\(run)")
            let todo = try String(contentsOfFile: "\(migration.folder)/\(migration.name)-todo.sql", encoding: .utf8)
            #expect(todo.contains("\\password \(fixture.prefix)owner\n"), "\(todo)")
            #expect(!todo.contains("\\password \(fixture.prefix)app\n"), "it has none on the source: \(todo)")
            // Started over, the roles are there: brought in line, not failed on, never dropped.
            try await TestServers.execute("alter role \(fixture.prefix)app nologin", on: target)
            let again = try await migration.skein("migrate", "--drop-if-exists", "--yes", "--no-color")
            #expect(again.exitCode == 0, "\(again)")
            #expect(try await fixture.describedRoles(source) == fixture.describedRoles(target))
            let still = try await fixture.unequal()
            #expect(still.isEmpty, "\(still)")
        }
    }

    @Test(.timeLimit(.minutes(3)), arguments: ["offline", "live"])
    func `with a target role that is no superuser, as far as it may`(_ mode: String) async throws {
        try await RolesFixture.with("admin_" + mode, mode: mode) { fixture in
            let migration = fixture.migration
            try await fixture.useAdmin("replication: {spool: {directory: ./spool}}")
            let planned = try await migration.skein("plan", "--no-color")
            #expect(planned.exitCode == 0, "\(planned)")
            let text = planned.stdout.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            #expect(text.contains("\(fixture.prefix)super without SUPERUSER"), "\(planned)")
            let run: SkeinProcess.Result
            if mode == "live" {
                let process = try migration.start("migrate", ["--no-color"])
                let cutover = try await migration.cutOver()
                try #require(cutover.exitCode == 0, "\(cutover)\n\(process.stderr)")
                run = try await process.wait(atMost: 30)
            } else {
                run = try await migration.skein("migrate", "--no-color")
            }
            try #require(run.exitCode == 0, "\(run)")
            let unequal = try await fixture.unequal(excluding: fixture.admin)
            #expect(unequal.isEmpty, "\(unequal)")
            let borrowed = try await TestServers.column(
                """
                select m.roleid::regrole from pg_auth_members m
                where m.member = '\(fixture.admin)'::regrole and m.grantor = m.member
                """, on: migration.target)
            #expect(borrowed == [], "given back")
            let todo = try String(contentsOfFile: "\(migration.folder)/\(migration.name)-todo.sql", encoding: .utf8)
            #expect(todo.contains("grant \"pg_monitor\" to \"\(fixture.prefix)lead\""), "\(todo)")
            // A person can run it as it is, but for the passwords.
            let rest = todo.split(separator: "\n").filter { !$0.hasPrefix("\\") }.joined(separator: "\n")
            try await TestServers.execute(rest, on: migration.target)
        }
    }

    @Test(
        .timeLimit(.minutes(3)),
        arguments: [
            (FaultPoint.rolesMade, 1, true), (.ownersSet, 1, true), (.ownersSet, 1, false),
            (.privilegesGranted, 1, false),
        ] as [(FaultPoint, Int, Bool)])
    func `killed while they are applied, the same command goes on`(
        _ point: FaultPoint, _ passing: Int, _ isSuperuser: Bool,
    ) async throws {
        let name = "kill_\(point.rawValue.prefix { $0 != "." })_\(isSuperuser ? "s" : "a")"
        try await RolesFixture.with(name) { fixture in
            let migration = fixture.migration
            if !isSuperuser { try await fixture.useAdmin() }
            let killed = try await migration.skein(
                "migrate", environment: ["SKEIN_FAULT": "\(point.rawValue):\(passing)"])
            #expect(killed.signal == SIGKILL, "\(killed)")
            let resumed = try await migration.skein("migrate", "--no-color")
            #expect(resumed.exitCode == 0, "\(resumed)")
            let unequal = try await fixture.unequal(excluding: isSuperuser ? "" : fixture.admin)
            #expect(unequal.isEmpty, "\(unequal)")
            if isSuperuser {
                #expect(
                    try await fixture.describedRoles(migration.source) == fixture.describedRoles(migration.target))
            }
        }
    }

    @Test(.timeLimit(.minutes(3)))
    func `password hashes arrive where the plan says so, and are kept nowhere else`() async throws {
        try await RolesFixture.with("secret") { fixture in
            let migration = fixture.migration
            try migration.writePlan(
                """
                roles: {include: [\(fixture.prefix)*], passwords: true}
                """)
            let planned = try await migration.skein("plan", "--json", "--out", "\(migration.folder)/saved.json")
            let run = try await migration.skein("migrate", "--json", "--log-level", "debug")
            try #require(run.exitCode == 0, "\(run)")
            let query = "select rolpassword from pg_authid where rolname = '\(fixture.prefix)owner'"
            let hash = try await TestServers.column(query, on: migration.source)
            #expect(try await TestServers.column(query, on: migration.target) == hash)
            #expect(hash.first??.hasPrefix("SCRAM-SHA-256$") == true)
            var said = [planned.stdout, planned.stderr, run.stdout, run.stderr]
            for file in try FileManager.default.contentsOfDirectory(atPath: migration.folder) {
                said.append((try? String(contentsOfFile: "\(migration.folder)/\(file)", encoding: .utf8)) ?? "")
            }
            for table in try await TestServers.column(
                "select oid::regclass from pg_class where relnamespace = 'skein'::regnamespace and relkind = 'r'",
                on: migration.target)
            {
                said += try await TestServers.column("select t::text from \(table ?? "") t", on: migration.target)
                    .compactMap(\.self)
            }
            #expect(!said.contains { $0.contains("SCRAM-SHA-256$") })
            #expect(!said.contains { $0.contains("\\password") }, "no password is left to set")
        }
    }

    @Test(.timeLimit(.minutes(3)), arguments: [true, false])
    func `a hypertable's chunks get what it has, those that come later too`(_ isSuperuser: Bool) async throws {
        try await RolesFixture.with("hyper_\(isSuperuser)") { fixture in
            let (migration, p) = (fixture.migration, fixture.prefix)
            try await TestServers.execute(
                """
                create table api.readings (time timestamptz not null, v int);
                insert into api.readings select '2026-01-01'::timestamptz + n * interval '1 h', n
                from generate_series(1, 500) n;
                alter table api.readings owner to \(p)owner;
                grant select, insert on api.readings to \(p)app;
                """, on: migration.source)
            try await TestServers.execute("create extension timescaledb schema public", on: migration.target)
            let hypertables = "hypertables: [{table: api.readings, time-column: time, chunk-interval: 7 days}]"
            if isSuperuser {
                try migration.writePlan(fixture.plan(hypertables))
            } else {
                try await fixture.useAdmin(hypertables)
            }
            let run = try await migration.skein("migrate", "--no-color")
            try #require(run.exitCode == 0, "\(run)")
            let app = migration.target.with("user", p + "app")
            try await TestServers.execute("insert into api.readings values ('2026-09-09', 1)", on: app)
            #expect(try await TestServers.column("select count(*) from api.readings", on: app) == ["501"])
            let chunks = try await TestServers.column(
                """
                select distinct c.relowner::regrole || ' ' || has_table_privilege('\(p)app', c.oid, 'insert')::text
                from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'api.readings'::regclass
                """, on: migration.target)
            #expect(chunks == ["\(p)owner true"])
        }
    }

    @Test(.timeLimit(.minutes(3)))
    func `without the keys nothing of it moves`() async throws {
        try await RolesFixture.with("none") { fixture in
            let migration = fixture.migration
            try migration.writePlan("roles: {migrate: false}\nselect: {database-settings: false}")
            let run = try await migration.skein("migrate", "--no-color")
            #expect(run.exitCode == 0, "\(run)")
            #expect(try await fixture.describedRoles(migration.target) == [])
            let owners = try await TestServers.column(
                "select distinct relowner::regrole::text from pg_class where relnamespace = 'api'::regnamespace",
                on: migration.target)
            #expect(owners == ["postgres"])
            #expect(!FileManager.default.fileExists(atPath: "\(migration.folder)/\(migration.name)-todo.sql"))
        }
    }
}
