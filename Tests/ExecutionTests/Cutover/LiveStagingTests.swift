import Execution
import Planning
import Testing

@Suite("Stages of a live migration's dump")
struct LiveStagingTests {
    private func entry(_ id: Int, _ type: String, _ name: String, needs: [Int] = []) -> DumpEntry {
        DumpEntry(
            sequence: id, dumpID: id, catalog: "pg_class", oid: UInt32(id), dependencies: needs, type: type,
            schema: "app", name: name, sql: "select;")
    }

    private var entries: [DumpEntry] {
        [
            entry(1, "TABLE", "t"), entry(2, "VIEW", "v", needs: [1]), entry(3, "CONSTRAINT", "t pk", needs: [1]),
            entry(4, "STATISTICS", "s", needs: [1]), entry(5, "TRIGGER", "t always", needs: [1]),
            entry(6, "COMMENT", "TRIGGER always ON t", needs: [5]), entry(7, "RULE", "t note", needs: [1]),
            entry(8, "RULE", "v _RETURN", needs: [2, 3]), entry(9, "VIEW", "above", needs: [8]),
            entry(10, "POLICY", "t mine", needs: [1]), entry(11, "ROW SECURITY", "t", needs: [1]),
            entry(12, "CHECK CONSTRAINT", "t positive", needs: [1]), entry(13, "EVENT TRIGGER", "e", needs: [5]),
        ]
    }

    private func stages(isLive: Bool) -> [Int: SchemaStage] {
        let staged = SchemaStaging.stage(entries, exclusions: Exclusions(), isLive: isLive)
        return Dictionary(uniqueKeysWithValues: staged.map { ($0.entry.dumpID, $0.stage) })
    }

    @Test func `What acts on rows waits for the drain, with what is said about it`() {
        let stages = stages(isLive: true)
        #expect(stages.filter { $0.value == .trigger }.keys.sorted() == [5, 6, 7, 10, 11])
        #expect(stages[13] == .eventTrigger)
    }

    @Test func `A view in a circle of dependencies, and what needs it, does not`() {
        let stages = stages(isLive: true)
        #expect([4, 8, 9, 12].allSatisfy { stages[$0] == .postData })
        #expect(stages[2] == .preData)
    }

    @Test func `Offline nothing has that stage`() {
        #expect(stages(isLive: false).filter { $0.value == .postData }.keys.sorted() == [4, 5, 6, 7, 8, 9, 10, 11, 12])
    }
}
