import LogicalDecoding
import Testing

@testable import Execution

struct `The lag` {
    private func meter(_ samples: [(time: Double, source: UInt64, applied: UInt64)]) -> LagMeter {
        var meter = LagMeter()
        for sample in samples {
            meter.add(
                LagMeter.Sample(
                    time: sample.time, sourceEnd: LSN(rawValue: sample.source),
                    applied: LSN(rawValue: sample.applied), changes: Int(sample.applied)))
        }
        return meter
    }

    @Test func `is nothing when everything is applied, however old the last change is`() {
        let meter = meter([(0, 100, 100), (500, 100, 100)])
        #expect(meter.bytes == 0)
        #expect(meter.seconds(sinceCommit: 500) == 0)
        #expect(meter.secondsToCatchUp == nil)
    }

    @Test func `in seconds is the age of what the target lacks first`() {
        let meter = meter([(0, 100, 100), (1, 200, 100), (2, 300, 100), (3, 400, 250)])
        #expect(meter.bytes == 150)
        #expect(meter.seconds(sinceCommit: nil) == 1)
    }

    @Test func `is as old as the last applied commit when the run has not seen the beginning of it`() {
        let meter = meter([(0, 1000, 100), (1, 1100, 200)])
        #expect(meter.seconds(sinceCommit: 90) == 90)
        #expect(meter.seconds(sinceCommit: nil) == 1)
    }

    @Test func `is not known before the target came to where a look found the source`() {
        #expect(!meter([(0, 1000, 100), (1, 1000, 900)]).isKnown)
        #expect(meter([(0, 1000, 100), (1, 1200, 1000)]).isKnown)
        #expect(!LagMeter().isKnown)
    }

    /// FIELD.md: a lag that reads wrong on a server whose other databases are written to.
    @Test func `is nothing where all that came is applied and the source said that there is nothing else`() {
        func applied(_ passed: UInt64, lastCommit: UInt64, complete: UInt64) -> UInt64 {
            FollowedStream.Status(
                sourceEnd: LSN(rawValue: 900), received: LSN(rawValue: 900), lastCommit: LSN(rawValue: lastCommit),
                complete: LSN(rawValue: complete)
            ).applied(LSN(rawValue: passed)).rawValue
        }
        #expect(applied(100, lastCommit: 100, complete: 900) == 900)
        #expect(applied(100, lastCommit: 101, complete: 900) == 100)
        // Of a receiver that has just begun.
        #expect(applied(100, lastCommit: 0, complete: 0) == 100)
    }

    @Test func `goes when the target applies faster than the source writes`() throws {
        let meter = meter([(0, 1000, 0), (1, 1100, 300), (2, 1200, 600)])
        #expect(meter.rates.source == 100)
        #expect(meter.rates.applied == 300)
        #expect(meter.secondsToCatchUp == 3)
        #expect(self.meter([(0, 0, 0), (1, 100, 0)]).secondsToCatchUp == nil)
    }
}
