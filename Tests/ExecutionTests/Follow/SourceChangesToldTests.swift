import LogicalDecoding
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
        // By the next process, from the state.
        var later = SourceChangesTold(told.told)
        #expect(later.add([created("b"), created("c")]) == ["public.c: was created; copy it"])
    }

    private func shape(filenode: UInt32, persistence: String = "p", told: [SourceDifference]? = nil) -> SourceShape {
        SourceShape(
            tables: [
                SourceShape.Table(
                    oid: 1, schema: "public", name: "a", kind: "r", filenode: filenode, persistence: persistence,
                    identity: "d", parents: [], columns: ["id integer"])
            ], followed: [1], told: told)
    }

    @Test func `is nothing any more once the table was copied again, and news when it happens again`() throws {
        var known = shape(filenode: 1)
        let rewritten = shape(filenode: 2)
        var told = SourceChangesTold()
        #expect(told.add(SourceWatch.differences(from: known, to: rewritten) { _ in true }).count == 1)
        known.told = told.told
        #expect(try StateStore.decode(StateStore.encode(known)) as SourceShape == known)
        known.accept([1], from: rewritten)
        #expect(SourceWatch.differences(from: known, to: rewritten) { _ in true } == [])
        #expect(known.told == [])
        known.accept([1], from: shape(filenode: 3, persistence: "u"))
        #expect(known.tables.first?.persistence == "p")
    }

    @Test func `waits until everything is applied that may be a truncation, unless it was told before`() {
        var files = NewFiles()
        func differences(_ now: UInt32, end: UInt64, applied: UInt64, told: [SourceDifference]? = nil) -> Int? {
            var known = shape(filenode: 1, told: told)
            let now = shape(filenode: now)
            let isDoubtful = files.settle(&known, now, end: LSN(rawValue: end), applied: LSN(rawValue: applied))
            let found = SourceWatch.differences(from: known, to: now) { _ in true }
            return isDoubtful ? nil : found.count
        }
        #expect(differences(1, end: 100, applied: 0) == 0)
        #expect(differences(2, end: 200, applied: 150) == nil)
        #expect(differences(2, end: 300, applied: 199) == nil)
        // Another in between.
        #expect(differences(3, end: 400, applied: 300) == nil)
        #expect(differences(3, end: 500, applied: 399) == nil)
        #expect(differences(3, end: 600, applied: 400) == 1)
        #expect(differences(3, end: 700, applied: 400) == 1)
        // By the next process.
        files = NewFiles()
        let told = SourceWatch.differences(from: shape(filenode: 1), to: shape(filenode: 3)) { _ in true }
        #expect(differences(3, end: 800, applied: 0, told: told) == 1)
    }

    @Test func `is unknown to the state of an older Skein`() throws {
        let older = try StateStore.decode(#"{"tables": [], "followed": [1]}"#) as SourceShape
        #expect(older.told == nil)
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
