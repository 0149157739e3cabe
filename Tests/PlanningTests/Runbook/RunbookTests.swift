import Catalog
import Foundation
import PlanFile
import Testing

@testable import Planning

@Suite("The runbook")
struct RunbookTests {
    private let target = CatalogBuilder(versionNumber: 170_011).catalog

    private func book(_ plan: Plan, _ source: Catalog, _ target: Catalog) -> Runbook {
        let compilation = Compiler.compile(plan, source: source, target: target)
        let document = PlanDocument(
            plan, source: source, target: target, selection: compilation.selection, graph: compilation.graph,
            diagnostics: compilation.diagnostics)
        return Runbook(plan: plan, planArgument: "iot.yaml", document: document, source: source, target: target)
    }

    /// Kept in `Snapshots`, so that a change of it is seen by whoever reviews it. `SKEIN_RECORD=1` writes what is said now.
    private func check(_ text: String, _ name: String) throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "Snapshots/\(name).md")
        if ProcessInfo.processInfo.environment["SKEIN_RECORD"] == "1" {
            return try text.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(text == (try String(contentsOf: file, encoding: .utf8)), "not as \(file.path) has it")
    }

    @Test func `offline, between servers of one's own, is as it was reviewed`() throws {
        let plan = Plan.sample { $0.hypertables = [.sample("readings")] }
        try check(book(plan, iotCatalog(), target).markdown(), "offline")
    }

    @Test func `live, from RDS to Tiger Cloud, is as it was reviewed`() throws {
        var source = iotCatalog()
        source.server.roles += ["rdsadmin", "rds_superuser"]
        source.server.isSuperuser = false
        source.server.user = "master"
        source.server.settings["wal_level"] = ProviderTests.setting("replica")
        for index in source.relations.indices where source.relations[index].name.name == "readings" {
            source.relations[index].tableBytes = 700 << 30
        }
        var target = target
        target.server.isSuperuser = false
        target.server.roles += ["tsdbadmin"]
        target.server.settings["tsdb_admin.protected_roles"] = ProviderTests.setting("postgres")
        let plan = Plan.live { plan in
            plan.hypertables = [.sample("readings")]
            plan.cutover.fence = Located(.readOnly)
            plan.cutover.verify = Located(.checksums)
        }
        let text = book(plan, source, target).markdown()
        #expect(text.contains("ParameterName=rds.logical_replication,ParameterValue=1,ApplyMethod=pending-reboot"))
        #expect(text.contains("**Storage above 400 GB is provisioned beforehand**"))
        #expect(text.contains("skein cutover iot.yaml --abort"))
        try check(text, "live-rds")
    }

    @Test func `Without servers it says so, and still has every part`() {
        let problem = Diagnostic(.error, "SK601", "the source refuses |connections|")
        let book = Runbook(
            plan: .live(), planArgument: "iot.yaml", document: nil, source: nil, target: nil, problems: [problem])
        let text = book.markdown()
        #expect(text.contains("**Not from the servers.**"))
        #expect(text.contains("> - the source refuses \\|connections\\|"))
        for part in [
            "## 1. Days before", "## 2. Copying and following", "## 3. The cutover", "### Going back",
            "## "
                + "4. Afterwards",
        ] {
            #expect(text.contains(part))
        }
    }

    @Test func `With a way back kept open, that is how to go back`() {
        let plan = Plan.live { $0.cutover.fallback = Located(true) }
        let text = Runbook(plan: plan, planArgument: "iot.yaml", document: nil, source: nil, target: nil).markdown()
        #expect(text.contains("skein rollback iot.yaml"))
        #expect(!text.contains("the source lacks these writes"))
    }

    @Test func `Names are text, code spans stay code, and no fence is ended by what is in it`() {
        #expect(MarkdownText.escaped("a_b `c_d` <e>") == "a\\_b `c_d` \\<e\\>")
        #expect(MarkdownText.escaped("one ` alone_") == "one ' alone\\_")
        #expect(MarkdownText.block("sql", ["a ``` b"]).first == "````sql")
    }
}
