import Catalog
@testable import PlanFile
import Testing

@testable import Planning

@Suite("A live plan in words")
struct LivePlanTextTests {
    let target = CatalogBuilder(versionNumber: 170_011).catalog

    private func document(_ plan: Plan, _ source: Catalog) -> PlanDocument {
        let compilation = Compiler.compile(plan, source: source, target: target)
        return PlanDocument(
            plan, source: source, target: target, selection: compilation.selection, graph: compilation.graph,
            diagnostics: compilation.diagnostics)
    }

    /// The IoT platform with a table that nothing names the rows of, a deferrable key and large objects.
    private var source: Catalog {
        var source = iotCatalog()
        var more = CatalogBuilder()
        more.addTable("before")
        let metrics = more.addTable("metrics", [.init("n", .int8)], bytes: 90 << 20)
        more.addIndex("metrics_n_idx", on: metrics, ["n"])
        let slots = more.addTable("slots", [.init("id", .int8, notNull: true), .init("place", .int8)])
        more.addPrimaryKey("slots_pkey", on: slots, ["id"])
        more.addKey("slots_place_key", on: slots, ["place"], kind: .unique, deferrable: true, bytes: 3 << 20)
        // Other object ids than the first catalog's.
        func moved(_ oid: OID) -> OID { oid + 1000 }
        for var relation in more.catalog.relations where relation.name.name != "before" {
            relation.oid = moved(relation.oid)
            source.relations.append(relation)
        }
        for var index in more.catalog.indexes {
            (index.oid, index.table) = (moved(index.oid), moved(index.table))
            index.constraint = index.constraint.map(moved)
            source.indexes.append(index)
        }
        for var constraint in more.catalog.constraints {
            (constraint.oid, constraint.table) = (moved(constraint.oid), moved(constraint.table))
            constraint.index = constraint.index.map(moved)
            source.constraints.append(constraint)
        }
        source.largeObjectCount = 12
        return source
    }

    @Test("says how the source is followed, and what the downtime is made of")
    func golden() {
        let plan = Plan.live { plan in
            plan.hypertables = [.sample("readings")]
            plan.replication.identity = [.sample("alerts", .full)]
            plan.cutover.verify = Located(.checksums)
        }
        let text = PlanText.render(document(plan, source))
        let sections = text.split(separator: "\n\n").filter {
            $0.hasPrefix("Following") || $0.hasPrefix("Downtime") || $0.hasPrefix("Plan") || $0.hasPrefix("Tasks")
        }
        #expect(
            sections.joined(separator: "\n\n") == """
                Plan iot-production (live): iot on PostgreSQL 15.20 → iot on PostgreSQL 17.11
                  source: PostgreSQL, self-hosted (nothing of a managed service shows)
                  target: PostgreSQL, self-hosted (nothing of a managed service shows)

                Following the source
                  pgoutput, binary: built into PostgreSQL, and publications can be made
                  published: 5 tables, 1 of them for inserts only
                  public.alerts: all columns, as the plan says; on the source, until `clean`: alter table "public"."alerts" replica
                  identity full
                  public.metrics: inserts only: no usable key
                  order: replica identities, publications and slot; structure and copy; plain indexes and the keys that name rows;
                  following, until it has caught up; other unique indexes and foreign keys; the gate, which `cutover` opens

                Downtime, from the fence to the end of the cutover
                  the rest of the stream,
                  comparing 1 table followed for inserts only (90 MB), and copying again those that differ (under a minute),
                  1 unique index that cannot be built before (3 MB), 12 large objects, 1 sequence,
                  1 materialized view to refresh (1 MB), comparing checksums of all rows

                Tasks
                  55 in all, 1 extension, 1 prepare-source, 1 slot, 1 dump-schema, 1 pre-data, 1 hypertable, 7 copy, 7 index,
                  5 constraint, 6 analyze, 1 follow, 1 catch-up, 2 foreign-key, 2 vacuum, 1 validate, 1 gate, 1 fence, 1 marker,
                  1 drain, 1 recopy, 1 large-objects, 1 post-data, 1 triggers, 1 refresh, 1 sequences, 1 event-triggers, 5 verify,
                  1 complete
                """)
    }

    @Test("says the same to machines")
    func json() throws {
        let plan = Plan.live { $0.replication.identity = [.sample("alerts", .full)] }
        let following = try #require(document(plan, iotCatalog()).following)
        #expect(following.plugin == .pgoutput && following.binary && following.messages)
        #expect(following.published.map(\.name) == ["alerts", "devices", "readings"])
        let alerts = try #require(following.tables.first)
        #expect(alerts.identity == "full" && alerts.columns == nil)
        #expect(alerts.statement == "alter table \"public\".\"alerts\" replica identity full")
        #expect(following.tables[1].columns == ["id"])
        #expect(document(.sample(), iotCatalog()).following == nil)
        #expect(document(.sample(), iotCatalog()).downtime == nil)
    }

    @Test("is drawn with the gate between what goes on and what stops the application")
    func drawn() {
        let graph = Compiler.compile(.live(), source: source, target: target).graph
        let (mermaid, dot) = (graph.mermaid(), graph.dot(name: "live"))
        for kind in ["prepare-source", "slot", "follow", "catch-up", "gate", "fence", "marker", "drain", "recopy"] {
            #expect(mermaid.contains(kind) && dot.contains(kind))
        }
    }
}
