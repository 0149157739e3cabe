import Dispatch
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// SIGINT, SIGTERM and SIGHUP: the first cancels what runs, the second ends the process at once.
///
/// A terminal that is lost is no wish to stop: a migration at night outlives the connection that it was started over, and
/// goes on without words. `status` shows it from anywhere, and whoever wants it to stop can say so by a signal.
enum Signals {
    /// Runs `body`; cancels it at the first signal. Statements under way are cancelled on the servers, and what was not
    /// committed is rolled back.
    /// - Parameter words: what is said then; nil: nothing, as nothing but looking is stopped.
    /// - Throws: `CancellationError` where a signal came and `body` threw; else what `body` throws.
    static func cancelling<R: Sendable>(
        saying words: String? = "stopping: what is under way is rolled back; once more ends at once",
        _ body: @escaping @Sendable () async throws -> R,
    ) async throws -> R {
        let task = Task { try await body() }
        let counter = SignalCounter()
        for number in [SIGINT, SIGTERM, SIGHUP] {
            // What `nohup` asked to ignore stays ignored; a log that is opened anew by it has it for itself.
            if number == SIGHUP, isIgnored(number) || LogFile.isOpen { continue }
            // Once: the source that is made then needs a handler of its own (libdispatch, event_epoll.c).
            if hasHandler(number, SIG_DFL) { signal(number, SIG_IGN) }
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            let stop = { @Sendable in
                if counter.count() > 1 {
                    Console.abandonDisplay()
                    _exit(Exit.stopped.rawValue)
                }
                if let words {
                    Console.display.withLock { $0 }?.stopping()
                    Console.error(words)
                }
                task.cancel()
            }
            // Kept for good, by itself: with the last one of a signal its handler would go.
            source.setEventHandler {
                guard withExtendedLifetime(source, { !counter.isOver }) else { return }
                guard number == SIGHUP else { return stop() }
                if Console.hasLostTerminal { return Console.leaveTerminal() }
                // A shell may tell it before the kernel hangs up.
                DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(300)) {
                    if Console.hasLostTerminal { Console.leaveTerminal() } else { stop() }
                }
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

    static func isIgnored(_ number: Int32) -> Bool { hasHandler(number, SIG_IGN) }

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
