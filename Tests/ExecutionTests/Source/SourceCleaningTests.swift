import PlanFile
import Planning
import Postgres
import TestServers
import Testing

@testable import Execution

@Suite("Cleaning the source", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(3)))
struct SourceCleaningTests {
    @Test(arguments: SourceFixture.Server.present)
    func `Nothing is left, and twice is harmless`(_ server: SourceFixture.Server) async throws {
        try await SourceFixture.with(on: server, hasMessages: false) { fixture in
            try fixture.prepare()
            try fixture.createSlot()
            // Killed in the middle of receiving, and of a cutover.
            _ = try fixture.receiver()
            let fence = Fence(fixture.source)
            try fixture.cutover.request(fence: .readOnly, waitSeconds: 1)
            try fixture.cutover.setFenceBefore(fence.before())
            try fence.set()
            let cleaned = try fixture.clean()
            #expect(cleaned.slot == fixture.names.slot)
            #expect(cleaned.publications == [fixture.names.publication, fixture.names.insertsPublication])
            #expect(cleaned.schema == fixture.names.schema)
            #expect(cleaned.identities == ["public.full_row", "public.indexed"])
            #expect(cleaned.liftedFence && cleaned.fenceStatement == nil)
            #expect(try fixture.traces() == [])
            #expect(try fixture.identities() == SourcePreparationTests.before)
            #expect(try fence.before() == FenceBefore(setting: nil))
            #expect(try fixture.clean() == SourceCleaned())
        }
    }

    /// How far a migration had come when it was killed.
    static let stages: [String] = ["nothing", "claimed", "recorded", "altered", "published", "slot", "stored"]

    @Test(arguments: stages) func `Killed anywhere before, cleaning puts everything back`(_ stage: String) async throws {
        try await SourceFixture.with { fixture in
            let reached = Self.stages.firstIndex(of: stage) ?? 0
            if reached >= 1 { try fixture.target.durably { try fixture.stream.claim() } }
            if reached >= 2 {
                let table = try #require(fixture.following.tables.first { $0.name.name == "full_row" })
                try fixture.stream.record(
                    RecordedIdentity(
                        table: table.oid, schema: "public", name: "full_row", before: "default", after: "full"))
            }
            if reached >= 3 { try fixture.source.execute("alter table public.full_row replica identity full") }
            if reached >= 4 { try fixture.source.execute("create publication \(fixture.names.publication)") }
            if reached == 5 {
                try fixture.source.query(
                    "select pg_create_logical_replication_slot($1, 'pgoutput')", [fixture.names.slot])
            }
            if reached >= 6 {
                try fixture.prepare()
                try fixture.createSlot()
            }
            _ = try fixture.clean()
            #expect(try fixture.traces() == [])
            #expect(try fixture.identities() == SourcePreparationTests.before)
            #expect(try fixture.clean() == SourceCleaned())
        }
    }

    @Test func `Killed while it cleans, the next one finishes`() async throws {
        for step in 1...3 {
            try await SourceFixture.with { fixture in
                try fixture.prepare()
                try fixture.createSlot()
                if step >= 1 { try SlotRemoval.drop(fixture.source, slot: fixture.names.slot, endingSessionsOf: nil) }
                if step >= 2 { _ = try SourcePublications(fixture.source, fixture.names).drop() }
                if step >= 3 { try fixture.source.execute("alter table public.full_row replica identity default") }
                let cleaned = try fixture.clean()
                #expect(cleaned.identities.count == (step >= 3 ? 1 : 2))
                #expect(try fixture.traces() == [])
                #expect(try fixture.identities() == SourcePreparationTests.before)
            }
        }
    }

    @Test func `An identity that the user changed since is the user's`() async throws {
        try await SourceFixture.with { fixture in
            try fixture.prepare()
            try fixture.source.execute("alter table public.full_row replica identity nothing")
            #expect(try fixture.clean().identities == ["public.indexed"])
            #expect(try fixture.identities().contains("full_row n"))
        }
    }

    @Test func `Without state, what bears our names goes, unless somebody receives`() async throws {
        try await SourceFixture.with { fixture in
            try fixture.prepare()
            try fixture.createSlot()
            let elsewhere = try fixture.receiver()
            let cleaning = SourceCleaning(fixture.source, names: fixture.names, planName: fixture.planName)
            #expect(performing: { try cleaning.run(nil) }, throws: { error in
                guard case SourceError.slotInUse(_, let session) = error else { return false }
                return session.pid == elsewhere.backendPID
            })
            try fixture.source.query("select pg_terminate_backend($1)", [String(elsewhere.backendPID)])
            try fixture.source.execute("select pg_sleep(0.2)")
            let cleaned = try cleaning.run(nil)
            #expect(cleaned.slot == fixture.names.slot && cleaned.publications.count == 2)
            #expect(try fixture.traces() == [])
        }
    }

    @Test func `A completed cutover's fence stays, and the statement that lifts it is given`() async throws {
        try await SourceFixture.with { fixture in
            let fence = Fence(fixture.source)
            try fixture.cutover.request(fence: .readOnly, waitSeconds: 1)
            try fixture.cutover.setFenceBefore(fence.before())
            try fence.set()
            try fixture.target.execute("update skein.cutover set completed = now()")
            let database = try #require(try fixture.source.scalar("select current_database()"))
            let statement = "alter database \(database) reset default_transaction_read_only;"
            for _ in 1...2 {
                let cleaned = try fixture.clean()
                #expect(!cleaned.liftedFence && cleaned.fenceStatement == statement)
                #expect(try fence.before().setting == "on")
            }
            try fixture.source.execute(statement)
            #expect(try fixture.clean().fenceStatement == nil)
        }
    }

    @Test func `What abandoned migrations left is found`() async throws {
        try await SourceFixture.with(hasMessages: false) { fixture in
            try fixture.prepare()
            try fixture.createSlot()
            #expect(try SourceLeftovers.abandoned(fixture.source, known: [fixture.names]) == [])
            let found = try SourceLeftovers.abandoned(fixture.source, known: [SourceNames(plan: "other")])
            #expect(found.map(\.kind) == [.publication, .publication, .slot, .schema])
            #expect(found.allSatisfy { ($0.retainedBytes != nil) == ($0.kind == .slot) })
            for leftover in found { try fixture.source.execute(leftover.statement) }
            #expect(try fixture.traces() == [])
        }
    }
}
