import LogicalDecoding
import PlanFile
import Planning
import Postgres
import TestServers
import Testing

@testable import Execution

@Suite("The marker", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(2)))
struct MarkerTests {
    @Test(arguments: SourceFixture.Server.present)
    func `It is in the stream behind what committed asynchronously before`(_ server: SourceFixture.Server) async throws
    {
        try await SourceFixture.with(on: server, plugin: .testDecoding) { fixture in
            try fixture.prepare()
            try fixture.createSlot()
            let shop = try fixture.application()
            try shop.execute("set synchronous_commit = off")
            for id in 10..<60 { try shop.execute("insert into public.keyed values (\(id), 'async')") }
            let marker = Marker(fixture.source, fixture.names, hasMessages: true)
            try marker.writeOnce(fixture.target, migration: fixture.migration)
            let record = try #require(try fixture.stream.record())
            let (token, lsn) = (try #require(record.marker), try #require(record.markerLSN))
            // Nothing waits for the WAL writer any more: all up to the marker is flushed.
            let flushed = try fixture.source.scalar("select pg_current_wal_flush_lsn()").flatMap { LSN($0) }
            #expect(try #require(flushed) >= (try #require(try messageLSN(fixture, token))))
            #expect(lsn >= (try #require(try messageLSN(fixture, token))))
            let changes = try fixture.column(
                "select data from pg_logical_slot_peek_changes('\(fixture.names.slot)', null, null)")
            #expect(changes.count { $0.contains("INSERT") } == 50)
            #expect(changes.contains { $0.hasPrefix("message: transactional: 1 prefix: skein") && $0.contains(token) })

            // Done once; a crash before its position was stored makes another.
            try marker.writeOnce(fixture.target, migration: fixture.migration)
            #expect(try fixture.stream.record() == record)
            try fixture.stream.setMarker(token)
            try marker.writeOnce(fixture.target, migration: fixture.migration)
            #expect(try fixture.stream.record()?.marker != token)
            #expect(throws: ClaimLost.self) { try fixture.stream.setMarkerLSN(lsn, of: token) }
        }
    }

    private func messageLSN(_ fixture: SourceFixture, _ token: String) throws -> LSN? {
        try fixture.source.scalar(
            """
            select lsn from pg_logical_slot_peek_changes($1, null, null)
            where data like 'message:%' and strpos(data, $2) > 0
            """, [fixture.names.slot, token]
        ).flatMap { LSN($0) }
    }

    @Test func `Without messages it is a row, under the fence, too`() async throws {
        try await SourceFixture.with(hasMessages: false, plugin: .testDecoding) { fixture in
            try fixture.prepare()
            try fixture.createSlot()
            try Fence(fixture.source).set()
            try Marker(fixture.source, fixture.names, hasMessages: false).write("one")
            let changes = try fixture.column(
                "select data from pg_logical_slot_peek_changes('\(fixture.names.slot)', null, null)")
            #expect(changes.contains { $0.contains("marker: INSERT: token[text]:'one'") }, "\(changes)")
        }
    }

    @Test func `An absent standby does not hang it`() async throws {
        try await SourceFixture.with { fixture in
            // As with synchronous_standby_names: the session's setting is what the transaction overrides.
            try fixture.source.execute("set synchronous_commit = remote_apply")
            try Marker(fixture.source, fixture.names, hasMessages: true).write("two")
            #expect(Set((0..<100).map { _ in Marker.newToken() }).count == 100)
        }
    }
}
