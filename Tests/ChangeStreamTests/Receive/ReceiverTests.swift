import Foundation
import LogicalDecoding
import Postgres
import TestServers
import Testing

@testable import ChangeStream

@Suite("A receiver", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(3)), .serialized)
struct ReceiverTests {
    static let servers = [TestServers.source, TestServers.target, TestServers.target18].compactMap(\.self)

    @Test(arguments: servers, Plugin.allCases)
    func `loses and doubles nothing when its connection and its process end`(
        _ server: ConnectionTarget, _ plugin: Plugin,
    ) async throws {
        try await ReceiverFixture.with(server, plugin) { fixture in
            for round in 0..<3 {
                let spool = try fixture.spool(segmentSize: 4000)
                let run = ReceiverRun(fixture.options(), spool)
                try await run.during {
                    async let writing: Void = fixture.insert(
                        round * 300 + 1...round * 300 + 300, perTransaction: round == 1 ? 150 : 3)
                    for _ in 0..<2 {
                        try await Task.sleep(for: .milliseconds(60))
                        try await fixture.kill()
                    }
                    try await writing
                    let read = try await fixture.read(spool, last: round * 300 + 300)
                    #expect(read.numbers == Array(1...round * 300 + 300))
                }
                spool.close()
            }
        }
    }

    @Test func `confirms what is durable, and an idle source's position`() async throws {
        let server = try TestServers.requireSource()
        try await ReceiverFixture.with(server) { fixture in
            let spool = try fixture.spool()
            var options = fixture.options()
            options.coverInterval = .milliseconds(500)
            let run = ReceiverRun(options, spool)
            try await run.during {
                try await fixture.insert(1...10)
                let read = try await fixture.read(spool, last: 10)
                try await until("confirmed") { try await fixture.isConfirmed(read.end) }
                // What the source's own tables write is none of ours.
                try await fixture.execute("create table public.other as select generate_series(1, 10000) n")
                let now = try #require(
                    try await fixture.value("select pg_current_wal_insert_lsn()").flatMap { LSN($0) })
                try await until("covered") { try await fixture.isConfirmed(now) }
                #expect(spool.covered >= now)
                // The lag that an operator sees: nothing applied yet.
                let replay = """
                    select replay_lsn from pg_stat_replication
                    where application_name = '\(ReceiverFixture.name)'
                        and pid = (select active_pid from pg_replication_slots where slot_name = '\(fixture.slot)')
                    """
                #expect(try await fixture.value(replay).flatMap { LSN($0) } == fixture.start)
                run.applied.value = try #require(read.end)
                try await until("applied") { try await fixture.value(replay).flatMap { LSN($0) } ?? 0 >= now }
            }
            let status = run.receiver.status
            #expect(status.received >= status.durable && status.bytes > 0 && !status.isConnected)
        }
    }

    @Test func `as scratch confirms only what is applied`() async throws {
        try await ReceiverFixture.with(TestServers.requireSource()) { fixture in
            for round in 0..<2 {
                let spool = try fixture.spool(mode: .source)
                let run = ReceiverRun(fixture.options(), spool)
                try await run.during {
                    if round == 0 { try await fixture.insert(1...10) }
                    let read = try await fixture.read(spool, last: 10)
                    #expect(read.numbers == Array(1...10))
                    try await Task.sleep(for: .milliseconds(500))
                    #expect(try await fixture.confirmed() == fixture.start)
                    guard round == 1 else { return }
                    run.applied.value = try #require(read.end)
                    try await until("confirmed") { try await fixture.isConfirmed(read.end) }
                }
                spool.close()
            }
        }
    }

    @Test func `waits at the maximum size, answers meanwhile, and goes on when there is room`() async throws {
        try await ReceiverFixture.with(TestServers.requireSource()) { fixture in
            let spool = try fixture.spool(maximumSize: 1 << 20)
            let run = ReceiverRun(fixture.options(), spool)
            try await run.during {
                try await fixture.insert(1...600, perTransaction: 5, size: 10_000)
                try await run.wait("pause") { $0 == .paused(.maximumSize(1 << 20)) }
                // What is under way is still written; then no more.
                try await until("settled") {
                    let size = spool.bytesInUse
                    try await Task.sleep(for: .seconds(1))
                    return spool.bytesInUse == size
                }
                #expect(spool.bytesInUse < 3 << 19 && run.receiver.status.pause != nil)
                let read = try await fixture.read(spool, last: 600) { end in
                    run.applied.value = end
                    try spool.release(before: end)
                }
                #expect(read.numbers == Array(1...600))
                #expect(run.seen.contains(.resumed) && run.receiver.status.pause == nil)
                // One transaction of more than that.
                try await fixture.insert(601...1000, perTransaction: 400, size: 10_000)
                let large = try await fixture.read(spool, from: read.end, last: 1000) { end in
                    run.applied.value = end
                    try spool.release(before: end)
                }
                #expect(large.numbers.suffix(400) == Array(601...1000))
                #expect(run.seen.contains(.exceedsMaximumSize))
            }
        }
    }

    @Test func `ends the walsender that an earlier process left, and waits for anybody else's`() async throws {
        try await ReceiverFixture.with(TestServers.requireSource()) { fixture in
            let spool = try fixture.spool()
            for name in [ReceiverFixture.name, "somebody else"] {
                let old = try await Held.open(fixture, name)
                let run = ReceiverRun(fixture.options(), spool)
                try await run.during {
                    if name == ReceiverFixture.name {
                        try await run.wait("ended") { if case .endedOldSession = $0 { true } else { false } }
                    } else {
                        try await run.wait("in use") {
                            if case .slotInUse(_, name) = $0 { true } else { false }
                        }
                        old.close()
                    }
                    try await run.wait("connected") { if case .connected = $0 { true } else { false } }
                }
                old.close()
            }
        }
    }

    @Test func `says when the slot or a publication is gone`() async throws {
        try await ReceiverFixture.with(TestServers.requireSource()) { fixture in
            let spool = try fixture.spool()
            let run = ReceiverRun(fixture.options(), spool)
            await #expect(throws: StreamBroken.slotMissing(slot: fixture.slot)) {
                try await run.untilFailure {
                    try await run.wait("connected") { if case .connected = $0 { true } else { false } }
                    await fixture.dropSlot()
                }
            }
        }
        for server in Self.servers {
            try await ReceiverFixture.with(server) { fixture in
                let run = ReceiverRun(fixture.options(publication: "missing"), try fixture.spool())
                let error = await #expect(throws: StreamBroken.self) {
                    try await run.untilFailure { try await fixture.insert(1...3) }
                }
                guard case .publicationMissing = error else {
                    Issue.record("\(String(describing: error))")
                    return
                }
            }
        }
    }

    /// EXACTNESS.md, 4: a new timeline may lack the last commits, whose ids are then used again.
    @Test func `says when the server, or its history, is another`() async throws {
        try await ReceiverFixture.with(TestServers.requireSource()) { fixture in
            let known = try await TestServers.withConnection(to: fixture.database) { connection in
                let rows = try connection.query(
                    "select system_identifier, timeline_id from pg_control_system(), pg_control_checkpoint()")
                return StreamOrigin(systemIdentifier: rows.text(0, 0), timeline: rows.int(0, 1) ?? 0)
            }
            func failure(_ expected: StreamOrigin) async throws -> StreamBroken? {
                var options = fixture.options()
                options.server = expected
                let spool = try fixture.spool()
                defer { spool.close() }
                let run = ReceiverRun(options, spool)
                return await #expect(throws: StreamBroken.self) { try await run.receiver.run() }
            }
            let older = StreamOrigin(systemIdentifier: known.systemIdentifier, timeline: known.timeline + 1)
            #expect(
                try await failure(older) == .newTimeline(found: known.timeline, expected: known.timeline + 1))
            let other = StreamOrigin(systemIdentifier: "1", timeline: known.timeline)
            #expect(try await failure(other) == .otherServer(found: known.systemIdentifier, expected: "1"))
        }
    }

    @Test func `says when the spool holds less than the source was told`() async throws {
        try await ReceiverFixture.with(TestServers.requireSource()) { fixture in
            do {
                let spool = try fixture.spool()
                let run = ReceiverRun(fixture.options(), spool)
                try await run.during {
                    try await fixture.insert(1...10)
                    let end = try await fixture.read(spool, last: 10).end
                    try await until("confirmed") { try await fixture.isConfirmed(end) }
                }
                spool.close()
            }
            try FileManager.default.removeItem(atPath: fixture.directory)
            let run = ReceiverRun(fixture.options(), try fixture.spool())
            let error = await #expect(throws: SpoolError.self) { try await run.receiver.run() }
            guard case .incomplete(_, fixture.start, _) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(error?.needsRepair == true)
        }
    }

    @Test func `passes on what is wrong with the spool`() async throws {
        try await ReceiverFixture.with(TestServers.requireSource()) { fixture in
            let run = ReceiverRun(fixture.options(), try fixture.spool())
            let error = await #expect(throws: SpoolError.self) {
                try await run.untilFailure {
                    try await fixture.insert(1...10)
                    try await until("received") { run.receiver.status.bytes > 0 }
                    try FileManager.default.removeItem(atPath: fixture.directory)
                }
            }
            guard case .deleted = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }
}

/// A walsender that streams from the slot under some name.
final class Held: @unchecked Sendable {
    // Touched by one test, one call after the other.
    private var connection: ReplicationConnection?

    static func open(_ fixture: ReceiverFixture, _ name: String) async throws -> Held {
        try await TestServers.blocking {
            let connection = try ReplicationConnection(fixture.database, applicationName: name)
            for attempt in 1...50 {
                do {
                    try connection.startReplication(slot: fixture.slot, from: 0, options: fixture.options().plugin)
                    break
                } catch let error as PostgresError where error.sqlState == "55006" && attempt < 50 {
                    // The walsender before has not gone yet.
                    try connection.query("select pg_catalog.pg_sleep(0.1)")
                }
            }
            let held = Held()
            held.connection = connection
            return held
        }
    }

    func close() { connection = nil }
}
