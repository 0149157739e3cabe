import Foundation
import LogicalDecoding
import Postgres
import TestServers
import Testing

@testable import ChangeStream

/// Alone in their process (`swift test --filter LargeTransaction`) their numbers mean most; beside other tests the
/// bounds still hold as long as those are small.
@Suite(
    "A large transaction",
    .enabled(if: TestServers.areAvailable && TestServers.environment("SKEIN_TEST_LONG") == "1"),
    .timeLimit(.minutes(10)),
    .serialized)
struct LargeTransactionTests {
    /// Bytes of this process's memory at their most since the last `reset`.
    private static func peak() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
        return try #require(Int(line.filter(\.isNumber))) * 1024
    }
    private static func reset() throws {
        try "5".write(toFile: "/proc/self/clear_refs", atomically: false, encoding: .utf8)
    }

    @Test func `passes in little memory`() async throws {
        let rows = 2_000_000
        try await ReceiverFixture.with(TestServers.requireSource(), .testDecoding) { fixture in
            let spool = try fixture.spool()
            let run = ReceiverRun(fixture.options(), spool)
            try await fixture.insert(1...rows, perTransaction: rows, size: 100)
            try Self.reset()
            let before = try Self.peak()
            let start = ContinuousClock.now
            try await run.during {
                for _ in 0..<2400 where spool.withLedger({ $0.lastCommit }) == fixture.start {
                    try await Task.sleep(for: .milliseconds(100))
                }
                let seconds = (ContinuousClock.now - start) / .seconds(1)
                let size = spool.bytesInUse
                let plugin = fixture.plugin
                let first = fixture.start
                let count = try await TestServers.blocking {
                    let reader = try spool.reader(from: first)
                    var count = 0
                    while let message = try reader.next(timeout: .zero) {
                        let bytes = message.block.bytes[message.range]
                        let role = unsafe bytes.withUnsafeBytes { unsafe MessageRole($0, plugin) }
                        if role == .other { count += 1 }
                    }
                    return count
                }
                #expect(count == rows)
                let used = try Self.peak() - before
                print("\(size >> 20) MB received in \(seconds) s, \(used >> 20) MB of memory more than before")
                #expect(used < 60 << 20)
            }
            spool.close()
        }
    }

    @Test func `of one row of 200 MB passes`() async throws {
        try await ReceiverFixture.with(TestServers.requireSource()) { fixture in
            let spool = try fixture.spool()
            let run = ReceiverRun(fixture.options(), spool)
            try await fixture.insert(1...1, size: 200 << 20)
            try Self.reset()
            let before = try Self.peak()
            try await run.during {
                try await until("received") { spool.covered > fixture.start && run.receiver.status.bytes > 200 << 20 }
                let received = try Self.peak() - before
                let read = try await fixture.read(spool, last: 1)
                #expect(read.numbers == [1])
                let used = try Self.peak() - before
                print(
                    "a row of 200 MB: \(received >> 20) MB of memory to receive it, \(used >> 20) MB with the reading")
                #expect(used < 1200 << 20)
            }
            spool.close()
        }
    }
}
