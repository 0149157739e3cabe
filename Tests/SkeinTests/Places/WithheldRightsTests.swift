import Foundation
import Postgres
import TestServers
import Testing

/// What a role that is no superuser may not do is said before the start, with a cure that works.
@Suite(
    "Withheld rights", .enabled(if: TestServers.areAvailable && OwnServers.canStart), .serialized,
    .timeLimit(.minutes(5)))
struct WithheldRightsTests {
    private static let plan = """
        replication: {spool: {directory: ./spool}}
        cutover: {fence: read-only, verify: checksums}
        """

    /// By the server's superuser, in the master user's database.
    private static let foreign = """
        create function public.on_ddl() returns event_trigger language plpgsql as 'begin end';
        create event trigger watch on ddl_command_end when tag in ('CREATE TABLE') execute function public.on_ddl();
        create function public.low(int) returns int language internal immutable strict as 'int4abs';
        create role other;
        create table public.theirs (id int primary key, owner text);
        insert into public.theirs select i, 'o' || i from generate_series(1, 50) i;
        alter table public.theirs owner to other;
        alter table public.theirs enable row level security;
        create policy own on public.theirs using (owner = current_user);
        select lo_from_bytea(4711, 'theirs');
        alter large object 4711 owner to other;
        """

    @Test("Each is a check, and its statement, run by who may, lets the migration through")
    func checks() async throws {
        try await OwnServers.with(
            [.source, .target],
            configuration: [.source: Places.amazonConfiguration, .target: Places.tigerConfiguration]
        ) { servers in
            let (source, target) = try (servers.target(.source), servers.target(.target))
            try await Places.makeAmazon(source)
            let to = try await Places.makeTiger(target)
            let from = try await Places.makeAmazonDatabase("rights", on: source, sql: PlaceDatabase.batches)
            let superuser = source.with(database: "rights")
            try await TestServers.execute(
                Self.foreign, "alter table public.devices enable row level security, force row level security",
                on: superuser)
            try await Migration.with("rights", sql: []) { outer in
                let migration = Migration(
                    source: from, target: to, folder: outer.folder, name: "withheld-rights", mode: "live")
                try migration.writePlan(Self.plan)
                let found = try await findings(migration)
                #expect(
                    Set(found.map(\.code)).isSuperset(of: ["SK226", "SK236", "SK237", "SK402", "SK415", "SK709"]),
                    "\(found)")
                #expect(found.contains { $0.code == "SK709" && $0.severity == "warning" })
                for finding in found where ["SK226", "SK402", "SK415", "SK709"].contains(finding.code) {
                    let statement = try #require(finding.statement, "\(finding)")
                    try await TestServers.execute(statement, on: superuser)
                }
                // Nobody may make it on the target; the cure is to do without.
                try await TestServers.execute("drop function public.low(int)", on: superuser)
                let left = try await findings(migration).filter { $0.severity == "error" }
                try #require(left.isEmpty, "\(left)")
                try await moves(migration)
                // What the plan said it would leave out, it left out; its function is there.
                let triggers = try await TestServers.column("select evtname from pg_event_trigger", on: to)
                #expect(!triggers.contains("watch"))
                #expect(try await TestServers.column("select 'public.on_ddl()'::regprocedure", on: to).count == 1)
                let statement = try #require(found.first { $0.code == "SK236" }?.statement)
                try await TestServers.execute(statement, on: target.with(database: "tsdb"))
            }
        }
    }

    private func moves(_ migration: Migration) async throws {
        let run = try migration.start("migrate")
        try await migration.waitUntilFollowing(run)
        try await TestServers.execute("update public.theirs set owner = 'x' where id = 7", on: migration.source)
        let cutover = try await migration.cutOver()
        try #require(cutover.exitCode == 0, "\(cutover)\n--- migrate\n\(run.stderr)")
        let migrated = try await run.wait(atMost: 60)
        #expect(migrated.exitCode == 0, "\(migrated)")
        #expect(try await migration.differences(excluding: ["telemetry.daily"]) == [])
        let clean = try await migration.skein("clean", "--prune", "--yes")
        #expect(clean.exitCode == 0, "\(clean)")
    }

    private struct Finding: Decodable, Sendable {
        var code: String
        var severity: String
        var summary: String
        var statement: String?
    }

    private struct Document: Decodable {
        var diagnostics: [Finding]
    }

    /// What `skein plan` finds.
    private func findings(_ migration: Migration) async throws -> [Finding] {
        let result = try await migration.skein("plan", "--json")
        return try JSONDecoder().decode(Document.self, from: Data(result.stdout.utf8)).diagnostics
    }
}
