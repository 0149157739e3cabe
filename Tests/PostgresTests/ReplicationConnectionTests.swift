import Foundation
import TestServers
import Testing

@testable import Postgres

@Suite("A replication connection", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(2)))
struct ReplicationConnectionTests {
    static let servers = [TestServers.source, TestServers.target, TestServers.target18].compactMap(\.self)

    @Test(arguments: servers)
    func `streams from a slot and confirms`(_ server: ConnectionTarget) async throws {
        let slot = "stream_pg_\(UUID().uuidString.prefix(8).lowercased())"
        try await TestServers.withScratchDatabase(
            on: server, prefix: "stream_pg",
            sql: "create table t (id int primary key, v text); insert into t values (1)"
        ) { database in
            try await TestServers.blocking {
                let connection = try ReplicationConnection(database, applicationName: "skein tests stream")
                #expect(try connection.query("show wal_sender_timeout").text(0, 0) == "1min")
                #expect(try connection.query("show datestyle").text(0, 0) == "ISO, YMD")
                let created = try connection.query(
                    "CREATE_REPLICATION_SLOT \(slot) LOGICAL test_decoding EXPORT_SNAPSHOT")
                defer { dropSlot(slot, database) }
                let consistentPoint = try #require(WALPosition.parse(created.text(0, 1)))
                let snapshot = created.text(0, 2)

                let other = try Connection(database, applicationName: "skein tests")
                try other.execute("insert into public.t values (2, 'it''s')")
                try other.execute("begin isolation level repeatable read; set transaction snapshot '\(snapshot)'")
                #expect(try other.scalar("select count(*) from public.t") == "1")
                try other.execute("commit")

                try connection.startReplication(
                    slot: slot, from: consistentPoint, options: [("include-xids", "false")])
                var texts: [String] = []
                var end: UInt64 = 0
                while texts.last != "COMMIT" {
                    switch try connection.next() {
                    case .data(let position, _, _):
                        unsafe texts.append(connection.withPayload { unsafe String(decoding: $0, as: UTF8.self) })
                        end = position
                    case .keepalive: break
                    case nil: try connection.wait(until: .now + .seconds(1))
                    }
                }
                #expect(texts == ["BEGIN", "table public.t: INSERT: id[integer]:2 v[text]:'it''s'", "COMMIT"])
                try connection.sendStatus(written: end, flushed: end, applied: end, clock: 0, wantsReply: true)
                reply: while true {
                    if case .keepalive(let serverEnd, _, _) = try connection.next(), serverEnd >= end { break reply }
                    try connection.wait(until: .now + .seconds(1))
                }
                let position = "select confirmed_flush_lsn from pg_catalog.pg_replication_slots where slot_name = $1"
                for _ in 0..<50 where try other.scalar(position, [slot]) != WALPosition.text(end) {
                    try connection.wait(until: .now + .milliseconds(100))
                }
                #expect(try other.scalar(position, [slot]) == WALPosition.text(end))
            }
        }
    }

    @Test func `tells why the server streams no more`() async throws {
        let slot = "stream_pg_\(UUID().uuidString.prefix(8).lowercased())"
        try await TestServers.withScratchDatabase(on: TestServers.requireSource(), prefix: "stream_pg") { database in
            try await TestServers.blocking {
                let connection = try ReplicationConnection(database, applicationName: "skein tests stream")
                let missing = #expect(throws: PostgresError.self) {
                    try connection.startReplication(slot: "none", from: 0, options: [])
                }
                #expect(missing?.sqlState == "42704")
                try connection.query("CREATE_REPLICATION_SLOT \(slot) LOGICAL pgoutput NOEXPORT_SNAPSHOT")
                defer { dropSlot(slot, database) }
                try connection.startReplication(
                    slot: slot, from: 0, options: [("proto_version", "1"), ("publication_names", "\"no such\"")])
                let other = try Connection(database, applicationName: "skein tests")
                try other.execute("create table public.t (); insert into public.t default values")
                let failure = #expect(throws: PostgresError.self) {
                    while true {
                        if try connection.next() == nil { try connection.wait(until: .now + .milliseconds(100)) }
                    }
                }
                #expect(failure?.sqlState == "42704")

                let second = try ReplicationConnection(database, applicationName: "skein tests stream")
                try other.query("select pg_catalog.pg_terminate_backend($1)", [String(second.backendPID)])
                let lost = #expect(throws: PostgresError.self) {
                    for _ in 0..<50 { try second.query("select pg_catalog.pg_sleep(0.1)") }
                }
                #expect(lost?.endsSession == true)
            }
        }
    }

    @Test func `is interrupted in whatever it waits for`() async throws {
        let server = try TestServers.requireSource()
        try await TestServers.blocking {
            let wake = WakeSignal()
            let connection = try ReplicationConnection(server, applicationName: "skein tests stream", wake: wake)
            let start = ContinuousClock.now
            DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(200)) { wake.wake() }
            #expect(throws: ReplicationConnection.interrupted) {
                try connection.query("select pg_catalog.pg_sleep(20)")
            }
            #expect(throws: ReplicationConnection.interrupted) {
                try ReplicationConnection(server, applicationName: "skein tests stream", wake: wake)
            }
            #expect(ContinuousClock.now - start < .seconds(15))
        }
    }

    @Test func `gathers what the server remarks`() async throws {
        let server = try TestServers.requireSource()
        try await TestServers.blocking {
            let connection = try ReplicationConnection(server, applicationName: "skein tests stream")
            try connection.query("do $$ begin raise warning 'look' using errcode = '01234', detail = 'here'; end $$")
            #expect(
                connection.takeNotices() == [
                    ServerNotice(severity: "WARNING", sqlState: "01234", message: "look", detail: "here")
                ])
            #expect(connection.takeNotices().isEmpty)
        }
    }
}

/// A walsender lets go of its slot a moment after its connection ends.
func dropSlot(_ slot: String, _ database: ConnectionTarget) {
    guard let connection = try? Connection(database, applicationName: "skein tests") else { return }
    for _ in 0..<50 {
        _ = try? connection.query(
            "select pg_catalog.pg_terminate_backend(active_pid) from pg_catalog.pg_replication_slots "
                + "where slot_name = $1 and active_pid is not null", [slot])
        let drop = "select pg_catalog.pg_drop_replication_slot($1)"
        if (try? connection.query(drop, [slot])) != nil { return }
        _ = try? connection.query("select pg_catalog.pg_sleep(0.1)")
    }
}
