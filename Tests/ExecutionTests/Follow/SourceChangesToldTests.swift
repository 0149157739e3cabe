import PlanFile
import Testing

@testable import Execution

struct `What is told of silent changes on the source` {
    private func created(_ name: String) -> SourceDifference {
        SourceDifference(
            kind: .created, table: QualifiedName(schema: "public", name: name), what: "was created", cure: "copy it")
    }

    @Test func `has its cure, and is told once`() {
        var told = SourceChangesTold()
        #expect(told.add([created("a")]) == ["public.a: was created; copy it"])
        #expect(told.add([created("a"), created("b")]) == ["public.b: was created; copy it"])
        #expect(told.add([created("b")]) == [])
    }

    @Test func `is told again where it was put back in between`() {
        var told = SourceChangesTold()
        #expect(told.add([created("a")]).count == 1)
        #expect(told.add([]) == [])
        #expect(told.add([created("a")]).count == 1)
    }

    @Test func `is short where it is much`() {
        var told = SourceChangesTold()
        let texts = told.add((1...1000).map { created("t\($0)") })
        #expect(texts.count == 21)
        #expect(texts.last == "980 more tables were changed on the source: the cutover names them")
    }
}
