import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// The lines at the end of a terminal that frames are drawn on, one above the other; what was there before scrolls up.
///
/// Between frames the cursor rests at the beginning of the first line: whatever a terminal that changes its size does to
/// the lines of a frame, wraps them or cuts them, the next one begins where that one began.
///
/// While it is taken, the cursor is hidden and what is typed is not shown; `release` undoes both, whatever happens.
final class TerminalScreen: Sendable {
    struct Size: Equatable {
        var columns: Int
        var lines: Int
    }

    private struct State {
        /// How many lines are drawn.
        var drawn = 0
        var isTaken = false
        /// How standard input was, where it was changed.
        var saved: termios?
        var isLost = false
    }

    private let state = Mutex(State())

    private enum Escape {
        static let (hideCursor, showCursor) = ("\u{1B}[?25l", "\u{1B}[?25h")
        /// Lines that are too long for a terminal that becomes narrower meanwhile are cut, not wrapped.
        static let (cutLines, wrapLines) = ("\u{1B}[?7l", "\u{1B}[?7h")
        static let (toLineEnd, toScreenEnd) = ("\u{1B}[K", "\u{1B}[J")
        static func up(_ lines: Int) -> String { lines > 0 ? "\r\u{1B}[\(lines)A" : "\r" }
        static func down(_ lines: Int) -> String { lines > 0 ? "\r\u{1B}[\(lines)B" : "\r" }
    }

    /// Nil where standard error is no terminal, or one that is gone.
    static var size: Size? {
        var size = winsize()
        guard unsafe ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
            return nil
        }
        return Size(columns: Int(size.ws_col), lines: Int(size.ws_row))
    }

    /// Whether the terminal is ours: a background job must leave it alone.
    static var isForeground: Bool { tcgetpgrp(STDERR_FILENO) == getpgrp() }

    /// Draws a frame over the last one, in one write.
    /// - Parameter above: lines that scroll up and stay.
    func draw(_ frame: [String], above: [String]) {
        state.withLock { state in
            guard !state.isLost else { return }
            var text = ""
            if !state.isTaken { text += Self.take(&state) }
            // Lines of the history may be longer than the screen, and wrap.
            if !above.isEmpty { text += "\r" + Escape.toScreenEnd + above.map { $0 + "\r\n" }.joined() }
            text += "\r" + Escape.cutLines
            text += frame.map { $0 + Escape.toLineEnd }.joined(separator: "\r\n") + Escape.toScreenEnd
            text += Escape.up(frame.count - 1) + Escape.wrapLines
            state.isLost = Console.write(text, to: STDERR_FILENO) != nil
            state.drawn = frame.count
        }
    }

    /// Gives the terminal back: cursor shown, what is typed shown.
    /// - Parameters:
    ///   - keepsFrame: the last frame stays where it is; else its lines are cleared.
    ///   - atOnce: does not wait for a write under way, which a stopped terminal (Ctrl-S) never lets end.
    func release(keepsFrame: Bool, atOnce: Bool = false) {
        if atOnce {
            _ = state.withLockIfAvailable { Self.release(&$0, keepsFrame) }
        } else {
            state.withLock { Self.release(&$0, keepsFrame) }
        }
    }

    private static func release(_ state: inout State, _ keepsFrame: Bool) {
        guard state.isTaken else { return }
        state.isTaken = false
        if var saved = state.saved, isForeground { _ = unsafe tcsetattr(STDIN_FILENO, TCSANOW, &saved) }
        state.saved = nil
        let text = keepsFrame ? Escape.down(state.drawn - 1) + "\r\n" : "\r" + Escape.toScreenEnd
        state.drawn = 0
        guard !state.isLost else { return }
        _ = Console.write(text + Escape.showCursor, to: STDERR_FILENO)
    }

    /// Lines as they come, while the terminal is not ours.
    func write(_ lines: [String]) {
        _ = Console.write(lines.map { $0 + "\n" }.joined(), to: STDERR_FILENO)
    }

    private static func take(_ state: inout State) -> String {
        state.isTaken = true
        var settings = termios()
        if isatty(STDIN_FILENO) == 1, tcgetpgrp(STDIN_FILENO) == getpgrp(),
            unsafe tcgetattr(STDIN_FILENO, &settings) == 0, settings.c_lflag & tcflag_t(ECHO) != 0
        {
            state.saved = settings
            settings.c_lflag &= ~tcflag_t(ECHO)
            _ = unsafe tcsetattr(STDIN_FILENO, TCSANOW, &settings)
        }
        return Escape.hideCursor
    }
}

extension Columns {
    /// Of text with colours of ours in it.
    static func count(withoutEscapes text: String) -> Int {
        count(text.replacing(/\u{1B}\[[0-9;]*m/, with: ""))
    }
}
