package import PlanFile
private import Planning
private import Postgres

/// `skein cutover` from any terminal: the gate is a row in the state, which whoever follows the source looks at several
/// times a second. Where nobody follows, the command runs the engine itself (`RunContext.opensGate`).
package struct CutoverOperation: Sendable {
    private let plan: Plan

    package init(_ plan: Plan) { self.plan = plan }

    /// Where the migration's cutover stands.
    package enum Standing: Sendable, Equatable {
        case notStarted
        /// The gate is closed; ready or not.
        case closed(CutoverReadiness)
        /// A process follows: whether anybody does is for the caller to act on.
        case open(isFollowed: Bool)
        case withdrawn(isFollowed: Bool)
        case completed(CutoverReport)
    }

    /// Whether a process follows the source right now: then it does the cutover, else the command itself must.
    package func isFollowed() async throws -> Bool {
        let name = plan.name.value.text
        return try await target { target in
            guard let record = try StateStore(target).migration(named: name) else { return false }
            return try CutoverState(target, record.id).isFollowed()
        }
    }

    /// - Throws: `DiagnosticsError`, `ServerRefusal`.
    package func standing() async throws -> Standing {
        let name = plan.name.value.text
        let seen = try await target { target -> (Standing?, CutoverReadiness.Facts?) in
            guard let record = try StateStore(target).migration(named: name) else { return (.notStarted, nil) }
            return try CutoverState(target, record.id).look()
        }
        if let standing = seen.0 { return standing }
        guard var facts = seen.1 else { return .notStarted }
        facts.preparedTransactions = try await preparedTransactions()
        return .closed(CutoverReadiness(facts, maxLag: plan.cutover.maxLag.value.approximateSeconds))
    }

    /// Opens the gate where it is time.
    /// - Parameters:
    ///   - fence: the plan's, or what the command line says instead.
    ///   - wait: how long open transactions are waited for, seconds.
    /// - Returns: where it stands then: `open`, `completed`, or `closed` with what stands against it.
    package func request(fence: Plan.Cutover.Fence, wait: Double) async throws -> Standing {
        let standing = try await standing()
        guard case .closed(let readiness) = standing, readiness.isReady else { return standing }
        let name = plan.name.value.text
        try await target { target in
            try target.durably {
                guard let record = try StateStore(target).migration(named: name) else { return }
                try CutoverStore(target, migration: record.id).request(fence: fence, waitSeconds: wait)
            }
        }
        return .open(isFollowed: true)
    }

    /// Withdraws a cutover: whoever follows undoes what was done of it, then or when `migrate` runs next.
    /// - Returns: whether there was one.
    /// - Throws: `CutoverIsComplete`.
    @discardableResult
    package func withdraw() async throws -> Bool {
        let name = plan.name.value.text
        return try await target { target in
            try target.durably {
                guard let record = try StateStore(target).migration(named: name) else { return false }
                return try CutoverLog(target, record.id).abandon()
            }
        }
    }

    /// How a cutover ended that another process does.
    package enum Ending: Sendable, Equatable {
        case completed(CutoverReport)
        /// Withdrawn and undone: the migration follows again.
        case abandoned
        /// Verification found differences; the fence stays.
        case differs([String])
        /// The process that did it has ended before: with the last errors of its tasks.
        case left(errors: [String])
    }

    /// What is told while one waits: the ids of the cutover's tasks, as they are done.
    package typealias Told = @Sendable (_ done: String) -> Void

    /// Waits until a cutover has ended. Cancelling the task only ends the waiting.
    package func watch(tell: Told) async throws -> Ending {
        let name = plan.name.value.text
        let session = Session(
            try ConnectionTarget(plan.target.uri.value), applicationName: "skein/\(name)/cutover")
        var told: Set<String> = []
        var unfollowed = 0
        while true {
            let seen = try await session.run { target -> CutoverState.Progress in
                guard let record = try StateStore(target).migration(named: name) else {
                    throw StateError.unexpected("the migration's state is gone")
                }
                return try CutoverState(target, record.id).progress()
            }
            for id in seen.done where told.insert(id).inserted { tell(id) }
            if let report = seen.report {
                await session.close()
                return .completed(report)
            }
            guard seen.isRequested else {
                await session.close()
                return .abandoned
            }
            // Another process may just be taking over.
            unfollowed = seen.isFollowed ? 0 : unfollowed + 1
            if unfollowed > Self.patience {
                await session.close()
                return seen.differences.isEmpty ? .left(errors: seen.errors) : .differs(seen.differences)
            }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    /// Looks at which nobody followed.
    private static let patience = 15

    private func preparedTransactions() async throws -> Int {
        try await ServerAccess(plan, .source, purpose: "cutover").run { source in
            let count = try source.scalar(
                "select count(*) from pg_catalog.pg_prepared_xacts where database = current_database()")
            return count.flatMap { Int($0) } ?? 0
        }
    }

    private func target<R: Sendable>(_ body: @Sendable (Connection) throws -> R) async throws -> R {
        try await ServerAccess(plan, .target, purpose: "cutover").run(body)
    }
}
