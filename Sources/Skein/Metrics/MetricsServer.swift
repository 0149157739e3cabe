import Dispatch
import Postgres

#if canImport(Glibc)
    import Glibc
#endif

/// Answers who scrapes metrics: one thread, few clients, none of which can hold the others or the migration.
final class MetricsServer: Sendable {
    /// Nothing can listen there.
    struct Unusable: Error {
        var reason: String
    }

    /// `http://127.0.0.1:9187/metrics`, with the port that the system chose where it was to.
    let url: String

    private let wake = WakeSignal()
    private let stopped = DispatchSemaphore(value: 0)

    /// Listens and answers from then on.
    /// - Parameter metrics: called on the server's thread, for each request.
    /// - Throws: `Unusable`.
    init(_ address: ListenAddress, metrics: @escaping @Sendable () -> String) throws(Unusable) {
        let listener = try Self.listen(address)
        let bound = ListenAddress(host: address.host, port: Self.port(of: listener) ?? address.port)
        url = "http://\(bound)/metrics"
        let (wake, stopped) = (wake, stopped)
        DispatchQueue(label: "skein.metrics").async {
            var loop = MetricsLoop(listener: listener, wake: wake, metrics: metrics)
            loop.run()
            stopped.signal()
        }
    }

    /// Ends the thread; who is being answered may hear nothing more. To be called once.
    func stop() {
        wake.wake()
        _ = stopped.wait(timeout: .now() + .seconds(2))
    }

    private static func listen(_ address: ListenAddress) throws(Unusable) -> Int32 {
        var hints = unsafe addrinfo()
        unsafe hints.ai_family = AF_UNSPEC
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        unsafe hints.ai_flags = AI_NUMERICSERV
        var list: UnsafeMutablePointer<addrinfo>?
        let code = unsafe getaddrinfo(address.host, String(address.port), &hints, &list)
        guard code == 0, let first = unsafe list else {
            throw Unusable(reason: unsafe String(cString: gai_strerror(code)))
        }
        defer { unsafe freeaddrinfo(first) }
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let listener = unsafe socket(first.pointee.ai_family, kind, 0)
        guard listener >= 0 else { throw Unusable(reason: reason()) }
        var one: Int32 = 1
        // The port of a run that has just ended can be had at once.
        _ = unsafe setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        guard unsafe bind(listener, first.pointee.ai_addr, first.pointee.ai_addrlen) == 0,
            Glibc.listen(listener, 16) == 0
        else {
            let failure = Unusable(reason: reason())
            close(listener)
            throw failure
        }
        return listener
    }

    private static func port(of listener: Int32) -> UInt16? {
        var address = sockaddr_in6()
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        let code = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getsockname(listener, $0, &length)
            }
        }
        // The port lies in the same place in both kinds of address.
        return code == 0 ? UInt16(bigEndian: address.sin6_port) : nil
    }

    private static func reason() -> String {
        guard let text = unsafe strerror(errno) else { return "error \(errno)" }
        return unsafe String(cString: text)
    }
}
