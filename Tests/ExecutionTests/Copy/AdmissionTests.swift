import ChangeStream
import Testing

@testable import Execution

@Suite("Admission")
struct AdmissionTests {
    private func mark(_ text: String) throws -> Watermark { try #require(Watermark(text)) }

    @Test(
        arguments: [
            // The slot's snapshot, a piece's, who is waited for; nil: admitted.
            ("10:20:15", "20:20:", nil), ("10:20:15", "15:21:15", nil), ("10:20:15", "12:21:12", [12]),
            ("10:20:15", "10:19:", []), ("10:20:15", "12:30:12,15,25", [12]),
        ] as [(String, String, [UInt64]?)])
    func `A piece shows all that the slot shows`(_ slot: String, _ piece: String, _ waitedFor: [UInt64]?) throws {
        let admission = Admission.covering(try mark(slot))
        #expect(admission.admits(try mark(piece)) == (waitedFor == nil))
        #expect(admission.obstacles(in: try mark(piece)) == waitedFor ?? [])
    }

    @Test(
        arguments: [
            ("10:20:15", "20:20:", nil), ("10:20:15", "15:21:15", [15]), ("10:20:15", "20:25:20,22", nil),
            ("10:20:15", "18:25:18,22", [18]),
        ] as [(String, String, [UInt64]?)])
    func `A table is copied again when all that ran before has ended`(
        _ before: String, _ piece: String, _ waitedFor: [UInt64]?,
    ) throws {
        let admission = Admission.afterAll(of: try mark(before))
        #expect(admission.admits(try mark(piece)) == (waitedFor == nil))
        #expect(admission.obstacles(in: try mark(piece)) == waitedFor ?? [])
    }
}
