import FoundationEssentials
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// Where a command's words go: its result to stdout, everything else to stderr.
enum Console {
    /// Keeps the numbers of standard streams that are closed from becoming those of connections, which our words would
    /// then go to. Writing to what holds them fails as writing to a closed stream does.
    static func holdStandardStreams() {
        _ = startedInTerminal
        for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(descriptor, F_GETFD) == -1 {
            _ = unsafe open("/dev/null", O_RDONLY)
        }
    }

    /// What is drawn in the terminal now: everything that is said to people scrolls above it.
    static let display = Mutex<LiveDisplay?>(nil)

    /// Gives the terminal back where the process ends this moment: cursor and echo.
    static func abandonDisplay() { display.withLock { $0 }?.abandon() }

    /// A line, or several, for people.
    static func error(_ text: String) { styled(Words.printable(text)) }

    /// Text that holds colours of ours, and nothing else that a terminal would obey.
    static func styled(_ text: String) {
        if let display = display.withLock({ $0 }) { return display.say(text) }
        // A terminal that is gone is no reason to stop: what is done is told by the exit code and by the state.
        _ = write(ended(text), to: STDERR_FILENO)
    }

    /// A command's result for people.
    static func result(_ text: String) { output(Words.printable(text)) }

    /// One JSON document with sorted keys, all in snake_case.
    static func json(_ value: some Encodable, isPretty: Bool = true) throws {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting =
            isPretty ? [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted] : [.sortedKeys, .withoutEscapingSlashes]
        output(String(decoding: try encoder.encode(value), as: UTF8.self))
    }

    /// Text for a program, byte for byte.
    static func output(_ text: String) {
        guard let problem = write(ended(text), to: STDOUT_FILENO) else { return }
        // Nobody reads any more (`| head -1`): other filters end quietly, too.
        if problem != EPIPE {
            let reason = unsafe String(cString: strerror(problem))
            error("error: cannot write to stdout: \(reason)")
        }
        exit(Exit.failed.rawValue)
    }

    /// Whether people look at a stream in a terminal.
    static var isErrorTerminal: Bool { isatty(STDERR_FILENO) == 1 }
    static var isOutputTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
    static var isInputTerminal: Bool { isatty(STDIN_FILENO) == 1 }

    /// Whether the terminal that the process was started in is gone (hung up: a window that was closed, a connection that
    /// was lost).
    static var hasLostTerminal: Bool {
        startedInTerminal.contains { descriptor in
            var settings = termios()
            return unsafe tcgetattr(descriptor, &settings) != 0
        }
    }

    /// Standard streams that were a terminal in the beginning.
    private static let startedInTerminal = [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO].filter { isatty($0) == 1 }

    /// From here on nothing is said to, and nothing read from, a terminal that is gone.
    static func leaveTerminal() {
        display.withLock { $0 }?.forget()
        let nowhere = unsafe open("/dev/null", O_RDWR)
        guard nowhere >= 0 else { return }
        for descriptor in startedInTerminal { dup2(nowhere, descriptor) }
        if nowhere > STDERR_FILENO { close(nowhere) }
    }

    /// Columns of the terminal that a stream is, nil where it is none.
    static var errorColumns: Int? { columns(of: STDERR_FILENO) }
    static var outputColumns: Int? { columns(of: STDOUT_FILENO) }

    private static func columns(of descriptor: Int32) -> Int? {
        var size = winsize()
        guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }

    /// Asks a yes-or-no question on the terminal. Only to be called when stdin is one.
    static func confirms(_ question: String) -> Bool {
        _ = write(Words.printable(question) + " [y/N] ", to: STDERR_FILENO)
        let answer = readLine(strippingNewline: true)?.lowercased() ?? ""
        return answer == "y" || answer == "yes"
    }

    private static func ended(_ text: String) -> String { text.hasSuffix("\n") ? text : text + "\n" }

    /// Writes as it is.
    /// - Returns: `errno` where not everything could be written.
    static func write(_ text: String, to descriptor: Int32) -> Int32? {
        let bytes = Array(text.utf8)
        var start = 0
        while start < bytes.count {
            let count = unsafe bytes[start...].withUnsafeBytes { buffer in
                unsafe Glibc.write(descriptor, buffer.baseAddress, buffer.count)
            }
            if count > 0 {
                start += count
            } else if count == 0 {
                return EIO
            } else if errno == EAGAIN {
                // Somebody else made the terminal non-blocking.
                var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = unsafe poll(&wanted, 1, -1)
            } else if errno != EINTR {
                return errno
            }
        }
        return nil
    }
}
