internal import Postgres

/// A look at the state beside the tasks: whether this process still counts as alive, and what really is done.
///
/// What a run believes can be wrong: another process works for the same plan, or the target has crashed and lost the
/// last commits, which are asynchronous.
struct StateWatch: Sendable {
    /// The number under which this process holds its claims now.
    var holder: Int
    /// Numbers of the tasks that are done; nil where there was no reason to look.
    var done: Set<Int>?
    /// For how long the migration has been sampled, seconds; nil where no sample was written.
    var sampledFor: Double?

    /// Registers a new holder where the session that held the old one is gone.
    /// - Parameters:
    ///   - isDoubtful: reads what is done in any case.
    ///   - sample: is written on this occasion.
    static func look(
        _ control: Session, migration: Int64, holder: Int, isDoubtful: Bool, sample: DueSample? = nil,
    ) async throws -> StateWatch {
        try await control.run { target in
            let store = TaskStore(target, migration: migration)
            let isHeld = try store.isHeld(by: holder)
            let present = isHeld ? holder : try store.registerHolder()
            let age = try sample.map { sample in
                let history = HistoryStore(target, migration: migration)
                if sample.isThinning { try history.thin() }
                return try history.add(sample.sample)
            }
            return StateWatch(
                holder: present, done: isHeld && !isDoubtful ? nil : Set(try store.done()), sampledFor: age)
        }
    }
}
