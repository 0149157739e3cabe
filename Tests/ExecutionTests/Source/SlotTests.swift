import Foundation
import PlanFile
import Planning
import Postgres
import Synchronization
import TestServers
import Testing

@testable import ChangeStream
@testable import Execution

@Suite("The slot", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(3)))
struct SlotTests {
    @Test(arguments: SourceFixture.Server.present)
    func `It is made once, and what its snapshot sees is stored`(_ server: SourceFixture.Server) async throws {
        try await SourceFixture.with(on: server) { fixture in
            try fixture.prepare()
            try fixture.createSlot()
            let record = try #require(try fixture.stream.record())
            #expect(record.slotGeneration == 1)
            let status = try #require(try SlotStatus.read(fixture.source, slot: fixture.names.slot))
            #expect(status.plugin == "pgoutput")
            #expect(status.confirmedFlush == record.consistentLSN)
            #expect(status.lostBecause == nil && status.activePID == nil)
            #expect((status.retainedBytes ?? -1) >= 0)
            #expect(record.slotSnapshot != nil)
            #expect(try fixture.stream.shape()?.tables.map(\.name).contains("keyed") == true)
            #expect(try fixture.stream.rowCounters() != nil)
            try fixture.prepare()
            try fixture.createSlot()
            #expect(try fixture.stream.record() == record)
        }
    }

    @Test func `A transaction that is open when the slot is made is waited for`() async throws {
        try await SourceFixture.with { fixture in
            try fixture.prepare()
            let shop = try fixture.application()
            try shop.execute("begin; insert into public.keyed values (7, 'open')")
            let xid = try #require(try shop.scalar("select pg_current_xact_id()").flatMap { UInt64($0) })
            let observer = try Connection(fixture.sourceTarget, applicationName: "skein/observer")
            let committer = CommitLater(shop, observer, waiter: .walsender(of: fixture.planName))
            committer.start()
            try fixture.createSlot()
            let wasWaitedFor = committer.wasWaitedFor.load(ordering: .relaxed)
            #expect(wasWaitedFor)
            let snapshot = try #require(try fixture.stream.record()?.slotSnapshot)
            #expect(xid < snapshot.xmin || (xid < snapshot.xmax && !snapshot.running.contains(xid)))
        }
    }

    /// The server's own snapshot would show the table as it was before, for ever.
    @Test(arguments: SourceFixture.Server.present)
    func `A table that is altered while it is made is noticed, and the next one knows it`(
        _ server: SourceFixture.Server,
    ) async throws {
        try await SourceFixture.with(on: server, plugin: .testDecoding) { fixture in
            try fixture.prepare()
            let (early, late) = (try fixture.application(), try fixture.application())
            let (altering, shop) = (try fixture.application(), try fixture.application())
            try early.execute("begin; select txid_current()")
            let observer = try Connection(fixture.sourceTarget, applicationName: "skein/observer")
            // The server looks at no commit between its first waiting and its second one.
            let second = CommitLater(late, observer, waiter: .walsender(of: fixture.planName))
            let first = CommitLater(early, observer, waiter: .walsender(of: fixture.planName)) {
                try late.execute("begin; select txid_current()")
                try altering.execute("alter table public.keyed add column later integer")
                Thread.detachNewThread {
                    Thread.sleep(forTimeInterval: 0.2)
                    second.start()
                }
            }
            first.start()
            #expect(throws: SourceError.changedMeanwhile([QualifiedName(schema: "public", name: "keyed")])) {
                try fixture.createSlot()
            }
            // As the run tries it again.
            try fixture.createSlot()
            try shop.execute("insert into public.keyed values (5, 'b', 77)")
            let rows = try shop.query(
                "select data from pg_logical_slot_peek_changes($1, null, null)", [fixture.names.slot])
            #expect(rows.indices.contains { rows.text($0, 0).contains("later[integer]:77") })
        }
    }

    @Test func `One that a crash left unknown is made anew, also while our own walsender still holds it`() async throws
    {
        try await SourceFixture.with { fixture in
            try fixture.prepare()
            try fixture.source.query(
                "select pg_create_logical_replication_slot($1, 'pgoutput')", [fixture.names.slot])
            let zombie = try fixture.receiver()
            #expect(try SlotStatus.read(fixture.source, slot: fixture.names.slot)?.activePID == zombie.backendPID)
            try fixture.createSlot()
            #expect(try fixture.stream.record()?.slotGeneration == 1)
            #expect(try SlotStatus.read(fixture.source, slot: fixture.names.slot)?.activePID == nil)
        }
    }

    @Test func `Somebody else's receiver is named and left alone`() async throws {
        try await SourceFixture.with { fixture in
            try fixture.prepare()
            try fixture.createSlot()
            let other = try fixture.receiver("their tool")
            #expect(
                throws: SourceError.slotInUse(
                    slot: fixture.names.slot,
                    by: SessionFact(pid: other.backendPID, application: "their tool", seconds: nil))
            ) {
                try SlotRemoval.drop(
                    fixture.source, slot: fixture.names.slot, endingSessionsOf: fixture.planName)
            }
            // Nor is our own ended by who knows nothing of the migration.
            try fixture.source.query("select pg_terminate_backend($1)", [String(other.backendPID)])
        }
    }

    /// Names of slots are the server's: two plans of one name may migrate two of its databases.
    @Test func `One of the same name in another database is named, and never dropped`() async throws {
        try await SourceFixture.with { fixture in
            let (slot, server) = (fixture.names.slot, fixture.sourceTarget)
            let elsewhere = try Connection(server.with(database: "postgres"), applicationName: "their migration")
            func taken() throws -> [String] {
                let rows = try elsewhere.query(
                    "select database from pg_replication_slots where slot_name = $1", [slot])
                return rows.indices.map { rows.text($0, 0) }
            }
            func make() throws {
                try elsewhere.query("select pg_create_logical_replication_slot($1, 'pgoutput')", [slot])
            }
            func drop() throws { try elsewhere.query("select pg_drop_replication_slot($1)", [slot]) }
            let refusal = SourceError.slotElsewhere(slot: slot, database: "postgres")
            try make()
            defer { _ = try? drop() }
            #expect(!refusal.isTransient && refusal.description.contains("another `name`"))
            #expect(throws: refusal) { try fixture.prepare() }
            #expect(try fixture.identities().contains("full_row d"))
            try drop()
            try fixture.prepare()
            try make()
            #expect(throws: refusal) { try fixture.createSlot() }
            #expect(try SlotRemoval.drop(fixture.source, slot: slot, endingSessionsOf: fixture.planName) == false)
            #expect(try fixture.clean().slot == nil)
            #expect(try taken() == ["postgres"])
            // Nor does a receiver take it for its own, or end who receives from it.
            let receiver = try ReplicationConnection(server, applicationName: "skein/\(fixture.planName)/receive")
            #expect(try SlotFacts.read(slot, receiver) == nil)
        }
    }

    @Test func `A slot that is gone is noticed at once`() async throws {
        try await SourceFixture.with { fixture in
            try fixture.prepare()
            try fixture.createSlot()
            try fixture.source.query("select pg_drop_replication_slot($1)", [fixture.names.slot])
            let lost = SourceError.slotLost(slot: fixture.names.slot, reason: "it was dropped")
            #expect(throws: lost) { try SlotStatus.require(fixture.source, slot: fixture.names.slot) }
            #expect(throws: lost) { try fixture.createSlot() }
            // A repair.
            try fixture.stream.forgetSlot()
            try fixture.createSlot()
            #expect(try fixture.stream.record()?.slotGeneration == 2)
        }
    }
}
