import Dispatch
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// A file that lines are added to by a thread of its own: whoever tells something never waits for a disk.
///
/// What cannot be written (the disk is full) is counted and told in the file once it can be again; the migration goes
/// on. SIGHUP opens the file anew, as logrotate wants it, and does not end the process while there is such a file.
final class LogFile: Sendable {
    /// It cannot be written at all.
    struct Unusable: Error {
        var reason: String
    }

    private struct State {
        var descriptor: Int32
        /// Lines that wait for the thread.
        var waiting = 0
        /// Lines that could not be written since one could.
        var lost = 0
        /// The last one was written in part.
        var isTorn = false
        var isClosed = false
    }

    /// More than these wait only where the disk does not answer; what comes then is lost rather than kept in memory.
    private static let mostWaiting = 10_000

    private static let openFiles = Mutex(0)
    /// Whether this process has one, which SIGHUP is for then.
    static var isOpen: Bool { openFiles.withLock { $0 > 0 } }

    private let path: String
    private let queue = DispatchQueue(label: "skein.log-file")
    private let state: Mutex<State>
    /// Told when lines begin to be lost: the reason.
    private let onTrouble: @Sendable (String) -> Void
    /// Words for the file: `N` lines were lost.
    private let lossLine: @Sendable (Int) -> String
    /// Dispatch lets its objects be used from any thread; this one is set up once and cancelled once.
    private nonisolated(unsafe) let hangUp: any DispatchSourceSignal

    /// - Throws: `Unusable`.
    init(
        path: String, lossLine: @escaping @Sendable (Int) -> String, onTrouble: @escaping @Sendable (String) -> Void,
    ) throws(Unusable) {
        self.path = path
        self.onTrouble = onTrouble
        self.lossLine = lossLine
        let opened = Self.open(path)
        guard opened >= 0 else { throw Unusable(reason: Self.reason(errno)) }
        state = Mutex(State(descriptor: opened))
        Self.openFiles.withLock { $0 += 1 }
        signal(SIGHUP, SIG_IGN)
        let hangUp = DispatchSource.makeSignalSource(signal: SIGHUP, queue: queue)
        unsafe self.hangUp = hangUp
        hangUp.setEventHandler { [weak self] in self?.reopen() }
        hangUp.resume()
    }

    deinit { close() }

    /// Adds a line; without its end.
    func add(_ line: String) {
        let isTaken = state.withLock { state in
            guard !state.isClosed else { return false }
            guard state.waiting < Self.mostWaiting else {
                state.lost += 1
                return false
            }
            state.waiting += 1
            return true
        }
        guard isTaken else { return }
        queue.async { [self] in
            state.withLock { $0.waiting -= 1 }
            write(line)
        }
    }

    /// Once all that was added is written, or lost.
    func close() {
        queue.sync {}
        unsafe hangUp.cancel()
        state.withLock { state in
            guard !state.isClosed else { return }
            state.isClosed = true
            Self.openFiles.withLock { $0 -= 1 }
            _ = Glibc.close(state.descriptor)
        }
    }

    // MARK: On the queue

    private func write(_ line: String) {
        let (lost, isTorn, descriptor) = state.withLock { ($0.lost, $0.isTorn, $0.descriptor) }
        let text = (isTorn ? "\n" : "") + (lost > 0 ? lossLine(lost) + "\n" : "") + line + "\n"
        let bytes = Array(text.utf8)
        let (written, failure) = Self.write(bytes, to: descriptor)
        let hasBegunToFail = state.withLock { state in
            guard let failure else {
                (state.lost, state.isTorn) = (0, false)
                return String?.none
            }
            state.isTorn = written > 0 || isTorn
            state.lost += 1
            return state.lost == 1 ? Self.reason(failure) : nil
        }
        if let hasBegunToFail { onTrouble(hasBegunToFail) }
    }

    private func reopen() {
        let opened = Self.open(path)
        guard opened >= 0 else { return onTrouble("cannot be opened anew: \(Self.reason(errno)); the old one is kept") }
        let old = state.withLock { state in
            let old = state.descriptor
            state.descriptor = opened
            state.isTorn = false
            return old
        }
        _ = Glibc.close(old)
    }

    /// Appended to by whoever has it open, so that two processes do not write over each other. A pipe that nobody reads
    /// does not hold us.
    private static func open(_ path: String) -> Int32 {
        unsafe Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0o640)
    }

    /// - Returns: how many bytes were written, and the error where these are not all.
    private static func write(_ bytes: [UInt8], to descriptor: Int32) -> (Int, failure: Int32?) {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[sent...])
                return unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
            }
            if count >= 0 {
                sent += count
            } else if errno != EINTR {
                return (sent, errno)
            }
        }
        return (sent, nil)
    }

    private static func reason(_ number: Int32) -> String {
        guard let text = unsafe strerror(number) else { return "error \(number)" }
        return unsafe String(cString: text)
    }
}
