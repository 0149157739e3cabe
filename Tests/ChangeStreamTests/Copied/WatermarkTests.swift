import ChangeStream
import Testing

struct `A watermark` {
    private func watermark(_ text: String) throws -> Watermark { try #require(Watermark(text)) }

    @Test func `shows what ended before it and not what ran or came later`() throws {
        let watermark = try watermark("100:110:100,105")
        #expect(watermark.sees(99))
        #expect(!watermark.sees(100))
        #expect(watermark.sees(104))
        #expect(!watermark.sees(105))
        #expect(watermark.sees(109))
        #expect(!watermark.sees(110))
    }

    @Test func `takes ids around a wrap of their 32 bits for the nearest`() throws {
        let watermark = try watermark("8589934590:8589934600:8589934595")
        // 2³³ is where the lower 32 bits begin anew.
        #expect(watermark.widened(UInt32.max) == 8_589_934_591)
        #expect(watermark.widened(3) == 8_589_934_595)
        #expect(watermark.sees(UInt32.max))
        #expect(!watermark.sees(3))
        #expect(watermark.sees(4))
        #expect(!watermark.sees(8))
    }

    @Test func `is written as the server writes it`() throws {
        for text in ["1:1:", "100:110:100,105"] { #expect(try watermark(text).description == text) }
        for text in ["", "1", "1:2:x", "1:2", "a:b:c"] { #expect(Watermark(text) == nil) }
    }

    @Test func `of a slot may have its xmin beyond its xmax, and is asked by its xmin first`() throws {
        let slot = try watermark("302:301:")
        #expect(slot.sees(301))
        #expect(!slot.sees(302))
        #expect(try !watermark("301:301:").covers(slot))
        #expect(try watermark("302:302:").covers(slot))
    }

    @Test func `covers another when nothing that the other shows is missing`() throws {
        let slot = try watermark("100:110:105")
        #expect(try watermark("100:110:105").covers(slot))
        #expect(try watermark("105:120:105,115").covers(slot))
        #expect(try !watermark("103:120:103").covers(slot))
        #expect(try !watermark("100:109:105").covers(slot))
    }

    @Test func `tells when everything that another called running has ended`() throws {
        let then = try watermark("100:110:100,105")
        #expect(try watermark("110:112:110").hasEnded(allOf: then))
        #expect(try !watermark("105:112:105").hasEnded(allOf: then))
        #expect(try !watermark("110:109:".replacing("110:109", with: "109:109")).hasEnded(allOf: then))
    }
}
