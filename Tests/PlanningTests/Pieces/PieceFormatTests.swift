@testable import PlanFile
import Testing

@testable import Catalog
@testable import Planning

@Suite("The columns and the format of pieces")
struct PieceFormatTests: PieceCutting {
    @Test("leaves generated columns out")
    func generated() {
        let value = cut(others: [.init("g", .int8, generated: .stored), .init("v", .text)])
        #expect(value.pieces[0].columns == ["id", "v"])
    }

    @Test("takes text for a table with a type without a common binary form, and says which")
    func text() {
        let value = cut(others: [.init("r", .regclass)])
        #expect(!value.isBinary && !value.pieces[0].isBinary)
        #expect(
            value.why.hasSuffix("; text, as column r is regclass, which differs from server to server in binary form"))
        #expect(cut(others: [.init("r", .regclass, generated: .stored)]).isBinary)
        #expect(!cut(plan: { $0.copy.format = Located(.text) }).isBinary)
    }

    @Test("refuses binary by the plan for such a table")
    func binary() {
        let value = cut(others: [.init("r", .regclass)], plan: { $0.copy.format = Located(.binary, at: Plan.at(7)) })
        #expect(value.diagnostics.map(\.code) == ["SK158"])
        #expect(value.diagnostics[0].severity == .error)
        #expect(value.diagnostics[0].location == Plan.at(7))
        #expect(cut(plan: { $0.copy.format = Located(.binary) }).diagnostics.isEmpty)
    }
}
