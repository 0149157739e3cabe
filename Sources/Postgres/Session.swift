private import Dispatch
private import Synchronization

/// Runs an actor's jobs on a queue of its own, so a blocking C call never holds a cooperative thread (which Linux has
/// as many of as cores).
package final class QueueExecutor: SerialExecutor {
    private let queue: DispatchQueue
    package init(label: String) { queue = DispatchQueue(label: label) }
    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { unsafe job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
    package func asUnownedSerialExecutor() -> UnownedSerialExecutor { unsafe UnownedSerialExecutor(ordinary: self) }
    package func checkIsolated() { dispatchPrecondition(condition: .onQueue(queue)) }
}

/// A connection on a thread of its own. Made on first use, made again after it was lost.
package actor Session {
    private nonisolated let executor: QueueExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }
    private nonisolated let canceller = Mutex<Canceller?>(nil)
    private let target: ConnectionTarget
    private let applicationName: String
    private let settings: [String: String]
    private var connection: Connection?

    package init(_ target: ConnectionTarget, applicationName: String, settings: [String: String] = [:]) {
        self.target = target
        self.applicationName = applicationName
        self.settings = settings
        executor = QueueExecutor(label: "skein.session")
    }

    private func perform<R: Sendable>(_ body: @Sendable (Connection) throws -> R) throws -> R {
        try Task.checkCancellation()
        let connection = try connection ?? connect()
        do {
            let value = try body(connection)
            // The cancel may still be on its way, and would hit the next statement.
            if Task.isCancelled { close() }
            return value
        } catch {
            if !connection.isUp || Task.isCancelled { close() }
            throw error
        }
    }

    private func connect() throws -> Connection {
        let connection = try Connection(target, applicationName: applicationName, settings: settings)
        let handle = connection.makeCanceller()
        canceller.withLock { $0 = handle }
        self.connection = connection
        return connection
    }

    package func close() {
        canceller.withLock { $0 = nil }
        connection = nil
    }

    /// Runs `body` to its end on this session's own thread. Cancelling the task cancels the running statement.
    package nonisolated func run<R: Sendable>(_ body: @Sendable (Connection) throws -> R) async throws -> R {
        try await withTaskCancellationHandler {
            try await perform(body)
        } onCancel: {
            let canceller = canceller.withLock { $0 }
            DispatchQueue.global().async { canceller?.cancel() }
        }
    }
}
