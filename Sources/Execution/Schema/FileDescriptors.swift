private import Glibc

/// Sole owner of an open file descriptor; closes it.
final class OwnedDescriptor: Sendable {
    let number: Int32
    init(adopting number: Int32) { self.number = number }
    deinit { close(number) }

    /// Both ends of a pipe, neither of which children inherit. A pair of sockets, because Glibc's module has no `pipe2`
    /// and setting the flag afterwards would race with another thread's spawn.
    static func pipe() throws -> (reading: OwnedDescriptor, writing: OwnedDescriptor) {
        var ends: [Int32] = [0, 0]
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard unsafe socketpair(AF_UNIX, type, 0, &ends) == 0 else {
            throw CannotStart(executable: "pipe", reason: unsafe String(cString: strerror(errno)))
        }
        return (OwnedDescriptor(adopting: ends[0]), OwnedDescriptor(adopting: ends[1]))
    }
}

/// Reads several descriptors to their ends, whichever has something, so that no writer waits for another's reader.
struct DescriptorReader {
    private let descriptor: OwnedDescriptor
    init(_ descriptor: OwnedDescriptor) { self.descriptor = descriptor }

    /// Looks four times a second whether the task is cancelled.
    /// - Parameter body: gets the reader's position in `readers` and what was read.
    static func drain(_ readers: [DescriptorReader], _ body: (Int, ArraySlice<UInt8>) throws -> Void) throws {
        var open = readers.map { pollfd(fd: $0.descriptor.number, events: Int16(POLLIN), revents: 0) }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        // poll leaves out entries whose descriptor is negative.
        while open.contains(where: { $0.fd >= 0 }) {
            try Task.checkCancellation()
            guard unsafe poll(&open, nfds_t(open.count), 250) >= 0 || errno == EINTR else { return }
            for index in open.indices where open[index].fd >= 0 && open[index].revents != 0 {
                let count = unsafe read(open[index].fd, &buffer, buffer.count)
                if count > 0 {
                    try body(index, buffer[..<count])
                } else if count == 0 || errno != EINTR {
                    open[index].fd = -1
                }
            }
        }
    }
}
