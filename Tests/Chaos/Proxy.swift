import Foundation
import Glibc
import Synchronization

/// A TCP proxy on 127.0.0.1, between `skein` and a server, that can cut, stall and slow down what goes through.
final class Proxy: Sendable {
    private struct State {
        var open: Set<Int32> = []
        /// New connections are closed at once before this moment.
        var refusesUntil = Date.distantPast
        /// Nothing moves before this moment.
        var stallsUntil = Date.distantPast
        /// Bytes a second, each connection and direction by itself; 0 is no limit.
        var rate = 0
        var isClosed = false
        var connections = 0
    }

    let port: UInt16
    private let upstream: UInt16
    private let listener: Int32
    private let state = Mutex(State())

    /// - Parameter upstream: the server's port on 127.0.0.1.
    init(to upstream: UInt16) throws {
        self.upstream = upstream
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = Self.loopback(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(listener, $0, length) == 0 && listen(listener, 64) == 0
                    && getsockname(listener, $0, &length) == 0
            }
        }
        guard isBound else { throw ChaosFailure("no proxy: errno \(errno)") }
        port = UInt16(bigEndian: address.sin_port)
        Thread.detachNewThread { [self] in accept() }
    }

    /// Ends what is open; for so many seconds nothing new is let through.
    func cut(refusingFor seconds: Double) {
        state.withLock { state in
            state.refusesUntil = Date(timeIntervalSinceNow: seconds)
            for socket in state.open { shutdown(socket, Int32(SHUT_RDWR)) }
        }
    }

    /// Nothing moves for so many seconds; connections stay.
    func stall(for seconds: Double) { state.withLock { $0.stallsUntil = Date(timeIntervalSinceNow: seconds) } }

    /// Bytes a second of each connection and direction, 0 is no limit.
    func slowDown(to rate: Int) { state.withLock { $0.rate = rate } }

    /// Connections made through it so far.
    var connections: Int { state.withLock { $0.connections } }

    func close() {
        state.withLock { $0.isClosed = true }
        shutdown(listener, Int32(SHUT_RDWR))
        cut(refusingFor: 1e6)
    }

    // MARK: Threads

    private func accept() {
        while !state.withLock({ $0.isClosed }) {
            let client = Glibc.accept(listener, nil, nil)
            guard client >= 0 else { continue }
            _ = fcntl(client, F_SETFD, FD_CLOEXEC)
            let server = state.withLock({ $0.refusesUntil > Date() }) ? -1 : connect()
            guard server >= 0 else {
                Glibc.close(client)
                continue
            }
            var one: Int32 = 1
            for socket in [client, server] {
                unsafe setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
            }
            state.withLock {
                $0.open.formUnion([client, server])
                $0.connections += 1
            }
            let pair = Pair(client, server)
            Thread.detachNewThread { [self] in pump(client, server, pair) }
            Thread.detachNewThread { [self] in pump(server, client, pair) }
        }
        Glibc.close(listener)
    }

    /// Two sockets that are closed once both directions have ended.
    private final class Pair: Sendable {
        let sockets: [Int32]
        private let ended = Atomic(0)
        init(_ client: Int32, _ server: Int32) { sockets = [client, server] }
        func end() -> Bool { ended.add(1, ordering: .relaxed).newValue == 2 }
    }

    private func pump(_ from: Int32, _ to: Int32, _ pair: Pair) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let (rate, stall) = state.withLock { ($0.rate, $0.stallsUntil) }
            let share = rate > 0 ? min(buffer.count, max(1024, rate / 100)) : buffer.count
            let count = unsafe recv(from, &buffer, share, 0)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            var wait = stall.timeIntervalSinceNow
            if rate > 0 { wait = max(wait, Double(count) / Double(rate)) }
            if wait > 0 { Thread.sleep(forTimeInterval: wait) }
            guard send(buffer[..<count], to) else { break }
        }
        for socket in pair.sockets { shutdown(socket, Int32(SHUT_RDWR)) }
        if pair.end() {
            state.withLock { state in
                for socket in pair.sockets {
                    state.open.remove(socket)
                    Glibc.close(socket)
                }
            }
        }
    }

    private func send(_ bytes: ArraySlice<UInt8>, _ to: Int32) -> Bool {
        var left = bytes
        while !left.isEmpty {
            let sent = unsafe left.withUnsafeBytes {
                unsafe Glibc.send(to, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if sent < 0, errno == EINTR { continue }
            guard sent > 0 else { return false }
            left = left.dropFirst(sent)
        }
        return true
    }

    private func connect() -> Int32 {
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = Self.loopback(upstream)
        let isConnected = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe Glibc.connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        if isConnected { return server }
        Glibc.close(server)
        return -1
    }

    private static func loopback(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr = in_addr(s_addr: UInt32(0x7F00_0001).bigEndian)
        return address
    }
}
