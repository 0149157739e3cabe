import Dispatch
import Execution
import PlanFile
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// Draws what is to be shown in the terminal, at most five times a second and only what has changed; on a queue of its
/// own, so that no terminal, however slow, holds a migration up.
final class LiveDisplay: Sendable {
    private struct Shown {
        var state: DisplayState
        var at: ContinuousClock.Instant
        /// Lines that scroll up above it.
        var pending: [String] = []
        var isStopping = false
        var isEnded = false
    }

    private struct Drawn {
        var lines: [String] = []
        var size = TerminalScreen.Size(columns: 0, lines: 0)
    }

    private let style: DisplayFrame.Style
    private let screen = TerminalScreen()
    private let queue = DispatchQueue(label: "skein.display")
    private let shown: Mutex<Shown>
    private let drawn = Mutex(Drawn())
    private let sources: DisplaySources
    private let clock = ContinuousClock()

    /// Between two frames, milliseconds.
    private static let interval = 200
    /// What scrolls up waits for the next frame; a flood is cut.
    private static let mostPending = 500

    /// - Returns: nil where lines are what is wanted: no terminal, a dumb one, `--json`, little to say.
    static func start(_ options: GlobalOptions, _ state: DisplayState) -> LiveDisplay? {
        let environment = ProcessEnvironment.current
        let terminal = environment["TERM"] ?? ""
        guard !options.json, options.isShown(.note), Console.isErrorTerminal, terminal != "", terminal != "dumb",
            let size = TerminalScreen.size, size.columns >= 40, size.lines >= 8
        else { return nil }
        let style = DisplayFrame.Style(
            usesColour: options.usesColour, isUnicode: isUnicode(environment) && terminal != "linux")
        let display = LiveDisplay(style, state)
        Console.display.withLock { $0 = display }
        return display
    }

    private static func isUnicode(_ environment: ProcessEnvironment) -> Bool {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
        return locale.lowercased().replacing("-", with: "").contains("utf8")
    }

    private init(_ style: DisplayFrame.Style, _ state: DisplayState) {
        self.style = style
        shown = Mutex(Shown(state: state, at: .now))
        sources = DisplaySources(queue, every: Self.interval)
        sources.start(
            tick: { [weak self] in self?.draw() }, suspend: { [weak self] in self?.suspend() },
            resume: { [weak self] in self?.resume() })
    }

    // MARK: What is shown

    func show(_ state: DisplayState) {
        shown.withLock { shown in
            shown.state = state
            shown.at = clock.now
        }
    }

    /// Lines that scroll up above the display and stay.
    func say(_ text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        shown.withLock { shown in
            shown.pending += text.hasSuffix("\n") ? lines.dropLast() : lines
            if shown.pending.count > Self.mostPending {
                shown.pending.removeFirst(shown.pending.count - Self.mostPending)
            }
        }
    }

    /// Somebody has asked it to stop.
    func stopping() { shown.withLock { $0.isStopping = true } }

    /// Clears the display and gives the terminal back. What was to scroll up is written.
    func end() {
        Console.display.withLock { if $0 === self { $0 = nil } }
        let isFirst = shown.withLock { shown in
            defer { shown.isEnded = true }
            return !shown.isEnded
        }
        guard isFirst else { return }
        sources.cancel()
        queue.sync {
            screen.release(keepsFrame: false)
            flush()
        }
    }

    /// Gives the terminal back because the process ends this moment.
    func abandon() { screen.release(keepsFrame: false, atOnce: true) }

    /// The terminal is gone: nothing is drawn any more.
    func forget() {
        Console.display.withLock { if $0 === self { $0 = nil } }
        shown.withLock { $0.isEnded = true }
        sources.cancel()
    }

    // MARK: Frames

    private func draw() {
        guard TerminalScreen.isForeground else {
            // In the background there are lines alone, as in a log.
            screen.release(keepsFrame: true)
            drawn.withLock { $0 = Drawn() }
            return flush()
        }
        guard let size = TerminalScreen.size else { return }
        let now = clock.now
        let next = shown.withLock { shown -> (state: DisplayState, above: [String])? in
            guard !shown.isEnded else { return nil }
            var state = shown.state.advanced(by: (now - shown.at) / .seconds(1))
            if shown.isStopping { state.stop() }
            defer { shown.pending = [] }
            return (state, shown.pending)
        }
        guard let next else { return }
        let lines = DisplayFrame.lines(next.state, width: size.columns, height: size.lines, style: style)
        let hasChanged = drawn.withLock { drawn in
            let hasChanged = drawn.lines != lines || drawn.size != size
            drawn = Drawn(lines: lines, size: size)
            return hasChanged
        }
        if hasChanged || !next.above.isEmpty { screen.draw(lines, above: next.above) }
    }

    private func flush() {
        let lines = shown.withLock { shown in
            defer { shown.pending = [] }
            return shown.pending
        }
        if !lines.isEmpty { screen.write(lines) }
    }

    // MARK: Ctrl-Z and fg

    /// The terminal is given back before the process stops.
    private func suspend() {
        screen.release(keepsFrame: true)
        drawn.withLock { $0 = Drawn() }
        signal(SIGTSTP, SIG_DFL)
        kill(getpid(), SIGTSTP)
    }

    /// Whether in the foreground or not, the next frame finds out.
    private func resume() {
        signal(SIGTSTP, SIG_IGN)
        drawn.withLock { $0 = Drawn() }
    }
}

/// What wakes a display: time, Ctrl-Z, and going on after it.
///
/// Dispatch's sources may be used from any thread (dispatch/object.h), so that those here are never changed.
@safe private final class DisplaySources: Sendable {
    private nonisolated(unsafe) let timer: any DispatchSourceTimer
    private nonisolated(unsafe) let signals: [any DispatchSourceSignal]

    /// - Parameter interval: milliseconds.
    init(_ queue: DispatchQueue, every interval: Int) {
        let timer = DispatchSource.makeTimerSource(queue: queue)
        timer.schedule(deadline: .now(), repeating: .milliseconds(interval))
        unsafe self.timer = timer
        // Where no shell controls jobs, Ctrl-Z means nothing.
        let numbers = Signals.isIgnored(SIGTSTP) ? [] : [SIGTSTP, SIGCONT]
        unsafe signals = numbers.map { DispatchSource.makeSignalSource(signal: $0, queue: queue) }
    }

    func start(
        tick: @escaping @Sendable () -> Void, suspend: @escaping @Sendable () -> Void,
        resume: @escaping @Sendable () -> Void,
    ) {
        unsafe timer.setEventHandler(handler: tick)
        for (source, handler) in unsafe zip(signals, [suspend, resume]) { source.setEventHandler(handler: handler) }
        if unsafe !signals.isEmpty { signal(SIGTSTP, SIG_IGN) }
        for source in unsafe signals { source.resume() }
        unsafe timer.resume()
    }

    func cancel() {
        unsafe timer.cancel()
        for source in unsafe signals { source.cancel() }
        if unsafe !signals.isEmpty { signal(SIGTSTP, SIG_DFL) }
    }
}

extension DisplayState {
    /// What it is some seconds later, where nobody has said anything new.
    func advanced(by seconds: Double) -> DisplayState {
        var state = self
        state.seconds += seconds
        for row in state.rows.indices { state.rows[row].seconds += seconds }
        if let left { state.left?.seconds = max(1, left.seconds - seconds) }
        return state
    }

    mutating func stop() {
        phase = "stopping: what is under way is rolled back"
        left = nil
        hints = []
    }
}
