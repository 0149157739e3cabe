/// When an entry of the dump is restored.
package enum SchemaStage: String, Sendable, Codable, CaseIterable {
    /// Before data: schemas, types, functions, tables, partitions, views, defaults.
    case preData = "pre-data"
    /// A table's index: made by a task of its own, found by OID.
    case index
    /// A primary key, unique or exclusion constraint of a table: made by a task of its own, found by OID.
    case constraint
    /// Likewise.
    case foreignKey = "foreign-key"
    /// `ALTER INDEX … ATTACH PARTITION`.
    case attach
    /// After data: rules, triggers, policies, statistics objects, checks that are not valid, what depends on an index
    /// or a key.
    case postData = "post-data"
    /// Live: what acts on rows (triggers, rules, policies, row security), once nothing is applied any more. Offline it is
    /// part of `postData`.
    case trigger
    /// What reads continuous aggregates, which are made once all rows are there.
    case aggregate
    /// Last of all, because they fire on DDL; and comments on the indexes of materialized views, which come late.
    case eventTrigger = "event-trigger"
    /// Not restored.
    case skip
}

package struct StagedEntry: Sendable, Equatable {
    package var entry: DumpEntry
    package var stage: SchemaStage
    package init(entry: DumpEntry, stage: SchemaStage) {
        self.entry = entry
        self.stage = stage
    }
}
