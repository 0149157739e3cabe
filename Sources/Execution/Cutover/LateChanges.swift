package import PlanFile

/// What it means that changes of followed tables committed on the source behind the marker: they are on no target.
package enum LateChanges: Sendable, Equatable {
    /// Nobody has counted yet.
    case notCounted
    case none
    case counted(Int64)

    /// - Parameter count: as the follower counted up to the second marker; nil before.
    package init(_ count: Int64?) {
        self = count.map { $0 > 0 ? .counted($0) : .none } ?? .notCounted
    }

    package enum Verdict: Sendable, Equatable {
        /// The count comes.
        case wait
        case complete
        /// Complete as far as the plan asks for.
        case warn(String)
        /// Something wrote past the fence.
        case refuse(LateWrites)
    }

    package func verdict(_ fence: Plan.Cutover.Fence) -> Verdict {
        switch (self, fence) {
        case (.notCounted, _): .wait
        case (.none, _): .complete
        case (.counted(let count), .none):
            .warn(
                "\(count) \(count == 1 ? "row was" : "rows were") changed on the source behind the marker, and these "
                    + "changes are not on the target: the application was still writing (`fence: none`)")
        case (.counted(let count), .readOnly): .refuse(LateWrites(count: count))
        }
    }
}

/// The fence leaked: the cutover is not complete.
package struct LateWrites: ToldError, Equatable {
    package var count: Int64

    package init(count: Int64) { self.count = count }

    package var object: String? { nil }
    package var summary: String {
        "\(count) \(count == 1 ? "row was" : "rows were") changed on the source behind the marker although it is fenced, "
            + "and these changes are not on the target"
    }
    package var cure: String? {
        "run `skein cutover --abort`, after which the migration follows again; stop what writes past the fence (a role or "
            + "a session that sets default_transaction_read_only itself), then run `skein cutover` again"
    }
    package var mayPass: Bool { false }
}
