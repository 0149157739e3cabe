import Testing

@testable import Catalog
@testable import PlanFile
@testable import Planning

@Suite("Checks of live migrations")
struct LiveStreamTests {
    private func codes(_ change: (inout CheckFixture) -> Void) -> Set<String> {
        var fixture = CheckFixture()
        fixture.goLive()
        change(&fixture)
        return Set(fixture.findings.map(\.code))
    }

    @Test("a sound live migration has no findings")
    func sound() {
        #expect(codes { _ in } == [])
    }

    @Test("names that are this migration's own, or in use, are no leftovers")
    func ownNames() {
        let found = codes { fixture in
            fixture.machine.hasOwnState = true
            fixture.addSlot("skein_iot_production")
            fixture.addSlot("skein_other", isActive: true)
            fixture.source.edit {
                $0.publications = [
                    "skein_iot_production", "skein_iot_production_inserts", "skein_other", "skein_other_inserts",
                ]
            }
        }
        #expect(found == [])
    }

    @Test("a slot that was lost is named as such")
    func lostSlot() throws {
        var fixture = CheckFixture()
        fixture.addSlot("skein_old", retained: nil)
        let finding = try #require(fixture.findings.first)
        #expect(finding.detail == "The server has given it up: it keeps no WAL any more.")
        #expect(finding.severity == .warning)
    }

    @Test("pgoutput that is not allowed is no finding where another plugin is")
    func otherPlugin() {
        #expect(codes { $0.set(\.source, "output_plugin_libraries", "test_decoding") } == [])
        #expect(
            codes {
                $0.plan.replication.plugin = Located(.pgoutput)
                $0.set(\.source, "output_plugin_libraries", "test_decoding")
            } == ["SK705"])
    }

    @Test("a partitioned table with a key is published for its partitions")
    func partitions() {
        let found = codes { fixture in
            let root = fixture.source.addTable("p", kind: .partitionedTable, partitionKey: "RANGE (id)")
            fixture.source.addPrimaryKey("p_pkey", on: root, ["id"])
            let part = fixture.source.addTable("p1", partitionOf: root)
            fixture.source.addPrimaryKey("p1_pkey", on: part, ["id"])
        }
        #expect(found == ["SK407"])
    }

    @Test("the time that copying again takes is told with the tables it is about")
    func recopy() throws {
        var fixture = CheckFixture()
        fixture.goLive()
        fixture.source.addTable("log", [.init("line", .text)], bytes: 60_000_000 * 600)
        let finding = try #require(fixture.findings.first { $0.code == "SK710" })
        #expect(
            finding.detail
                == "It has no usable primary key. During the downtime, `cutover` compares it (33 GB); where rows were "
                + "updated or deleted, copying again takes about 10 minutes.")
    }

    @Test("a live migration needs more connections")
    func connections() {
        var fixture = CheckFixture()
        #expect(fixture.context.neededConnections(.source) == 7)
        #expect(fixture.context.neededConnections(.target) == 10)
        fixture.goLive()
        #expect(fixture.context.neededConnections(.source) == 13)
        #expect(fixture.context.neededConnections(.target) == 14)
        fixture.plan.replication.applyJobs = Located(4)
        #expect(fixture.context.neededConnections(.target) == 16)
        fixture.editServer(\.source) { $0.usedConnections = 93 }
        let finding = fixture.findings.first
        #expect(finding?.code == "SK106")
        #expect(finding?.detail?.hasSuffix("Needed: two for each of 4 table jobs and 5 more.") == true)
        #expect(finding?.cure?.hasPrefix("Say `copy: {table-jobs: 1}` in the plan") == true)
    }
}
