import PlanFile
import Planning
import Postgres
import TestServers
import Testing

@testable import Execution

@Suite("What is made on the source before the slot", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(3)))
struct SourcePreparationTests {
    static let before = [
        "bare d", "full_row d", "indexed d", "keyed d", "parted_high d", "parted_low d",
    ]
    static let after = [
        "bare d", "full_row f", "indexed i", "keyed d", "parted_high d", "parted_low d",
    ]

    @Test(arguments: SourceFixture.Server.present)
    func `Identities and publications are as the plan says, and again`(_ server: SourceFixture.Server) async throws {
        try await SourceFixture.with(on: server) { fixture in
            for _ in 1...2 {
                try fixture.prepare()
                #expect(try fixture.identities() == Self.after)
                let publications = try SourcePublication.read(
                    fixture.source, [fixture.names.publication, fixture.names.insertsPublication])
                #expect(
                    publications.map(\.operations) == [
                        ["insert", "update", "delete", "truncate"], ["insert", "truncate"],
                    ])
                #expect(
                    publications.map { $0.members.map(\.table.name).sorted() } == [
                        ["full_row", "indexed", "keyed", "parted"], ["bare"],
                    ])
                #expect(publications.allSatisfy { !$0.isViaRoot && !$0.hasMore })
                #expect(try fixture.stream.record()?.publications == publications)
                try SourcePublications(fixture.source, fixture.names).verify(publications)
            }
            #expect(try fixture.stream.identities().map(\.before) == ["default", "default"])
        }
    }

    @Test(arguments: SourceFixture.Server.present)
    func `No statement of the application fails because of us`(_ server: SourceFixture.Server) async throws {
        try await SourceFixture.with(on: server) { fixture in
            try fixture.prepare()
            let shop = try fixture.application()
            for table in ["keyed", "bare", "full_row", "indexed", "parted"] {
                try shop.execute("update public.\(table) set body = 'b'")
                try shop.execute("delete from public.\(table) where id = 1")
                try shop.execute("insert into public.\(table) values (2, 'c')")
            }
            try shop.execute("truncate public.bare")
        }
    }

    @Test func `A table without identity is not published with its updates, whatever the plan says`() async throws {
        try await SourceFixture.with { fixture in
            var wrong = fixture.following
            // With the others, which are not prepared here, it would not be alone.
            wrong.published = ["keyed", "bare"].map { QualifiedName(schema: "public", name: $0) }
            #expect(throws: SourceError.noIdentity([QualifiedName(schema: "public", name: "bare")])) {
                _ = try SourcePublications(fixture.source, fixture.names).prepare(wrong)
            }
            #expect(try fixture.traces() == [])
            // A deferrable key names no rows (EXACTNESS.md, 9), nor does one partition of many without a key.
            try fixture.source.execute(
                """
                create table public.late (id integer primary key deferrable);
                alter table public.parted_low replica identity nothing
                """)
            wrong.published = ["late", "parted"].map { QualifiedName(schema: "public", name: $0) }
            #expect(
                throws: SourceError.noIdentity(
                    ["late", "parted_low"].map { QualifiedName(schema: "public", name: $0) })
            ) {
                _ = try SourcePublications(fixture.source, fixture.names).prepare(wrong)
            }
        }
    }

    @Test func `Killed after the identities were recorded, it goes on, and what they were stays known`() async throws {
        try await SourceFixture.with { fixture in
            try fixture.target.durably {
                try fixture.stream.claim()
                for table in fixture.following.tables where table.change != nil {
                    try fixture.stream.record(
                        RecordedIdentity(
                            table: table.oid, schema: "public", name: table.name.name, before: "default",
                            after: table.change?.clause ?? ""))
                }
            }
            // One was altered, the other not yet.
            try fixture.source.execute("alter table public.full_row replica identity full")
            try fixture.prepare()
            #expect(try fixture.identities() == Self.after)
            #expect(try fixture.stream.identities().map(\.before) == ["default", "default"])
        }
    }

    @Test(arguments: [
        "create publication NAME for table only public.keyed with (publish = 'insert, update, delete, truncate')",
        "create publication NAME for table public.keyed, public.bare with (publish = 'insert')",
        "create publication NAME for all tables",
        "create publication NAME with (publish_via_partition_root = true)",
        "create publication NAME for table public.keyed where (id > 5)",
        "create publication NAME for tables in schema public with (publish = 'insert, truncate')",
    ])
    func `A publication that a crash left half made, or otherwise, is completed or made anew`(
        _ statement: String
    ) async throws {
        try await SourceFixture.with { fixture in
            try fixture.target.durably { try fixture.stream.claim() }
            try fixture.source.execute(statement.replacing("NAME", with: fixture.names.publication))
            try fixture.prepare()
            let publication = try #require(
                try SourcePublication.read(fixture.source, [fixture.names.publication]).first)
            #expect(publication.operations == ["insert", "update", "delete", "truncate"])
            #expect(publication.members.map(\.table.name).sorted() == ["full_row", "indexed", "keyed", "parted"])
            #expect(!publication.hasMore && !publication.isViaRoot)
        }
    }

    @Test func `What bears our name and is not ours is named, not taken`() async throws {
        try await SourceFixture.with { fixture in
            try fixture.source.execute("create publication \(fixture.names.publication)")
            let found = SourceLeftover(kind: .publication, name: fixture.names.publication)
            #expect(throws: SourceError.namesTaken([found])) { try fixture.prepare() }
            #expect(try fixture.identities() == Self.before)
            #expect(try fixture.clean().publications == [fixture.names.publication])
            try fixture.prepare()
        }
    }

    @Test func `A changed publication is noticed, a dropped table is not its matter`() async throws {
        try await SourceFixture.with { fixture in
            try fixture.prepare()
            let stored = try #require(try fixture.stream.record()).publications
            let publications = SourcePublications(fixture.source, fixture.names)
            try fixture.source.execute("drop table public.full_row")
            try publications.verify(stored)
            let name = fixture.names.publication
            try fixture.source.execute(
                """
                alter publication \(name) drop table public.keyed;
                alter publication \(name) add table public.bare;
                alter publication \(name) set (publish = 'insert')
                """)
            #expect(
                throws: SourceError.publicationsChanged([
                    "publication \(name) publishes 'insert'",
                    "public.keyed was taken out of publication \(name)",
                    "public.bare was added to publication \(name)",
                ])
            ) { try publications.verify(stored) }
            try fixture.source.execute("drop publication \(name); create publication \(name)")
            #expect(throws: SourceError.publicationsChanged(["publication \(name) was dropped and made again"])) {
                try publications.verify(stored)
            }
            try fixture.source.execute("drop publication \(name)")
            #expect(throws: SourceError.publicationsChanged(["publication \(name) is gone"])) {
                try publications.verify(stored)
            }
        }
    }

    @Test func `A lock that is held is waited for shortly, and named`() async throws {
        try await SourceFixture.with { fixture in
            let shop = try fixture.application()
            try shop.execute("begin; lock table public.full_row in row exclusive mode")
            do {
                try fixture.prepare(attempts: 1)
                Issue.record("got the lock")
            } catch SourceError.locked(let statement, let blockers) {
                #expect(statement == #"alter table "public"."full_row" replica identity full"#)
                #expect(blockers.map(\.pid) == [shop.backendPID])
                #expect(blockers.map(\.application) == ["shop"])
            }
            // The application is not queued behind us.
            try shop.execute("commit")
            try fixture.prepare()
            #expect(try fixture.identities() == Self.after)
        }
    }

    /// Else each of the parent's children would also be in the parent's publication, with its updates.
    @Test(arguments: SourceFixture.Server.present)
    func `Children of an inheritance parent are in no other publication than their own`(
        _ server: SourceFixture.Server
    ) async throws {
        try await SourceFixture.with(on: server) { fixture in
            try fixture.source.execute(
                """
                create table public.parent (id integer primary key);
                create table public.child () inherits (public.parent)
                """)
            var following = fixture.following
            let (parent, child) = (
                QualifiedName(schema: "public", name: "parent"), QualifiedName(schema: "public", name: "child")
            )
            following.published = [parent]
            following.publishedForInserts = [child]
            let publications = try SourcePublications(fixture.source, fixture.names).prepare(following)
            #expect(publications.map { $0.members.map(\.table) } == [[parent], [child]])
            // Again, and completed: nothing is added.
            #expect(try SourcePublications(fixture.source, fixture.names).prepare(following) == publications)
            // As the server without keys sees it: this would fail in the parent's publication.
            try fixture.application().execute("insert into public.child values (1); update public.child set id = 2")
            // Partitions come with their root, also those that are made later.
            following.published = [QualifiedName(schema: "public", name: "parted")]
            following.publishedForInserts = []
            let names = try SourcePublications(fixture.source, fixture.names).prepare(following).map(\.name)
            try fixture.source.execute(
                "create table public.parted_late partition of public.parted for values from (200) to (300)")
            #expect(
                try fixture.column(
                    "select tablename from pg_publication_tables where pubname = '\(names[0])' order by 1")
                    == ["parted_high", "parted_late", "parted_low"])
        }
    }

    @Test func `Where markers are rows, their table is published`() async throws {
        try await SourceFixture.with(hasMessages: false) { fixture in
            try fixture.prepare()
            try fixture.prepare()
            let members = try #require(
                try SourcePublication.read(fixture.source, [fixture.names.publication]).first
            ).members
            #expect(members.contains { $0.table == fixture.names.marker })
            #expect(try fixture.traces().count == 3)
        }
    }

    @Test func `A thousand tables are published in several steps`() async throws {
        try await SourceFixture.with { fixture in
            try fixture.source.execute(
                """
                do $$ begin
                    for i in 1..1200 loop
                        execute format('create table public.many_%s (id integer primary key)', i);
                    end loop;
                end $$
                """)
            var following = fixture.following
            following.published =
                (1...1200).map { QualifiedName(schema: "public", name: "many_\($0)") }
            let publications = try SourcePublications(fixture.source, fixture.names).prepare(following)
            #expect(publications.map(\.members.count) == [1200, 1])
        }
    }
}
