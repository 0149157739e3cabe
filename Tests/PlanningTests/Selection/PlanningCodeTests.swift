import Testing

@testable import Planning

@Suite("What planning finds")
struct PlanningCodeTests {
    @Test("is explained, each code once and in order")
    func explained() {
        let codes = PlanningCode.all.map(\.code)
        #expect(codes == Set(codes).sorted())
        for explanation in PlanningCode.all {
            #expect(!explanation.title.hasSuffix(".") && explanation.text.hasSuffix("."))
            #expect(!explanation.text.contains("\n"))
        }
    }
}
