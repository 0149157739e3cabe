import Dispatch
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// SIGINT and SIGTERM: the first cancels what runs, the second ends the process at once.
enum Signals {
    /// Runs `body`; cancels it at the first signal. Statements under way are cancelled on the servers, and what was not
    /// committed is rolled back.
    static func cancelling<R: Sendable>(_ body: @escaping @Sendable () async throws -> R) async throws -> R {
        let task = Task { try await body() }
        let counter = SignalCounter()
        let sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                if counter.count() > 1 { _exit(Exit.stopped.rawValue) }
                Console.error("stopping: what is under way is rolled back; once more ends at once")
                task.cancel()
            }
            source.resume()
            return source
        }
        defer { for source in sources { source.cancel() } }
        return try await task.value
    }
}

private final class SignalCounter: Sendable {
    private let value = Mutex(0)
    func count() -> Int {
        value.withLock { count in
            count += 1
            return count
        }
    }
}
