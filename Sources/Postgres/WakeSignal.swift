#if canImport(Glibc)
    private import Glibc
#endif

/// Wakes a thread that waits for a socket, from any other thread. Stays on once it is given.
package final class WakeSignal: Sendable {
    /// Readable for `poll` once the signal is given; -1 where the process has no descriptor left: then nobody is woken,
    /// and who waits looks again when its own time is up.
    package let descriptor: Int32
    private let writing: Int32

    package init() {
        var ends: InlineArray<2, Int32> = [-1, -1]
        var span = ends.mutableSpan
        // Neither eventfd nor pipe2 are in Swift's Glibc; a pair of sockets can be made closed on exec, too.
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        _ = unsafe span.withUnsafeMutableBufferPointer { unsafe socketpair(AF_UNIX, kind, 0, $0.baseAddress) }
        (descriptor, writing) = (ends[0], ends[1])
    }

    deinit {
        for end in [descriptor, writing] where end >= 0 { close(end) }
    }

    package func wake() {
        var one: UInt8 = 1
        // A full pipe is a signal given often.
        _ = unsafe write(writing, &one, 1)
    }

    /// Waits for the signal.
    /// - Returns: whether it is given.
    package func wait(_ time: Duration) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let (seconds, attoseconds) = time.components
        let milliseconds = max(0, min(seconds, 3600)) * 1000 + attoseconds / 1_000_000_000_000_000
        return unsafe poll(&entry, 1, Int32(milliseconds)) > 0
    }
}
