import Execution
import Testing

@testable import Skein

@Suite("Following the source, in words")
struct FollowTextTests {
    static func status(_ phase: FollowStatus.Phase, _ change: (inout FollowStatus) -> Void = { _ in }) -> FollowStatus {
        var status = FollowStatus(
            phase: phase, sourceEnd: "0/3000000", received: "0/3000000", durable: "0/2000000", applied: "0/1000000",
            lagBytes: 33_554_432, lagSeconds: 12, sourceBytesPerSecond: 1_048_576, appliedBytesPerSecond: 4_194_304,
            changesPerSecond: 12_345.6, appliedTransactions: 10, appliedChanges: 1_000, spoolBytes: 67_108_864,
            retainedBytes: 16_777_216)
        change(&status)
        return status
    }

    @Test("a line says lag, rates, spool, estimate and what the source keeps")
    func catchingUp() {
        let line = FollowText.line(Self.status(.catchingUp) { $0.secondsToCatchUp = 10.4 })
        #expect(
            line
                == "catching up: lag 32 MB, 12 s; source writes 1.0 MB/s; applied 12,346 rows/s, 4.0 MB/s; caught up in "
                + "about 10 s; spool 64 MB; source keeps 16 MB of WAL")
    }

    @Test("a lag that grows is said to grow")
    func growing() {
        let line = FollowText.line(Self.status(.catchingUp) { $0.sourceBytesPerSecond = 9_000_000 })
        #expect(line.contains("; the source writes faster than this applies; "))
    }

    @Test("an idle source gives the same line however its positions move")
    func idle() {
        let first = Self.status(.following) { ($0.lagSeconds, $0.changesPerSecond, $0.lagBytes) = (0, 0, 120) }
        var second = first
        (second.sourceEnd, second.lagBytes, second.sourceBytesPerSecond) = ("0/3000100", 376, 25)
        #expect(FollowText.line(first) == FollowText.line(second))
        #expect(FollowText.line(first) == "following: everything is applied, the source is idle")
    }

    @Test(
        "why receiving pauses stands in every line", arguments: [FollowStatus.Phase.receiving, .catchingUp, .following])
    func paused(_ phase: FollowStatus.Phase) {
        let line = FollowText.line(Self.status(phase) { $0.paused = "the disk is full" })
        #expect(line.hasSuffix("; RECEIVING PAUSES: the disk is full"))
    }

    @Test(
        "a plan's path can be pasted into a shell",
        arguments: [
            ("plans/iot.yaml", "plans/iot.yaml"), ("my plan.yaml", "'my plan.yaml'"), ("it's", #"'it'\''s'"#),
            ("", "''"),
            ("$(rm)", "'$(rm)'"),
        ])
    func shell(_ path: String, _ quoted: String) { #expect(ShellWord.quoted(path) == quoted) }
}
