import TestServers
import Testing

@testable import Catalog
@testable import PlanFile
@testable import Planning

@Suite("Checks")
struct CheckTests {
    private static let cases: [CheckCase] =
        ServerCases.all + ConnectionCases.all + RoleCases.all + TargetCases.all + ExtensionCases.all + TableCases.all
        + HypertableCases.all + HypertableKeyCases.all + HypertablePolicyCases.all + PartitionCases.all
        + ExistingTableCases.all + LeftoverCases.all + LiveCases.all + LiveStreamCases.all + TimescaleCases.all
        + WayBackCases.all

    @Test("a sound migration has no findings")
    func sound() {
        #expect(CheckFixture().findings == [])
    }

    @Test("each check strikes on its own case, and no other does", arguments: cases)
    func strikes(_ one: CheckCase) throws {
        var fixture = CheckFixture()
        one.spoil(&fixture)
        let findings = fixture.findings.filter { !one.alongside.contains($0.code) }
        #expect(Set(findings.map(\.code)) == [one.code], "\(findings.map { "\($0.code) \($0.summary)" })")
        let finding = try #require(findings.first)
        #expect(finding.severity == one.severity)
        #expect(!finding.summary.hasSuffix("."))
        #expect(finding.severity == .note || finding.cure != nil, "no cure")
        if let cure = finding.cure {
            #expect(cure.first?.isLowercase == false && [".", ":"].contains(cure.suffix(1)), "\(cure)")
            #expect(cure.hasSuffix(":") == (finding.statement != nil && !cure.contains("below")), "\(cure)")
        }
        #expect(finding.detail.map { $0.hasSuffix(".") } ?? true, "\(finding.detail ?? "")")
        if let statement = one.statement { #expect(finding.statement == statement) }
    }

    @Test("every code is unique, documented, in its range, and struck by a case")
    func codes() {
        let codes = Checks.all.map(\.code)
        #expect(Set(codes).count == codes.count)
        #expect(codes == codes.sorted())
        #expect(Set(Self.cases.map(\.code)) == Set(codes))
        for check in Checks.all {
            #expect(check.code.count == 5 && check.code.hasPrefix("SK"))
            #expect(!check.title.isEmpty && !check.title.hasSuffix("."), "\(check.code)")
            #expect(check.explanation.count > 60, "\(check.code) has no explanation")
            #expect(!check.explanation.contains("\n"), "\(check.code): a paragraph is one line")
            #expect(check.explanation.hasSuffix(".") || check.explanation.hasSuffix(")"), "\(check.code)")
            #expect(Checks.explanation(of: check.code)?.text == check.explanation)
        }
        #expect(Set(ConnectDiagnostics.Failure.allCases.map(\.code)).isDisjoint(with: codes))
        #expect(Checks.explanation(of: "SK999") == nil)
    }

    @Test("findings are sorted worst first, then by code and object, and are the same each time")
    func order() {
        var fixture = CheckFixture()
        for one in Self.cases.prefix(30) { one.spoil(&fixture) }
        let findings = fixture.findings
        #expect(findings == fixture.findings)
        #expect(findings.map(\.severity) == findings.map(\.severity).sorted())
        for (first, second) in zip(findings, findings.dropFirst()) where first.severity == second.severity {
            #expect((first.code, first.object ?? "") <= (second.code, second.object ?? ""))
        }
    }

    @Test("10,000 tables with three indexes each, all of them on the target already, are checked in seconds")
    func large() throws {
        var fixture = CheckFixture()
        fixture.plan.hypertables = []
        let source = fixture.source.catalog
        let table = try #require(source.relations.first { $0.oid == fixture.devices })
        let index = try #require(source.indexes.first { $0.table == fixture.devices })
        var copies: ([Catalog.Relation], [Catalog.Index]) = ([], [])
        for number in 0..<10_000 {
            var relation = table
            relation.oid = OID(100_000 + number * 4)
            relation.name.name = "devices_\(number)"
            copies.0.append(relation)
            for part in 1...3 {
                var own = index
                own.oid = relation.oid + OID(part)
                own.table = relation.oid
                own.name.name = "devices_\(number)_\(part)"
                own.isPrimary = false
                copies.1.append(own)
            }
        }
        fixture.source.edit { $0.relations += copies.0 }
        fixture.source.edit { $0.indexes += copies.1 }
        fixture.target.edit { $0.relations += copies.0 }
        fixture.target.edit { $0.indexes += copies.1 }
        fixture.goLive()
        let context = fixture.context
        var findings: [Diagnostic] = []
        let time = ProcessorTime.measure { findings = Checks.run(context) }
        #expect(findings.filter { $0.code == "SK601" }.count == 1)
        #expect(findings.filter { $0.code == "SK710" }.count == 1)
        // In a debug build; a release build takes a tenth.
        #expect(time < .seconds(5))
    }
}
