import Foundation
import LogicalDecoding
import Postgres
import Synchronization
import TestServers
import Testing

@testable import ChangeStream

/// A source database with a slot, and a folder for the spool.
struct ReceiverFixture: Sendable {
    let database: ConnectionTarget
    let plugin: Plugin
    let slot: String
    let start: LSN
    let directory: String
    static let name = "skein/stream-tests"

    static func with<R: Sendable>(
        _ server: ConnectionTarget, _ plugin: Plugin = .pgoutput, _ body: (ReceiverFixture) async throws -> R,
    ) async throws -> R {
        let slot = "stream_rx_\(UUID().uuidString.prefix(8).lowercased())"
        let directory = NSTemporaryDirectory() + slot
        defer { try? FileManager.default.removeItem(atPath: directory) }
        return try await TestServers.withScratchDatabase(on: server, prefix: "stream_rx") { database in
            if plugin == .wal2json { try await allowWal2json(database) }
            try await TestServers.execute(
                "create table public.t (id bigint generated always as identity primary key, v text)",
                "create publication p for table public.t", on: database)
            let made = try await TestServers.column(
                "select lsn from pg_catalog.pg_create_logical_replication_slot('\(slot)', '\(plugin.rawValue)')",
                on: database)
            let start = try #require(made.first.flatMap { $0 }.flatMap { LSN($0) })
            let fixture = ReceiverFixture(
                database: database, plugin: plugin, slot: slot, start: start, directory: directory)
            let outcome: Result<R, any Error>
            do { outcome = .success(try await body(fixture)) } catch { outcome = .failure(error) }
            await fixture.dropSlot()
            return try outcome.get()
        }
    }

    /// Minor releases of 2026 refuse it by default. For this database only.
    private static func allowWal2json(_ database: ConnectionTarget) async throws {
        try await TestServers.withConnection(to: database) { connection in
            let has = try connection.scalar("select 1 from pg_settings where name = 'output_plugin_libraries'")
            let name = try connection.scalar("select current_database()") ?? ""
            if has != nil {
                try connection.execute("alter database \"\(name)\" set output_plugin_libraries = 'wal2json'")
            }
        }
    }

    func dropSlot() async {
        for _ in 0..<50 {
            try? await TestServers.execute(
                "select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = '\(slot)'",
                on: database)
            let isDropped: ()? = try? await TestServers.execute(
                "select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = '\(slot)'",
                on: database)
            if isDropped != nil { return }
            try? await Task.sleep(for: .milliseconds(100))
        }
    }

    func spool(
        start: LSN? = nil, mode: SpoolMode = .disk, maximumSize: Int? = nil, segmentSize: Int = 64 << 20,
        in directory: String? = nil,
    ) throws -> Spool {
        let identity = SpoolIdentity(
            directory: directory ?? self.directory, plan: "plan", migration: "m1", generation: 1, plugin: plugin)
        return try Spool(
            identity, mode: mode, start: start ?? self.start, maximumSize: maximumSize, segmentSize: segmentSize)
    }

    func options(publication: String = "p") -> ReceiverOptions {
        ReceiverOptions(
            source: database, applicationName: Self.name, slot: slot,
            plugin: plugin.options(publications: [publication], messages: true, numbersAsText: false))
    }

    func execute(_ sql: String) async throws { try await TestServers.execute(sql, on: database) }

    /// Rows with texts `row-1;` …, so many in a transaction.
    func insert(_ numbers: ClosedRange<Int>, perTransaction: Int = 1, size: Int = 20) async throws {
        try await TestServers.withConnection(to: database) { connection in
            for first in stride(from: numbers.lowerBound, through: numbers.upperBound, by: perTransaction) {
                let last = min(first + perTransaction - 1, numbers.upperBound)
                try connection.query(
                    "insert into public.t (v) select 'row-' || n || ';' || repeat('x', $3) from generate_series($1::int, $2) n",
                    [String(first), String(last), String(size)])
            }
        }
    }

    func value(_ sql: String) async throws -> String? {
        try await TestServers.column(sql, on: database).first.flatMap { $0 }
    }

    func confirmed() async throws -> LSN? {
        try await value("select confirmed_flush_lsn from pg_replication_slots where slot_name = '\(slot)'")
            .flatMap { LSN($0) }
    }

    /// Or more: an idle source's position goes on with what other databases of the server write.
    func isConfirmed(_ position: LSN?) async throws -> Bool {
        guard let position, let confirmed = try await confirmed() else { return false }
        return confirmed >= position
    }

    func kill() async throws {
        try await execute(
            "select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = '\(slot)'")
    }
}

/// What a receiver reports, and how far the test says that everything is applied.
final class ReceiverRun: Sendable {
    let receiver: Receiver
    private let events: EventLog
    let applied: Progress

    init(_ options: ReceiverOptions, _ spool: Spool, applied: LSN? = nil) {
        let (events, progress) = (EventLog(), Progress(applied ?? spool.covered))
        (self.events, self.applied) = (events, progress)
        receiver = Receiver(options, into: spool, applied: { progress.value }, onEvent: { events.add($0) })
    }

    var seen: [ReceiverEvent] { events.all }

    /// Runs it beside `body`, and stops it then.
    func during<R: Sendable>(_ body: () async throws -> R) async throws -> R {
        async let running: Void = receiver.run()
        let outcome: Result<R, any Error>
        do { outcome = .success(try await body()) } catch { outcome = .failure(error) }
        let start = ContinuousClock.now
        receiver.stop()
        try await running
        #expect(ContinuousClock.now - start < .seconds(10))
        return try outcome.get()
    }

    /// Runs it until it fails, with `body` done meanwhile; stops it if it does not fail within a minute of that.
    func untilFailure(_ body: () async throws -> Void) async throws {
        async let running: Void = receiver.run()
        do {
            try await body()
        } catch {
            receiver.stop()
            throw error
        }
        let patience = Task {
            try await Task.sleep(for: .seconds(60))
            receiver.stop()
        }
        defer { patience.cancel() }
        try await running
    }

    func wait(_ what: String, _ condition: (ReceiverEvent) -> Bool) async throws {
        try await until(what) { seen.contains(where: condition) }
    }

    final class EventLog: Sendable {
        private let events = Mutex<[ReceiverEvent]>([])
        func add(_ event: ReceiverEvent) { events.withLock { $0.append(event) } }
        var all: [ReceiverEvent] { events.withLock { $0 } }
    }

    final class Progress: Sendable {
        private let position: Mutex<LSN>
        init(_ value: LSN) { position = Mutex(value) }
        var value: LSN {
            get { position.withLock { $0 } }
            set { position.withLock { $0 = newValue } }
        }
    }
}

struct Missed: Error { var what: String }

func until(_ what: String, _ condition: () async throws -> Bool) async throws {
    for _ in 0..<1200 {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(50))
    }
    throw Missed(what: what)
}

/// What a reader found: the rows' numbers in their order, and where the last transaction ends.
struct ReadRows: Sendable {
    var numbers: [Int] = []
    var end: LSN?

    mutating func add(_ message: StreamMessage, _ plugin: Plugin) {
        let bytes = message.block.bytes[message.range]
        let role = unsafe bytes.withUnsafeBytes { unsafe MessageRole($0, plugin) }
        if role == .commit { end = message.position }
        let text = bytes.prefix(600)
        guard let start = text.firstRange(of: Array("row-".utf8))?.upperBound else { return }
        numbers.append(text[start...].prefix { $0 != UInt8(ascii: ";") }.reduce(0) { $0 * 10 + Int($1 - 0x30) })
    }
}

extension ReceiverFixture {
    /// Reads until the row `last`, or a minute long; after each transaction `step` gets its end.
    func read(
        _ spool: Spool, from position: LSN? = nil, last: Int, step: @escaping @Sendable (LSN) throws -> Void = { _ in },
    ) async throws -> ReadRows {
        let (plugin, start) = (plugin, position ?? start)
        return try await TestServers.blocking {
            let reader = try spool.reader(from: start)
            var rows = ReadRows()
            let deadline = ContinuousClock.now + .seconds(60)
            while ContinuousClock.now < deadline {
                guard let message = try reader.next(timeout: .milliseconds(200)) else { continue }
                let before = rows.end
                rows.add(message, plugin)
                if let end = rows.end, end != before {
                    try step(end)
                    if rows.numbers.last == last { return rows }
                }
            }
            throw Missed(what: "row \(last) after \(rows.numbers.last ?? 0)")
        }
    }
}
