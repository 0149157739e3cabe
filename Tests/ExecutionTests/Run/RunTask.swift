import Planning

@testable import Execution

extension RunContext {
    /// Claims a task and runs it, as an engine does.
    /// - Parameter link: nil: one of its own.
    func run(_ number: Int, on link: Link? = nil) async throws -> TaskOutcome {
        let own = link ?? Link(self)
        do {
            let outcome = try await own.run(tasks[number].id) { ends in
                let store = TaskStore(try ends.target(), migration: migration)
                let claiming = try store.claim(number, holder: store.registerHolder())
                guard case .claimed(let claim, let isRedo, let generation) = claiming else {
                    throw StateError.unexpected("\(claiming)")
                }
                return try TaskRunner.run(
                    TaskScope(
                        context: self, number: number, claim: claim, generation: generation, isRedo: isRedo,
                        ends: ends, snapshot: nil, meter: CopyMeter()))
            }
            await own.close()
            return outcome
        } catch {
            await own.close()
            throw error
        }
    }
}
