private import PlanFile

/// Somebody withdrew the rollback while it ran.
package struct RollbackWithdrawn: Error, Sendable { package init() {} }

/// Something goes on writing on the target, so that one marker after the other is not the end of its changes.
struct RollbackLeaks: ToldError {
    var count: Int64
    var isFenced: Bool
    var object: String? { nil }
    var summary: String {
        "something still writes on the target\(isFenced ? " although it is fenced" : ""): \(count) row changes came behind "
            + "the last marker"
    }
    var cure: String? {
        "stop "
            + (isFenced
                ? "what writes past the fence (a role or a session that sets default_transaction_read_only itself)"
                : "the application")
            + ", then run the same command; or withdraw with --abort"
    }
    var mayPass: Bool { false }
}

/// Whoever carries changes back has not counted what came behind the marker.
struct RollbackNotCounted: ToldError {
    var object: String? { nil }
    var summary: String { "nobody has read the target's stream to its end yet" }
    var cure: String? { nil }
    var mayPass: Bool { true }
}

/// The target's tables were changed in a way that its stream does not tell of, and the source is not what it should be.
struct RollbackOutdated: ToldError, Equatable {
    var differences: [SourceDifference]
    var object: String? { differences.first?.table.description }
    var summary: String {
        let more = differences.count > 10 ? " and \(differences.count - 10) more" : ""
        return "tables of the target were changed since the cutover, and the source does not have it: "
            + differences.prefix(10).map { BackWords.exchanged($0.description) }.joined(separator: "; ") + more
    }
    var cure: String? {
        "bring these tables of the source to the target's state (the same statements, rows of new partitions by psql's "
            + "\\copy), then run the same command; or withdraw with --abort"
    }
    var mayPass: Bool { false }
}
