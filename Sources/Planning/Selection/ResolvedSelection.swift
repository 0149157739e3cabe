package import Catalog
package import PlanFile

/// What a plan's `select`, `copy.skip-table-data` and the other lists of names come to on one source: each object that
/// is migrated, and each that is not.
package struct ResolvedSelection: Sendable, Equatable {
    /// Sorted by name, as in the catalog.
    package var relations: [Catalog.Relation] = []
    /// Of selected relations; those of constraints included, invalid ones left out.
    package var indexes: [Catalog.Index] = []
    /// Of selected relations.
    package var constraints: [Catalog.Constraint] = []
    package var sequences: [Catalog.Sequence] = []
    package var extensions: [Catalog.Extension] = []
    package var eventTriggers: [String] = []
    /// Functions, types and everything else outside the lists above.
    package var objects: [Catalog.SchemaObject] = []
    /// Relations whose structure alone is migrated.
    package var withoutData: Set<OID> = []
    package var exclusions = Exclusions()
    /// Tables that are on the target already, as the plan says.
    package var existing: Set<OID> = []
    /// What becomes one hypertable each, by the root's oid. `relations` has the root as one plain table, and nothing of
    /// what is below it.
    package var families: [OID: PartitionFamily] = [:]
    /// Everything that is left out because of what the plan excludes, and every entry that matches nothing.
    package var diagnostics: [Diagnostic] = []

    /// What `plan` selects of `source`.
    package init(_ plan: Plan, source: Catalog) {
        var resolver = SelectionResolver(plan: plan, source: source)
        self = resolver.resolve()
    }

    init() {}

    /// The tables of the source whose rows go to a selected relation: itself, or what becomes part of it.
    package func sources(of relation: Catalog.Relation) -> [Catalog.Relation] {
        families[relation.oid]?.parts ?? [relation]
    }

    /// Every table of the source that holds rows which are moved.
    package var copiedTables: [Catalog.Relation] {
        relations.filter { $0.kind == .table }.flatMap(sources).filter {
            $0.kind == .table && !withoutData.contains($0.oid)
        }
    }
}
