import Execution
import Foundation
import PlanFile
import Testing

@testable import Skein

@Suite("status of a live migration, in words")
struct LiveStatusTests {
    static func plan() throws -> Plan {
        let (plan, _) = PlanLoader.load(
            text: """
                version: 1
                name: iot-live
                source: {uri: "host=a"}
                target: {uri: "host=b"}

                """, file: "iot.yaml", environment: [:])
        return try #require(plan)
    }

    /// As the servers may tell it.
    static func status(_ phase: StatusReport.Phase, _ change: (inout StatusReport) -> Void = { _ in }) throws
        -> StatusReport
    {
        let text = """
            {"name": "iot-live", "phase": "\(phase.rawValue)", "isRunning": true, "started": "2026-11-21 09:41:52.8+00",
             "tasks": 60, "done": 41, "copiedRows": 1054303, "copiedBytes": 45000000, "totalBytes": 45000000,
             "tables": [], "running": [], "errors": [], "warnings": [], "notices": [],
             "live": {"isFollowed": true, "streamAge": 0.4, "streamTime": "2026-11-21 10:41:52.8+00", "isReady": true,
                "resyncs": [], "insertsOnly": [{"table": "public.log", "copySeconds": 41.6}]},
             "source": {"changed": [], "leftovers": [], "end": "0/3000000",
                "slot": {"name": "skein_iot_live", "isActive": true, "walStatus": "reserved", "retainedBytes": 16777216}}}
            """
        var status = try JSONDecoder().decode(StatusReport.self, from: Data(text.utf8))
        status.live?.stream = FollowTextTests.status(.following)
        change(&status)
        return status
    }

    private func lines(_ status: StatusReport) -> [String] {
        StatusText.render(status, planArgument: "iot.yaml", listsAll: false).split(separator: "\n").map(String.init)
    }

    @Test("ready, it says exactly what to type")
    func ready() throws {
        let lines = lines(try Self.status(.ready))
        #expect(lines.first == "iot-live: ready for cutover, running")
        #expect(lines.last == "next     skein cutover iot.yaml")
        #expect(lines.contains { $0.hasPrefix("stream   following: lag 32 MB, 12 s; ") && !$0.contains("as of") })
        #expect(lines.contains("source   slot skein_iot_live in use, keeps 16 MB of WAL"))
        #expect(StatusNotices.find(try Self.status(.ready), try Self.plan()) == [])
    }

    @Test("without a process that follows, it says since when, how far the source is by now, and what to do")
    func unfollowed() throws {
        let status = try Self.status(.following) { status in
            status.isRunning = false
            status.live?.isFollowed = false
            status.live?.streamAge = 3_600
        }
        let lines = lines(status)
        #expect(lines.contains { $0.hasSuffix("(as of 2026-11-21 10:41:52 UTC)") })
        #expect(lines.contains("         by now the source is 32 MB of WAL ahead"))
        #expect(lines.last == "next     skein migrate iot.yaml")
        let notices = StatusNotices.find(status, try Self.plan())
        #expect(notices.count == 1 && notices[0].hasPrefix("no process follows the source since 2026-11-21 10:41:52"))
    }

    @Test("a source that is down leaves the rest as it is")
    func down() throws {
        let status = try Self.status(.following) { $0.source = SourceReport(problem: "the source does not answer") }
        #expect(lines(status).contains("source   not asked: the source does not answer"))
        #expect(StatusNotices.find(status, try Self.plan()) == [])
    }

    @Test("a lost or endangered slot, a broken stream, changed tables and leftovers are noticed, each with its cure")
    func notices() throws {
        let plan = try Self.plan()
        func notice(_ change: (inout StatusReport) -> Void) throws -> [String] {
            StatusNotices.find(try Self.status(.following, change), plan)
        }
        #expect(try notice { $0.source?.slot = nil }.first?.contains("skein_iot_live on the source is gone") == true)
        let lost = try notice { $0.source?.slot?.lostBecause = "it was invalidated (wal_removed)" }
        #expect(lost.count == 1 && lost[0].contains("wal_removed") && lost[0].contains("--repair"))
        let narrow = try notice { $0.source?.slot?.safeBytes = 100_000_000 }
        #expect(narrow.count == 1 && narrow[0].contains("95 MB") && narrow[0].contains("max_slot_wal_keep_size"))
        let broken = try notice { $0.live?.broken = "the spool is gone" }
        #expect(broken.count == 1 && broken[0].contains("the spool is gone") && broken[0].contains("--repair"))
        let changed = try notice { $0.source?.changed = [.init(table: "public.log", updated: 7, deleted: 0)] }
        #expect(changed.count == 1 && changed[0].contains("7 rows were updated") && changed[0].contains("about 42 s"))
        let left = try notice { $0.source?.leftovers = [SourceLeftover(kind: .publication, name: "skein_old")] }
        #expect(left.count == 1 && left[0].hasSuffix("drop publication \"skein_old\";"))
        let stale = try notice { $0.live?.streamAge = 60 }
        #expect(stale.count == 1 && stale[0].contains("60 s"))
    }

    @Test("a completed cutover tells the downtime in its parts, and what is left to do")
    func cutover() {
        var report = CutoverReport(
            fence: "read-only", requested: "2026-11-21 10:41:52.8+00", downtimeSeconds: 2.31,
            parts: [.init(name: "fence", seconds: 0.3), .init(name: "drain", seconds: 0.04)], lateChanges: 0,
            refreshes: ["refresh materialized view public.daily;"], liftFence: "alter database iot reset x;")
        #expect(
            CutoverText.render(report, verify: .counts) == """
                cutover complete, downtime 2.3 s
                  fence 300 ms, drain 40 ms
                no row was changed on the source after the marker
                left to do
                  on the target, materialized views that were skipped:
                  refresh materialized view public.daily;
                  on the source, only if it is to be written to again:
                  alter database iot reset x;
                """)
        report.lateChanges = 12
        #expect(
            CutoverText.render(report, verify: .none).contains("\nWARNING: 12 rows were changed on the source after"))
        // A line ends behind a comma, not between a part and its time.
        report.parts = (1...30).map { .init(name: "part-\($0)", seconds: 0.3) }
        let lines = CutoverText.render(report, verify: .counts).split(separator: "\n").filter { $0.contains("part-") }
        #expect(lines.count == 5)
        #expect(lines.allSatisfy { $0.count <= 112 && ($0.hasSuffix(" ms") || $0.hasSuffix(" ms,")) })
    }
}
