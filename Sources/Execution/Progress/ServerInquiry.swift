private import Postgres
private import Synchronization

/// Asks the target about once a second how far our statements are, on a session of its own.
///
/// Nothing depends on the answer but what is shown: where the server refuses, nothing is asked for a while.
final class ServerInquiry: Sendable {
    private let context: RunContext
    private let session: Session
    private let state: Mutex<State>

    private struct State {
        var isAsking = false
        var next = 0.5
        var answers: [String: TaskProgress] = [:]
    }

    init(_ context: RunContext) {
        self.context = context
        session = Session(context.target, applicationName: context.applicationName("progress"))
        state = Mutex(State())
    }

    /// Whether it is to be asked now; counts as asked then.
    func isDue(_ now: Double) -> Bool {
        state.withLock { state in
            guard !state.isAsking, now >= state.next else { return false }
            state.isAsking = true
            return true
        }
    }

    /// - Returns: nil where the server does not answer.
    func ask() async -> [String: TaskProgress]? {
        let name = context.planName
        return try? await session.run { try ServerProgress.read($0, planName: name) }
    }

    func adopt(_ found: [String: TaskProgress]?, _ now: Double) {
        state.withLock { state in
            state.isAsking = false
            state.next = now + (found == nil ? 10 : 1)
            state.answers = found ?? [:]
        }
    }

    /// What the server says of a task.
    func answer(_ id: String) -> TaskProgress? {
        let name = Connection.shortened(context.applicationName(id))
        return state.withLock { $0.answers[name] }
    }

    func close() async { await session.close() }
}
