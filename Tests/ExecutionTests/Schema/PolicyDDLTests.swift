import Execution
import Testing

@testable import PlanFile
@testable import Planning

@Suite("Columnstore and retention as statements")
struct PolicyDDLTests {
    private func policies() throws -> HypertablePolicies {
        let entry = Plan.Hypertable(
            location: nil, table: Located(QualifiedName(schema: "S", name: "it's")), timeColumn: Located("t"),
            chunkInterval: nil, space: nil, primaryKey: nil,
            columnstore: Plan.Columnstore(
                segmentBy: [Located("a'b")],
                orderBy: [
                    Located(Plan.OrderedColumn(column: "t", descending: true, nullsFirst: false)),
                    Located(Plan.OrderedColumn(column: "n", descending: false, nullsFirst: nil)),
                ], after: Located(PlanDuration(days: 30, text: "30 days"))),
            retention: Plan.Retention(dropAfter: Located(PlanDuration(months: 24, text: "2 years"))),
            fromPartitions: Located(false), to: nil)
        guard let policies = HypertablePolicies(entry) else { throw Missing() }
        return policies
    }

    private struct Missing: Error {}

    @Test(
        "In the words of the columnstore from TimescaleDB 2.18 on, of compression before",
        arguments: ["2.17.2", "2.18.0", "2.31.0", "3.0"])
    func words(_ version: String) throws {
        let statements = PolicyDDL.statements(try policies(), version: version, extensionSchema: "ts")
        let table = "'\"S\".\"it''s\"'::pg_catalog.regclass"
        let isOld = version == "2.17.2"
        #expect(
            statements == [
                isOld
                    ? "alter table \"S\".\"it's\" set (timescaledb.compress = true, timescaledb.compress_segmentby = '\"a''b\"', "
                        + "timescaledb.compress_orderby = '\"t\" DESC NULLS LAST, \"n\"')"
                    : "alter table \"S\".\"it's\" set (timescaledb.enable_columnstore = true, timescaledb.segmentby = '\"a''b\"', "
                        + "timescaledb.orderby = '\"t\" DESC NULLS LAST, \"n\"')",
                isOld
                    ? "select \"ts\".add_compression_policy(\(table), compress_after => '30 days'::pg_catalog.interval, "
                        + "if_not_exists => true)"
                    : "call \"ts\".add_columnstore_policy(\(table), after => '30 days'::pg_catalog.interval, "
                        + "if_not_exists => true)",
                "select \"ts\".add_retention_policy(\(table), drop_after => '2 years'::pg_catalog.interval, if_not_exists => true)",
            ])
    }

    @Test("What the plan does not say is left to TimescaleDB")
    func silent() throws {
        var policies = try policies()
        policies.dropAfter = nil
        policies.columnstore = HypertablePolicies.Columnstore(segmentBy: [], orderBy: [], after: nil)
        #expect(
            PolicyDDL.statements(policies, version: "2.19.3", extensionSchema: "public") == [
                "alter table \"S\".\"it's\" set (timescaledb.enable_columnstore = true)"
            ])
    }
}
