#if canImport(Glibc)
    private import Glibc
#elseif canImport(Musl)
    private import Musl
#endif

/// Reads plan files: regular files of bounded size only, so that nothing can hang or fill the memory.
enum PlanReader {
    /// A plan of a thousand hypertables with every key is a fifth of this.
    static let largestFile = 1 << 20

    /// Tells files apart whatever path led to them.
    struct Identity: Hashable {
        var device: UInt64
        var inode: UInt64
    }

    /// - Parameter origin: where `extends` named the file; nil for the file that the user named.
    /// - Throws: where there is no such file, it is no regular file, too large, or cannot be read.
    static func contents(of path: String, from origin: SourceLocation?) throws(Findings) -> (bytes: [UInt8], Identity) {
        let what = origin == nil ? "the plan" : "the base plan"
        let shown = "`\(path)`"
        func finding(_ code: PlanCode, _ summary: String, _ cure: String? = nil) -> Findings {
            Findings(Diagnostic(code, summary, cure: cure, at: origin))
        }
        guard !path.isEmpty, !path.utf8.contains(0) else {
            throw finding(.noSuchFile, "\(what) has no usable path", "Name a file.")
        }
        // Asked before opening, because opening a device can act on it and opening a pipe can wait.
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { throw failure(errno, path, what, origin) }
        try requireRegular(status, finding, what, shown)
        let descriptor = unsafe open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(errno, path, what, origin) }
        defer { close(descriptor) }
        guard unsafe fstat(descriptor, &status) == 0 else { throw failure(errno, path, what, origin) }
        try requireRegular(status, finding, what, shown)
        let tooLarge = "A plan has at most 1 MiB. Is it the right file?"
        guard status.st_size <= largestFile else {
            throw finding(.tooLarge, "\(what) \(shown) is too large: \(status.st_size) bytes", tooLarge)
        }
        // Files of /proc say 0 and others can grow, so the reading is bounded too.
        var bytes: [UInt8] = []
        while true {
            let room = min(largestFile + 1 - bytes.count, max(Int(status.st_size) + 1, 1 << 16))
            var got = 0
            let piece = unsafe [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
                guard let start = buffer.baseAddress else { return }
                got = unsafe read(descriptor, start, room)
                count = max(got, 0)
            }
            let code = errno
            bytes += piece
            if got < 0, code == EINTR { continue }
            guard got >= 0 else { throw failure(code, path, what, origin) }
            guard bytes.count <= largestFile else {
                throw finding(.tooLarge, "\(what) \(shown) is too large: more than \(largestFile) bytes", tooLarge)
            }
            if got == 0 { break }
        }
        return (bytes, Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino)))
    }

    private static func requireRegular(
        _ status: stat, _ finding: (PlanCode, String, String?) -> Findings, _ what: String, _ shown: String,
    ) throws(Findings) {
        let kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: ""
            case S_IFDIR: "a directory"
            case S_IFIFO: "a pipe"
            case S_IFSOCK: "a socket"
            default: "a device"
            }
        guard kind.isEmpty else {
            throw finding(.notARegularFile, "\(what) \(shown) is \(kind)", "Name a regular file.")
        }
    }

    private static func failure(
        _ code: Int32, _ path: String, _ what: String, _ origin: SourceLocation?,
    ) -> Findings {
        let reason = unsafe String(cString: strerror(code))
        let diagnostic =
            switch code {
            case ENOENT, ENOTDIR:
                Diagnostic(
                    .noSuchFile, "\(what) `\(path)` does not exist",
                    cure: origin == nil ? nil : "`extends` is relative to the folder of the file that holds it.",
                    at: origin,
                )
            default: Diagnostic(.unreadable, "\(what) `\(path)` cannot be read: \(reason)", at: origin)
            }
        return Findings(diagnostic)
    }
}
