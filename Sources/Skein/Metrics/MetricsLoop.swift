import Postgres

#if canImport(Glibc)
    import Glibc
#endif

/// The server's thread: waits for whichever client can go on.
struct MetricsLoop {
    /// A connection. Its request has to be there, and its answer taken, before its time is up.
    private struct Client {
        var descriptor: Int32
        var exchange = HTTPExchange()
        var answer: [UInt8] = []
        var sent = 0
        /// Everything is sent: its end is waited for, so that the answer is not lost with what it still says.
        var isEnding = false
        var deadline: ContinuousClock.Instant

        var isAnswered: Bool { !answer.isEmpty }
    }

    /// More at once are not for metrics: the oldest has to go.
    private static let mostClients = 16
    private static let patience = Duration.seconds(5)

    private let listener: Int32
    private let wake: WakeSignal
    private let metrics: () -> String
    private var clients: [Client] = []
    /// The system had no descriptor left: it is not asked again before.
    private var listensAgain: ContinuousClock.Instant?
    private let clock = ContinuousClock()

    init(listener: Int32, wake: WakeSignal, metrics: @escaping () -> String) {
        self.listener = listener
        self.wake = wake
        self.metrics = metrics
    }

    /// Until it is woken.
    mutating func run() {
        defer {
            for client in clients { close(client.descriptor) }
            close(listener)
        }
        while true {
            var entries = [pollfd(fd: wake.descriptor, events: Int16(POLLIN), revents: 0)]
            let isListening = listensAgain.map { $0 <= clock.now } ?? true
            entries.append(pollfd(fd: isListening ? listener : -1, events: Int16(POLLIN), revents: 0))
            for client in clients {
                let writes = client.isAnswered && !client.isEnding
                entries.append(pollfd(fd: client.descriptor, events: Int16(writes ? POLLOUT : POLLIN), revents: 0))
            }
            _ = unsafe poll(&entries, nfds_t(entries.count), clients.isEmpty && isListening ? -1 : 250)
            if entries[0].revents != 0 { return }
            // From the end, as clients leave.
            for index in clients.indices.reversed() { advance(index, isReady: entries[index + 2].revents != 0) }
            if entries[1].revents != 0 { accept() }
        }
    }

    private mutating func accept() {
        let descriptor = Glibc.accept(listener, nil, nil)
        guard descriptor >= 0 else {
            if errno == EMFILE || errno == ENFILE { listensAgain = clock.now + .seconds(1) }
            return
        }
        listensAgain = nil
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        if clients.count >= Self.mostClients { leave(0) }
        clients.append(Client(descriptor: descriptor, deadline: clock.now + Self.patience))
    }

    private mutating func leave(_ index: Int) {
        close(clients[index].descriptor)
        clients.remove(at: index)
    }

    private mutating func advance(_ index: Int, isReady: Bool) {
        guard clients[index].deadline > clock.now else {
            // Told once, if it takes that at once.
            if !clients[index].isAnswered { _ = Self.send(HTTPExchange.timeout[...], to: clients[index].descriptor) }
            return leave(index)
        }
        guard isReady else { return }
        if clients[index].isEnding || !clients[index].isAnswered {
            guard read(index) else { return leave(index) }
        }
        if clients[index].isAnswered, !clients[index].isEnding {
            guard write(index) else { return leave(index) }
        }
    }

    /// - Returns: whether the connection stays.
    private mutating func read(_ index: Int) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = unsafe recv(clients[index].descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { return count < 0 && (errno == EAGAIN || errno == EINTR) }
        if clients[index].isEnding { return true }
        if let answer = clients[index].exchange.receive(buffer[..<count], metrics: metrics) {
            clients[index].answer = answer
        }
        return true
    }

    /// - Returns: whether the connection stays.
    private mutating func write(_ index: Int) -> Bool {
        let client = clients[index]
        guard let count = Self.send(client.answer[client.sent...], to: client.descriptor) else { return false }
        clients[index].sent += count
        if clients[index].sent == client.answer.count {
            shutdown(client.descriptor, Int32(SHUT_WR))
            clients[index].isEnding = true
            clients[index].deadline = min(client.deadline, clock.now + .seconds(1))
        }
        return true
    }

    /// - Returns: how many bytes were taken; nil where the connection is gone.
    private static func send(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Int? {
        let count = unsafe bytes.withUnsafeBytes { buffer in
            unsafe Glibc.send(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_NOSIGNAL))
        }
        if count < 0 { return errno == EAGAIN || errno == EINTR ? 0 : nil }
        return count
    }
}
