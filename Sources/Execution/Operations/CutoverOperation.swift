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
