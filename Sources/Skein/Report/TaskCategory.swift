/// Kinds of tasks as a report colours and names them.
enum TaskCategory: String, CaseIterable {
    case structure, copy, index, keys, upkeep, stream, verify

    /// - Parameter kind: as it begins a task's id.
    init(kind: String) {
        self =
            switch kind {
            case "copy", "large-objects", "recopy", "fill", "chunks", "extension-rows": .copy
            case "index", "constraint", "attach-indexes", "drop-index": .index
            case "foreign-key", "validate": .keys
            case "sequences", "refresh", "analyze", "vacuum": .upkeep
            case "follow", "catch-up", "gate", "fence", "marker", "drain", "complete", "prepare-source", "slot": .stream
            case "verify", "source-unchanged": .verify
            default: .structure
            }
    }

    var title: String {
        switch self {
        case .structure: "structure"
        case .copy: "copying rows"
        case .index: "indexes and keys"
        case .keys: "foreign keys"
        case .upkeep: "sequences, views, statistics"
        case .stream: "stream and cutover"
        case .verify: "comparing"
        }
    }

    /// What a kind of task does, in words.
    static func words(_ kind: String) -> String { names[kind] ?? kind.replacing("-", with: " ") }

    private static let names = [
        "dump-schema": "reading the structure", "roles": "roles", "database": "settings of the database",
        "extension": "extensions", "extension-rows": "rows of extensions", "pre-data": "tables, types, functions",
        "hypertable": "making hypertables", "partitions": "making partitions", "copy": "copying rows",
        "large-objects": "large objects", "index": "building indexes", "constraint": "primary keys and constraints",
        "attach-indexes": "attaching indexes", "foreign-key": "foreign keys", "validate": "checking foreign keys",
        "sequences": "sequences", "post-data": "rules, triggers, policies", "refresh": "materialized views",
        "analyze": "statistics (ANALYZE)", "vacuum": "visibility maps (VACUUM)", "event-triggers": "event triggers",
        "owners": "owners", "privileges": "privileges", "policies": "columnstore and retention",
        "source-unchanged": "was the source written to", "verify": "comparing with the source",
        "prepare-source": "publications on the source", "slot": "slot on the source",
        "follow": "start of applying changes", "catch-up": "catching up", "gate": "approval of the cutover",
        "fence": "fence", "marker": "marker", "drain": "drain: the rest of the stream",
        "recopy": "tables without identity again", "chunks": "chunks dropped on the source",
        "aggregate": "continuous aggregates", "fill": "rows of continuous aggregates",
        "aggregate-views": "views of aggregates", "timescale": "TimescaleDB settings",
        "drop-index": "auxiliary indexes", "triggers": "triggers, rules, policies", "complete": "completion",
        // Parts of the downtime.
        "copy-again": "tables without identity again", "indexes": "indexes", "constraints": "constraints",
        "foreign-keys": "foreign keys", "views": "materialized views", "completion": "completion",
    ]
}
