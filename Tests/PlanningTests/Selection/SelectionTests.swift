@testable import PlanFile
import Testing

@testable import Catalog
@testable import Planning

@Suite("What a plan selects")
struct SelectionTests {
    typealias Column = CatalogBuilder.Column

    func select(_ catalog: Catalog, _ change: (inout Plan) -> Void = { _ in }) -> ResolvedSelection {
        ResolvedSelection(.sample(change), source: catalog)
    }

    func names(_ selection: ResolvedSelection) -> [String] { selection.relations.map(\.name.description) }

    /// `code: summary` of each diagnostic.
    func told(_ selection: ResolvedSelection) -> [String] { selection.diagnostics.map { "\($0.code): \($0.summary)" } }

    /// A reading of tables, views over views, a function and a materialized view.
    func chain() -> (catalog: Catalog, table: OID, function: OID) {
        var builder = CatalogBuilder()
        let table = builder.addTable("t")
        builder.addPrimaryKey("t_pkey", on: table, ["id"])
        builder.addSequence("t_id_seq", ownedBy: table, column: 1)
        builder.addTrigger("changed", on: table)
        let other = builder.addTable("other")
        builder.addForeignKey("other_t_fkey", on: other, ["id"], references: table, ["id"])
        let view = builder.addView("v", reads: [table])
        let materialized = builder.addView("m", reads: [view], materialized: true)
        builder.addIndex("m_id_idx", on: materialized, ["id"])
        let function = builder.addObject("function", "public.f(public.v)", catalog: "pg_proc")
        builder.addDependency(of: ("pg_proc", function), on: ("pg_class", view))
        builder.addView("w", reads: [other])
        return (builder.catalog, table, function)
    }

    @Test("is everything where it says nothing")
    func everything() {
        let catalog = chain().catalog
        let selection = select(catalog)
        #expect(selection.relations == catalog.relations)
        #expect(selection.indexes == catalog.indexes)
        #expect(selection.constraints == catalog.constraints)
        #expect(selection.sequences == catalog.sequences)
        #expect(selection.exclusions == Exclusions())
        #expect(selection.diagnostics.isEmpty)
    }

    @Test("leaves out what depends on an excluded table, and names each thing")
    func dependents() {
        let (catalog, table, function) = chain()
        let selection = select(catalog) { $0.select.tables.exclude = tables("public.t") }
        #expect(names(selection) == ["public.other", "public.w"])
        #expect(
            Set(told(selection)) == [
                "SK151: view public.v is left out because it reads public.t, which the plan excludes",
                "SK151: materialized view public.m is left out because it reads public.v, which is left out too",
                "SK151: function public.f(public.v) is left out because it needs public.v, which is left out too",
                "SK153: foreign key other_t_fkey of public.other is left out because public.t is not migrated",
            ])
        #expect(selection.diagnostics.allSatisfy { $0.severity == .warning })
        let excluded = Set(selection.exclusions.objects)
        #expect(excluded.contains(ExcludedObject(catalog: "pg_class", oid: table)))
        #expect(excluded.contains(ExcludedObject(catalog: "pg_proc", oid: function)))
        for (system, oids) in [
            ("pg_trigger", catalog.triggers.map(\.oid)), ("pg_constraint", catalog.constraints.map(\.oid)),
            ("pg_class", catalog.sequences.map(\.oid) + catalog.indexes.map(\.oid)),
        ] {
            for oid in oids { #expect(excluded.contains(ExcludedObject(catalog: system, oid: oid))) }
        }
        #expect(selection.exclusions.objects.count == 10)
        #expect(selection.sequences.isEmpty && selection.constraints.isEmpty && selection.indexes.isEmpty)
    }

    @Test("leaves a schema out with all that is in it and all that needs it")
    func schemas() {
        var builder = CatalogBuilder()
        builder.addSchema("audit")
        let log = builder.addTable("audit.log")
        builder.addSequence("audit.numbers")
        builder.addView("recent", reads: [log])
        let trigger = builder.addObject("function", "audit.note()", catalog: "pg_proc", schema: "audit")
        let table = builder.addTable("t")
        builder.addTrigger("note", on: table, function: trigger)
        let selection = select(builder.catalog) {
            $0.select.schemas.exclude = [Located(pattern("audit"))]
        }
        #expect(names(selection) == ["public.t"])
        #expect(selection.exclusions.schemas == ["audit"])
        #expect(selection.sequences.isEmpty)
        #expect(
            told(selection) == [
                "SK151: view public.recent is left out because it reads audit.log, which the plan excludes",
                "SK151: trigger note of public.t is left out because it needs function audit.note(), which the plan "
                    + "excludes",
            ])
    }

    @Test("restricts schemas to those that it includes")
    func includedSchemas() {
        var builder = CatalogBuilder()
        builder.addSchema("audit")
        builder.addTable("audit.log")
        builder.addTable("t")
        let selection = select(builder.catalog) { $0.select.schemas.include = [Located(pattern("pub*"))] }
        #expect(names(selection) == ["public.t"])
        #expect(selection.exclusions.schemas == ["audit"])
        #expect(selection.diagnostics.isEmpty)
    }

    @Test("restricts tables to those that it includes; views follow what they read, partitions their parents")
    func includedTables() {
        var builder = CatalogBuilder()
        let parent = builder.addTable("measures", kind: .partitionedTable, partitionKey: "RANGE (id)")
        builder.addTable("measures_1", partitionOf: parent)
        let other = builder.addTable("other")
        builder.addView("of_measures", reads: [parent])
        builder.addView("of_other", reads: [other])
        let selection = select(builder.catalog) { $0.select.tables.include = tables("public.measures") }
        #expect(names(selection) == ["public.measures", "public.measures_1", "public.of_measures"])
        #expect(
            told(selection) == [
                "SK151: view public.of_other is left out because it reads public.other, which the plan excludes"
            ])
    }

    @Test("refuses entries that match nothing, with what was probably meant")
    func misses() {
        let catalog = chain().catalog
        let selection = select(catalog) { plan in
            plan.select.schemas.include = [Located(pattern("pubic"), at: Plan.at(1))]
            plan.select.schemas.exclude = [Located(pattern("audit"), at: Plan.at(2))]
            plan.select.tables.exclude = tables("public.othr", "nowhere.*")
            plan.select.excludedIndexes = tables("public.t_pky")
            plan.select.excludedExtensions = [Located(pattern("postgis"), at: Plan.at(3))]
            plan.copy.skipTableData = tables("public.v")
            plan.hypertables = [.sample("T")]
            plan.replication.identity = [
                .init(
                    table: Located(QualifiedName(schema: "public", name: "metrics"), at: Plan.at(9)),
                    choice: Located(.full))
            ]
        }
        let errors = selection.diagnostics.filter { $0.code == "SK150" }
        #expect(errors.allSatisfy { $0.severity == .error && $0.location != nil })
        #expect(
            errors.map(\.summary) == [
                "`select.schemas.include` names pubic, but the source has no such schema",
                "`select.schemas.exclude` names audit, but the source has no such schema",
                "`select.tables.exclude` names public.othr, but the source has no such table or view",
                "`select.tables.exclude` names nowhere.*, but the source has no such table or view",
                "`select.extensions.exclude` names postgis, but the source has no such extension",
                "`select.indexes.exclude` names public.t_pky, but the source has no such index",
                "`copy.skip-table-data` names public.v, but the source has no such table or materialized view",
                "`hypertables` names public.\"T\", but the source has no such table",
                "`replication.identity` names public.metrics, but the source has no such table",
            ])
        #expect(errors[0].cure == "Did you mean public?")
        #expect(errors[2].cure == "Did you mean public.other?")
        #expect(errors[5].cure == "Did you mean public.t_pkey?")
    }

    @Test("says which entries name only what is not migrated anyway")
    func noEffect() {
        let selection = select(chain().catalog) { plan in
            plan.select.tables.exclude = tables("public.t", "public.other")
            plan.copy.skipTableData = tables("public.t")
            plan.hypertables = [.sample("other")]
        }
        #expect(
            selection.diagnostics.filter { $0.code == "SK157" }.map(\.summary) == [
                "`copy.skip-table-data` names public.t, which is not migrated anyway",
                "`hypertables` names public.other, which is not migrated anyway",
            ])
    }

    @Test("excludes partitions and children with their parent, with a warning; one that is asked for is an error")
    func children() {
        var builder = CatalogBuilder()
        let parent = builder.addTable("p", kind: .partitionedTable, partitionKey: "RANGE (id)")
        let middle = builder.addTable("p_1", kind: .partitionedTable, partitionOf: parent, partitionKey: "LIST (id)")
        let leaf = builder.addTable("p_1_1", partitionOf: middle)
        builder.addSequence("p_1_1_seq", ownedBy: leaf, column: 1)
        let base = builder.addTable("base")
        builder.addTable("child", inherits: [base])
        let selection = select(builder.catalog) { $0.select.tables.exclude = tables("public.p", "public.base") }
        #expect(selection.relations.isEmpty && selection.sequences.isEmpty)
        #expect(
            Set(told(selection)) == [
                "SK151: partitioned table public.p_1 is left out because it is a partition of public.p, which the plan "
                    + "excludes",
                "SK151: partition public.p_1_1 is left out because it is a partition of public.p_1, which is left out "
                    + "too",
                "SK151: table public.child is left out because it inherits from public.base, which the plan excludes",
            ])
        let refused = select(builder.catalog) { $0.select.tables.include = tables("public.child") }
        #expect(refused.diagnostics.map(\.code) == ["SK152"])
        #expect(
            refused.diagnostics[0].summary
                == "table public.child cannot be migrated: it is a child of public.base, which the plan excludes")
    }

    @Test("refuses to exclude what a table is built on")
    func cannotExist() {
        var builder = CatalogBuilder()
        let postgis = builder.addExtension("postgis")
        let topology = builder.addExtension("postgis_topology")
        builder.addDependency(of: ("pg_extension", topology), on: ("pg_extension", postgis))
        let table = builder.addTable("places")
        builder.addDependency(of: ("pg_class", table), on: ("pg_extension", postgis))
        let selection = select(builder.catalog) {
            $0.select.excludedExtensions = [Located(pattern("postgis"), at: Plan.at(4))]
        }
        #expect(
            told(selection) == [
                "SK152: table public.places cannot be migrated: it is built on extension postgis, which the plan "
                    + "excludes",
                "SK151: extension postgis_topology is left out because it needs extension postgis, which the plan "
                    + "excludes",
            ])
        #expect(selection.exclusions.extensions == ["postgis", "postgis_topology"])
        #expect(selection.extensions.isEmpty)
    }

    @Test("leaves out indexes and policies of selected tables alone where what they need is excluded")
    func parts() {
        var builder = CatalogBuilder()
        let gist = builder.addExtension("btree_gist")
        let table = builder.addTable("stays")
        let key = builder.addKey("stays_excl", on: table, ["id"], kind: .exclusion)
        let index = builder.catalog.indexes[0].oid
        builder.addDependency(of: ("pg_class", index), on: ("pg_extension", gist))
        let selection = select(builder.catalog) { $0.select.excludedExtensions = [Located(pattern("btree*"))] }
        #expect(names(selection) == ["public.stays"])
        #expect(selection.indexes.isEmpty && selection.constraints.isEmpty)
        #expect(selection.exclusions.objects.contains(ExcludedObject(catalog: "pg_constraint", oid: key)))
        #expect(
            told(selection) == [
                "SK151: index public.stays_excl is left out because it needs extension btree_gist, which the plan "
                    + "excludes"
            ])
    }

    @Test("does not take a foreign key for a reason to leave a table out")
    func foreignKeysAlone() {
        var builder = CatalogBuilder()
        let devices = builder.addTable("devices")
        builder.addPrimaryKey("devices_pkey", on: devices, ["id"])
        let readings = builder.addTable("readings")
        let key = builder.addForeignKey("fk", on: readings, ["id"], references: devices, ["id"])
        // The reader lets a constraint stand as its table.
        builder.addDependency(of: ("pg_class", readings), on: ("pg_class", devices))
        let selection = select(builder.catalog) { $0.select.tables.exclude = tables("public.devices") }
        #expect(names(selection) == ["public.readings"])
        #expect(selection.constraints.isEmpty)
        #expect(selection.exclusions.objects.contains(ExcludedObject(catalog: "pg_constraint", oid: key)))
        #expect(selection.diagnostics.map(\.code) == ["SK153"])
    }

    @Test("excludes an index with the constraint it serves and the foreign keys that need it")
    func indexes() {
        var builder = CatalogBuilder()
        let devices = builder.addTable("devices")
        builder.addPrimaryKey("devices_pkey", on: devices, ["id"])
        builder.addIndex("devices_id_idx", on: devices, ["id"])
        let readings = builder.addTable("readings")
        let key = builder.addForeignKey("fk", on: readings, ["id"], references: devices, ["id"])
        builder.edit { catalog in
            let index = catalog.indexes[0].oid
            for position in catalog.constraints.indices where catalog.constraints[position].oid == key {
                catalog.constraints[position].index = index
            }
        }
        let selection = select(builder.catalog) { $0.select.excludedIndexes = tables("public.devices_*") }
        #expect(selection.indexes.isEmpty && selection.constraints.isEmpty)
        #expect(
            told(selection) == [
                "SK151: constraint devices_pkey of public.devices is left out because it needs index "
                    + "public.devices_pkey, which the plan excludes",
                "SK153: foreign key fk of public.readings is left out because the key of public.devices is not "
                    + "migrated",
            ])
    }

    @Test("excludes a partitioned index with its parts, and refuses a part alone")
    func partitionedIndexes() {
        var builder = CatalogBuilder()
        let parent = builder.addTable("p", kind: .partitionedTable, partitionKey: "RANGE (id)")
        let index = builder.addIndex("p_idx", on: parent, ["id"])
        let leaf = builder.addTable("p_1", partitionOf: parent)
        builder.addIndex("p_1_idx", on: leaf, ["id"], parent: index)
        let whole = select(builder.catalog) { $0.select.excludedIndexes = tables("public.p_idx") }
        #expect(whole.indexes.isEmpty && whole.diagnostics.isEmpty)
        let part = select(builder.catalog) { $0.select.excludedIndexes = tables("public.p_1_idx") }
        #expect(part.diagnostics.map(\.code) == ["SK154"])
        #expect(part.diagnostics[0].location == Plan.at(3))
    }

    @Test("leaves invalid indexes out, but not those of partitioned tables, as pg_dump does")
    func invalidIndexes() {
        var builder = CatalogBuilder()
        let table = builder.addTable("t")
        builder.addIndex("t_idx_ccnew", on: table, ["id"], valid: false)
        let parent = builder.addTable("p", kind: .partitionedTable, partitionKey: "RANGE (id)")
        builder.addIndex("p_idx", on: parent, ["id"], valid: false)
        let selection = select(builder.catalog)
        #expect(selection.indexes.map(\.name.name) == ["p_idx"])
        #expect(selection.diagnostics.map(\.code) == ["SK155"])
        #expect(selection.diagnostics[0].statement == "drop index \"public\".\"t_idx_ccnew\";")
    }

    @Test("skips the data of tables and their partitions, not their structure")
    func withoutData() {
        var builder = CatalogBuilder()
        let parent = builder.addTable("p", kind: .partitionedTable, partitionKey: "RANGE (id)")
        let leaf = builder.addTable("p_1", partitionOf: parent)
        let table = builder.addTable("log_2024")
        builder.addTable("logs")
        let selection = select(builder.catalog) { $0.copy.skipTableData = tables("public.p", "public.log_*") }
        #expect(selection.withoutData == [parent, leaf, table])
        #expect(selection.relations.count == 4)
    }

    @Test("leaves an event trigger out with its function")
    func eventTriggers() {
        var builder = CatalogBuilder()
        builder.addSchema("audit")
        let function = builder.addObject("function", "audit.note()", catalog: "pg_proc", schema: "audit")
        let trigger = builder.addObject("event trigger", "note", catalog: "pg_event_trigger", schema: nil)
        builder.addDependency(of: ("pg_event_trigger", trigger), on: ("pg_proc", function))
        builder.edit { $0.eventTriggers = ["note", "other"] }
        let selection = select(builder.catalog) { $0.select.schemas.exclude = [Located(pattern("audit"))] }
        #expect(selection.eventTriggers == ["other"])
    }
}

@Suite("A misspelt name")
struct NearestNameTests {
    @Test(
        "is near what was meant, if anything",
        arguments: [
            ("public.redings", "public.readings"), ("readings", nil), ("PUBLIC.READINGS", "public.readings"),
            ("public.alert", "public.alerts"), ("", nil), ("public.configurations_of_devices", nil),
        ] as [(String, String?)]
    )
    func nearest(text: String, expected: String?) {
        #expect(NearestName.of(text, among: ["public.readings", "public.alerts", "audit.log"]) == expected)
    }
}
