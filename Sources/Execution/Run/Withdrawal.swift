private import Synchronization

/// Whether a cutover is being withdrawn: raised by the engine, seen by the tasks that run for it.
///
/// These are not waited for: a comparison may take hours, and the application is fenced meanwhile.
final class Withdrawal: Sendable {
    private let value = Atomic(false)

    var isWanted: Bool {
        get { value.load(ordering: .acquiring) }
        set { value.store(newValue, ordering: .releasing) }
    }

    /// Runs an attempt at a task of the cutover; ends it, on both servers, once that is withdrawn.
    /// - Returns: `blocked` where it was ended for that.
    func ending(_ attempt: @escaping @Sendable () async -> Attempt) async -> Attempt {
        let ended = await withTaskGroup(of: Attempt?.self) { group in
            group.addTask { await attempt() }
            group.addTask {
                while !self.isWanted, (try? await Task.sleep(for: .milliseconds(100))) != nil {}
                return nil
            }
            var ended: Attempt?
            while let next = await group.next() {
                ended = next ?? ended
                group.cancelAll()
            }
            return ended ?? .cancelled
        }
        guard case .cancelled = ended, isWanted, !Task.isCancelled else { return ended }
        return .blocked
    }
}
