import Testing

@testable import Execution

@Suite("Where a hypertable has no chunks")
struct ChunkGapTests {
    @Test("Before the first, between, and behind the last; everywhere where there are none")
    func gaps() {
        #expect(ChunkGap.between([]) == [ChunkGap()])
        let gaps = ChunkGap.between([("1", "3"), ("5", nil)])
        #expect(gaps == [ChunkGap(upper: "1"), ChunkGap(lower: "3", upper: "5")])
        #expect(ChunkGap.between([(nil, "3")]) == [ChunkGap(lower: "3")])
        #expect(ChunkGap.between([(nil, nil)]) == [])
    }

    @Test("As conditions, and in words")
    func words() {
        let gap = ChunkGap(lower: "1", upper: "5")
        #expect(gap.condition("\"n\"", "bigint") == "\"n\" >= '1'::bigint and \"n\" < '5'::bigint")
        #expect(ChunkGap().condition("\"n\"", "bigint") == "true")
        let texts = [gap, ChunkGap(upper: "5"), ChunkGap(lower: "1"), ChunkGap()].map(\.text)
        #expect(texts == ["from 1 to 5", "before 5", "from 1 on", "all of it"])
    }
}
