import ChangeStream
import Foundation
import LogicalDecoding
import PlanFile
import Planning
import Postgres
import Synchronization
import TestServers
import Testing

/// Writers change a table while its pieces are read in random order at random times, each under a snapshot of its own;
/// what is applied then makes both sides equal (the model of `examples/watermarks.py`, with everything real).
@Suite(.enabled(if: TestServers.areAvailable), .timeLimit(.minutes(3)), .serialized)
struct ApplyModelTests {
    private static let table = """
        create table public.k (id integer primary key, a integer, b text, c text);
        alter table public.k alter column b set storage external;
        insert into public.k select i, i, repeat(md5(i::text), 1 + 100 * (i % 3)), md5(i::text) from generate_series(1, 2200) i;
        create table public.other (id bigint primary key, k integer);
        """
    private static let target = """
        create table public.k (id integer primary key, a integer, b text, c text);
        create table public.other (id bigint primary key, k integer);
        """

    struct Way: Sendable, CustomStringConvertible {
        var plugin: Plugin
        var isBinary = false
        var jobs = 1
        var truncates = false
        var description: String { "\(plugin)\(isBinary ? " binary" : "") jobs \(jobs)\(truncates ? " truncates" : "")" }
    }

    @Test(arguments: [
        Way(plugin: .pgoutput), Way(plugin: .pgoutput, isBinary: true, jobs: 3), Way(plugin: .testDecoding, jobs: 2),
        Way(plugin: .wal2json), Way(plugin: .pgoutput, jobs: 2, truncates: true),
    ])
    func `Pieces read at different moments agree`(way: Way) async throws {
        let seed = ProcessInfo.processInfo.environment["SKEIN_SEED"].flatMap { UInt64($0) } ?? .random(in: 1...9999)
        print("apply model, \(way): SKEIN_SEED=\(seed)")
        try await Bed.with(way.plugin, isBinary: way.isBinary, source: Self.table, target: Self.target) { bed in
            let isDone = Flag()
            let pieces = try await withThrowingTaskGroup(of: [CopiedPiece].self) { group in
                for writer in 0..<3 {
                    group.addTask {
                        try await TestServers.blocking {
                            try Self.write(bed.source, Random(seed &* 31 &+ UInt64(writer)), way.truncates, isDone)
                        }
                        return []
                    }
                }
                group.addTask {
                    defer { isDone.set() }
                    return try await TestServers.blocking { try Self.copy(bed, Random(seed)) }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            let tables = [
                try await bed.table("k", .columns(["id"]), pieces: pieces),
                try await bed.table("other", .columns(["id"])),
            ]
            let events = Events()
            // Thrown away in the middle, and begun anew with another number of workers.
            for round in 0..<3 {
                let applier = bed.applier(tables, jobs: 1 + round % 3, isFarBehind: true, events: events) {
                    $0.limits.changes = 40
                }
                async let end = applier.run()
                try await Task.sleep(for: .milliseconds(30 + Int(seed % 50)))
                applier.stop()
                _ = try await end
            }
            let status = try await bed.applyAll(tables, jobs: way.jobs, isFarBehind: way.jobs > 1, events: events) {
                $0.limits.changes = 100
            }
            #expect(status.missing == 0, "seed \(seed)")
            #expect(
                events.all.isEmpty || events.all.allSatisfy { if case .waitingForSource = $0 { true } else { false } })
            try await bed.expectEqual("k", "other")
        }
    }

    /// Copies the table's pieces in random order.
    private static func copy(_ bed: Bed, _ random: Random) throws -> [CopiedPiece] {
        let target = try Connection(bed.target, applicationName: "skein tests")
        var random = random
        var pieces: [CopiedPiece] = []
        for number in (0...11).shuffled(using: &random) {
            let lower = number == 0 ? nil : String(number * 200)
            let upper = number == 11 ? nil : String(number * 200 + 200)
            let rows = Piece.Rows.range(column: "id", type: "integer", lower: lower, upper: upper)
            let source = try Connection(bed.source, applicationName: "skein tests")
            try source.execute("begin isolation level repeatable read read only")
            try source.execute("lock table only public.k in access share mode")
            let watermark = try source.scalar("select pg_current_snapshot()") ?? ""
            let lsn = try source.scalar("select pg_current_wal_insert_lsn()") ?? ""
            usleep(UInt32.random(in: 0...120_000, using: &random))
            let piece = Piece(
                table: QualifiedName(schema: "public", name: "k"), tableOID: 0, number: 1, count: 1, rows: rows,
                columns: ["id", "a", "b", "c"], isBinary: false, mayFreeze: false, estimatedRows: 0, estimatedBytes: 0)
            let copied = Atomic<Int64>(0)
            _ = try CopyPump.run(
                from: source, "copy (select * from public.k where \(piece.condition ?? "true")) to stdout", to: target,
                "copy public.k from stdin", copied: copied)
            try source.execute("commit")
            pieces.append(
                CopiedPiece(
                    rows: rows, watermark: try #require(Watermark(watermark)), insertLSN: try #require(LSN(lsn))))
        }
        return pieces
    }

    private static func write(
        _ database: ConnectionTarget, _ random: Random, _ truncates: Bool, _ isDone: Flag,
    ) throws {
        let connection = try Connection(database, applicationName: "skein tests")
        var random = random
        var number = UInt64.random(in: 0...1_000_000_000, using: &random)
        while !isDone.isSet {
            do {
                try connection.execute("begin")
                for _ in 0..<Int.random(in: 1...5, using: &random) {
                    let (key, other) = (
                        Int.random(in: 1...2400, using: &random), Int.random(in: 1...2400, using: &random)
                    )
                    number += 1
                    let sql =
                        switch Int.random(in: 0..<100, using: &random) {
                        case ..<30:
                            "insert into public.k values (\(key), \(number % 10000), repeat('n', \(number % 4000)), 'new') "
                                + "on conflict do nothing"
                        case ..<50: "update public.k set a = \(number % 10000) where id = \(key)"
                        case ..<60:
                            "update public.k set b = repeat(b, 2), c = null where id = \(key) and length(b) < 9000"
                        case ..<75: "delete from public.k where id = \(key)"
                        case ..<76 where truncates: "truncate public.k"
                        case ..<92:
                            "update public.k set id = \(other) where id = \(key) and not exists "
                                + "(select from public.k where id = \(other))"
                        default: "insert into public.other values (\(number), \(key))"
                        }
                    try connection.execute(sql)
                    if Int.random(in: 0..<5, using: &random) == 0 {
                        try connection.execute(
                            "savepoint sp; update public.k set a = a + 1 where id = \(other); "
                                + (Bool.random(using: &random) ? "release sp" : "rollback to sp"))
                    }
                }
                try connection.execute(Int.random(in: 0..<20, using: &random) == 0 ? "rollback" : "commit")
            } catch {
                try connection.execute("rollback")
            }
        }
    }
}

/// Told once, to all.
final class Flag: Sendable {
    private let value = Atomic(false)
    var isSet: Bool { value.load(ordering: .relaxed) }
    func set() { value.store(true, ordering: .relaxed) }
}

/// SplitMix64.
struct Random: RandomNumberGenerator, Sendable {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
