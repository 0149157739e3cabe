@testable import PlanFile
import Testing

@testable import Catalog
@testable import Planning

@Suite("Cutting a future hypertable")
struct HypertablePieceTests: PieceCutting {
    /// 16 weeks from Thursday 2024-01-04, when a week of TimescaleDB begins.
    static let weeks = (0...16).map {
        RangeScale.timestamp(hasZone: true).text(Int128(19_726 + 7 * $0) * 86_400_000_000)
    }

    func hypertable(
        bytes: Int64, days: Int? = 7, histogram: [String] = Self.weeks, correlation: Double? = 0.99,
        _ change: (inout Plan) -> Void = { _ in },
    ) -> PieceCutter.Cut {
        cut(
            .init(
                "time", .timestamptz, notNull: true,
                statistics: .known(correlation: correlation, histogram: histogram)),
            bytes: bytes, hypertable: .sample("t", days: days), plan: change)
    }

    @Test("of a future hypertable is done where its chunks begin")
    func chunks() {
        let value = hypertable(bytes: 1 << 30)
        #expect(
            shown(value) == [
                "…2024-02-01 00:00:00+00", "2024-02-01 00:00:00+00…2024-02-29 00:00:00+00",
                "2024-02-29 00:00:00+00…2024-03-28 00:00:00+00", "2024-03-28 00:00:00+00…",
            ])
        #expect(
            value.why == "by \"time\", cut where chunks begin (index public.t_key)"
                || value.why.contains("by time, cut where chunks begin"))
        #expect(value.pieces.allSatisfy { !$0.mayFreeze })
    }

    @Test("of a future hypertable moves borders to chunks, and joins what would share one")
    func alignment() {
        // Chunks of 56 days begin on 2023-12-21, 2024-02-15 and 2024-04-11: borders in the first of them are none.
        let value = hypertable(bytes: 1 << 30, days: 56)
        #expect(shown(value) == ["…2024-02-15 00:00:00+00", "2024-02-15 00:00:00+00…"])
    }

    @Test("of a future hypertable with one chunk leaves it whole")
    func oneChunk() {
        let value = hypertable(bytes: 1 << 30, days: 3650)
        #expect(shown(value) == ["all"])
        #expect(value.why.hasSuffix("lies in one chunk"))
        #expect(!value.pieces[0].mayFreeze)
    }

    @Test("of a small future hypertable is not done, unless the plan asks for it")
    func small() {
        #expect(shown(hypertable(bytes: 500 << 20)) == ["all"])
        let value = hypertable(bytes: 10 << 20) { $0.copy.splitTablesLargerThan = Located(ByteCount(bytes: 1 << 20)) }
        #expect(value.pieces.count == 10)
    }

    @Test("of a future hypertable of integers counts chunks from 0")
    func integers() {
        let value = cut(
            .init("time", .int8, notNull: true, statistics: .known()), bytes: 1 << 30,
            hypertable: .sample("t", integer: 30))
        #expect(shown(value) == ["…240", "240…480", "480…750", "750…"])
    }

    @Test("of a future hypertable without an index on time goes by block")
    func noTimeIndex() {
        let value = cut(
            .init("time", .timestamptz, notNull: true, statistics: .known(histogram: Self.weeks)),
            bytes: 1 << 30, indexed: false, hypertable: .sample("t"))
        #expect(value.way == .blocks)
        #expect(value.pieces.count == 4)
        #expect(hypertable(bytes: 1 << 30, correlation: 0.1).way == .blocks)
    }
}
