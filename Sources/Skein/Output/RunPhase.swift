/// What a run is at, told from the kinds of tasks that begin. Phases overlap: indexes are built while other tables are
/// still copied.
enum RunPhase: Int, CaseIterable, Comparable {
    case source, schema, copying, indexing, catchingUp, keys, cutover, finishing, verifying

    /// Nil for work that goes on all the time: a table is analysed as soon as it is copied. In live mode, what is behind
    /// the gate belongs to the cutover, which is told by itself.
    init?(task id: String, isLive: Bool = false) {
        switch id.prefix(while: { $0 != ":" }) {
        case "prepare-source", "slot": self = .source
        case "dump-schema", "extension", "pre-data", "hypertable", "partitions": self = .schema
        case "copy", "large-objects": self = .copying
        case "index", "constraint", "attach-indexes": self = .indexing
        case "follow", "catch-up": self = .catchingUp
        case "foreign-key", "validate": self = .keys
        case "gate": return nil
        case "fence", "marker", "drain", "chunks", "recopy", "complete": self = .cutover
        case "verify": self = .verifying
        case "analyze": return nil
        default:
            if isLive { return nil }
            self = .finishing
        }
    }

    var title: String {
        switch self {
        case .source: "preparing the source: identities, publications, slot"
        case .schema: "schema: types, tables, hypertables"
        case .copying: "copying rows"
        case .indexing: "building indexes and keys"
        case .catchingUp: "catching up with the source"
        case .keys: "adding foreign keys"
        case .cutover: "cutover"
        case .finishing: "finishing: views, triggers, sequences, statistics"
        case .verifying: "comparing source and target"
        }
    }

    static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
