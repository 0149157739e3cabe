import FoundationEssentials

#if canImport(Glibc)
    import Glibc
#endif

/// Where a command's words go: its result to stdout, everything else to stderr.
enum Console {
    static func error(_ text: String) { write(text + (text.hasSuffix("\n") ? "" : "\n"), to: STDERR_FILENO) }

    /// A command's result. Ends the program quietly where nobody reads any more, as other filters do.
    static func result(_ text: String) { write(text + (text.hasSuffix("\n") ? "" : "\n"), to: STDOUT_FILENO) }

    /// One JSON document with sorted keys.
    static func json(_ value: some Encodable, isPretty: Bool = true) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting =
            isPretty ? [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted] : [.sortedKeys, .withoutEscapingSlashes]
        result(String(decoding: try encoder.encode(value), as: UTF8.self))
    }

    /// Whether people look at stderr in a terminal.
    static var isErrorTerminal: Bool { isatty(STDERR_FILENO) == 1 }
    static var isInputTerminal: Bool { isatty(STDIN_FILENO) == 1 }

    /// Asks a yes-or-no question on the terminal. Only to be called when stdin is one.
    static func confirms(_ question: String) -> Bool {
        write(question + " [y/N] ", to: STDERR_FILENO)
        let answer = readLine(strippingNewline: true)?.lowercased() ?? ""
        return answer == "y" || answer == "yes"
    }

    private static func write(_ text: String, to descriptor: Int32) {
        let bytes = Array(text.utf8)
        var start = 0
        while start < bytes.count {
            let count = unsafe bytes[start...].withUnsafeBytes { buffer in
                unsafe Glibc.write(descriptor, buffer.baseAddress, buffer.count)
            }
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            if count <= 0 { exit(Exit.failed.rawValue) }
            start += count
        }
    }
}
