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
    /// committed is rolled back. One after the other: a signal that came between two of them is the next one's.
    /// - Parameter words: what is said then; nil: nothing, as nothing but looking is stopped.
    /// - Throws: `CancellationError` where a signal came and `body` threw; else what `body` throws.
    static func cancelling<R: Sendable>(
        saying words: String? = "stopping: what is under way is rolled back; once more ends at once",
        _ body: @escaping @Sendable () async throws -> R,
    ) async throws -> R {
        let task = Task { try await body() }
        let hearer = Hearer(words) { task.cancel() }
        [SIGINT, SIGTERM, SIGHUP].forEach(listen)
        let missed = state.withLock { state in
            defer { state.missed = [] }
            state.hearer = hearer
            return state.missed
        }
        missed.forEach(hearer.hear)
        defer { state.withLock { $0.hearer = nil } }
        do {
            return try await task.value
        } catch {
            // A cancelled statement comes back as any error of a server's.
            throw hearer.isStopped ? CancellationError() : error
        }
    }

    private struct State {
        /// What runs now.
        var hearer: Hearer?
        /// Came while nothing did.
        var missed: [Int32] = []
        var listened: Set<Int32> = []
    }

    private static let state = Mutex(State())

    private static func listen(_ number: Int32) {
        // What `nohup` asked to ignore stays ignored; a log that is opened anew by it has it for itself.
        if number == SIGHUP, isIgnored(number) || LogFile.isOpen { return }
        guard state.withLock({ $0.listened.insert(number).inserted }) else { return }
        // Once: the source that is made then needs a handler of its own (libdispatch, event_epoll.c).
        if hasHandler(number, SIG_DFL) { signal(number, SIG_IGN) }
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        // Kept for good, by itself: with the last one of a signal its handler would go.
        source.setEventHandler { withExtendedLifetime(source) { come(number) } }
        source.resume()
    }

    private static func come(_ number: Int32) {
        let hearer = state.withLock { state in
            if state.hearer == nil { state.missed.append(number) }
            return state.hearer
        }
        hearer?.hear(number)
    }

    static func isIgnored(_ number: Int32) -> Bool { hasHandler(number, SIG_IGN) }

    private static func hasHandler(_ number: Int32, _ handler: sighandler_t?) -> Bool {
        var action = sigaction()
        guard unsafe sigaction(number, nil, &action) == 0 else { return false }
        return unsafe unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
            == unsafeBitCast(handler, to: Int.self)
    }
}

/// Hears the signals that come while something runs.
private final class Hearer: Sendable {
    private let words: String?
    private let cancel: @Sendable () -> Void
    private let count = Mutex(0)

    init(_ words: String?, _ cancel: @escaping @Sendable () -> Void) {
        self.words = words
        self.cancel = cancel
    }

    var isStopped: Bool { count.withLock { $0 > 0 } }

    func hear(_ number: Int32) {
        guard number == SIGHUP else { return stop() }
        if Console.hasLostTerminal { return Console.leaveTerminal() }
        // A shell may tell it before the kernel hangs up.
        DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(300)) { [self] in
            if Console.hasLostTerminal { Console.leaveTerminal() } else { stop() }
        }
    }

    private func stop() {
        let isFirst = count.withLock { count in
            count += 1
            return count == 1
        }
        guard isFirst else {
            Console.abandonDisplay()
            _exit(Exit.stopped.rawValue)
        }
        if let words {
            Console.display.withLock { $0 }?.stopping()
            Console.error(words)
        }
        cancel()
    }
}
