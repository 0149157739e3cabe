import PlanFile
import Testing

@testable import Execution

@Suite("What a cutover tells")
struct CutoverReportTests {
    private func times(_ spans: [CutoverTimes.Span], fenced: Double? = 101, now: Double = 110) -> CutoverTimes {
        CutoverTimes(requested: 90, fenced: fenced, marked: 101.5, drained: 103, now: now, spans: spans)
    }

    @Test func `The downtime begins where the fence does, not where somebody asked for it`() {
        let times = times([.init(kind: "fence", start: 100, end: 101), .init(kind: "verify", start: 103, end: 109)])
        #expect(times.downtime == 10)
        #expect(self.times([]).downtime == 9)
        #expect(self.times([], fenced: nil).downtime == 20)
    }

    @Test func `Its parts follow one another up to the drain, and of each kind the time counts that any task ran`() {
        let times = times([
            .init(kind: "fence", start: 100, end: 101), .init(kind: "gate", start: 99, end: 99.5),
            .init(kind: "verify", start: 106, end: 107.5), .init(kind: "verify", start: 107, end: 109),
            .init(kind: "verify", start: 106.5, end: 107), .init(kind: "sequences", start: 103, end: 104),
            .init(kind: "refresh", start: 104, end: 106), .init(kind: "fallback", start: 109, end: 109.25),
            .init(kind: "complete", start: 109.25, end: 109.5),
        ])
        #expect(
            times.parts == [
                .init(name: "fence", seconds: 1), .init(name: "marker", seconds: 0.5),
                .init(name: "drain", seconds: 1.5),
                .init(name: "sequences", seconds: 1), .init(name: "views", seconds: 2),
                .init(name: "verify", seconds: 3), .init(name: "fallback", seconds: 0.25),
                .init(name: "completion", seconds: 0.5),
            ])
    }

    @Test func `A write behind the marker is a warning without a fence, and a refusal with one`() {
        #expect(LateChanges(nil).verdict(.none) == .wait)
        #expect(LateChanges(nil).verdict(.readOnly) == .wait)
        #expect(LateChanges(0).verdict(.readOnly) == .complete)
        #expect(LateChanges(3).verdict(.readOnly) == .refuse(LateWrites(count: 3)))
        guard case .warn(let text) = LateChanges(1).verdict(.none) else {
            Issue.record("no warning")
            return
        }
        #expect(text.hasPrefix("1 row was changed on the source behind the marker"))
    }

    @Test func `What is left to do comes as statements`() {
        var report = CutoverReport(fence: "none", requested: "now", downtimeSeconds: 1, parts: [], lateChanges: 0)
        #expect(report.leftToDo == [])
        report.refreshes = ["refresh materialized view a;", "refresh materialized view b;"]
        report.invalidKeys = ["alter table t validate constraint k;"]
        report.liftFence = "alter database d reset default_transaction_read_only;"
        #expect(report.leftToDo.filter { $0.hasSuffix(";") }.count == 4)
        #expect(report.leftToDo.count == 7)
    }
}
