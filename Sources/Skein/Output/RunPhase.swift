/// What a run is at, told from the kinds of tasks that begin. Phases overlap: indexes are built while other tables are
/// still copied.
enum RunPhase: Int, CaseIterable, Comparable {
    case schema, copying, indexing, keys, finishing, verifying

    /// Nil for work that goes on all the time: a table is analysed as soon as it is copied.
    init?(task id: String) {
        switch id.prefix(while: { $0 != ":" }) {
        case "dump-schema", "extension", "pre-data", "hypertable": self = .schema
        case "copy", "large-objects": self = .copying
        case "index", "constraint", "attach-indexes": self = .indexing
        case "foreign-key", "validate": self = .keys
        case "verify": self = .verifying
        case "analyze": return nil
        default: self = .finishing
        }
    }

    var title: String {
        switch self {
        case .schema: "schema: types, tables, hypertables"
        case .copying: "copying rows"
        case .indexing: "building indexes and keys"
        case .keys: "adding foreign keys"
        case .finishing: "finishing: views, triggers, sequences, statistics"
        case .verifying: "comparing source and target"
        }
    }

    static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
