import Dispatch
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// SIGINT, SIGTERM and SIGHUP: the first cancels what runs, the second ends the process at once.
enum Signals {
    /// Runs `body`; cancels it at the first signal. Statements under way are cancelled on the servers, and what was not
    /// committed is rolled back.
    /// - Throws: `CancellationError` where a signal came and `body` threw; else what `body` throws.
    static func cancelling<R: Sendable>(_ body: @escaping @Sendable () async throws -> R) async throws -> R {
        let task = Task { try await body() }
        let counter = SignalCounter()
        for number in [SIGINT, SIGTERM, SIGHUP] {
            // What `nohup` asked to ignore stays ignored.
            if number == SIGHUP, isIgnored(number) { continue }
            // Once: the source that is made then needs a handler of its own (libdispatch, event_epoll.c).
            if hasHandler(number, SIG_DFL) { signal(number, SIG_IGN) }
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            // Kept for good, by itself: with the last one of a signal its handler would go.
            source.setEventHandler {
                guard withExtendedLifetime(source, { !counter.isOver }) else { return }
                if counter.count() > 1 { _exit(Exit.stopped.rawValue) }
                Console.error("stopping: what is under way is rolled back; once more ends at once")
                task.cancel()
            }
            source.resume()
        }
        defer { counter.end() }
        do {
            return try await task.value
        } catch {
            // A cancelled statement comes back as any error of a server's.
            throw counter.isZero ? error : CancellationError()
        }
    }

    private static func isIgnored(_ number: Int32) -> Bool { hasHandler(number, SIG_IGN) }

    private static func hasHandler(_ number: Int32, _ handler: sighandler_t?) -> Bool {
        var action = sigaction()
        guard unsafe sigaction(number, nil, &action) == 0 else { return false }
        return unsafe unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
            == unsafeBitCast(handler, to: Int.self)
    }
}

private final class SignalCounter: Sendable {
    private let value = Mutex(0)
    private let over = Mutex(false)
    var isZero: Bool { value.withLock { $0 == 0 } }
    /// What would be cancelled has ended.
    var isOver: Bool { over.withLock { $0 } }
    func end() { over.withLock { $0 = true } }
    func count() -> Int {
        value.withLock { count in
            count += 1
            return count
        }
    }
}
