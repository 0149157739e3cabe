private import CLibPQ

#if canImport(Glibc)
    private import Glibc
#endif

/// A connection that speaks the streaming replication protocol of a database (`replication=database`): receives what an
/// output plugin sends. Not `Sendable`: only the thread that owns it may touch it.
///
/// Nothing in it waits longer than the signal that it was given: whoever gives that gets `interrupted` thrown, in any
/// call. The server speaks only the simple query protocol there, so values are written into statements, quoted.
@safe package final class ReplicationConnection {
    let handle: ConnectionHandle
    private let notices = NoticeLog()
    let wake: WakeSignal?
    /// `server_version_num`, such as 150020.
    package private(set) var serverVersion = 0
    /// The last message of the stream, to be freed by `PQfreemem`.
    var message: UnsafeMutablePointer<CChar>?
    /// Where the plugin's bytes are in it.
    var payload = 0..<0
    /// Something waits until the socket takes it.
    var hasUnsent = false

    /// What every call throws once the signal is given.
    package static let interrupted = PostgresError.connectionLost("stopped")

    /// Connects and pins the session as all of ours (`SessionSettings`): what the output plugin writes depends on it.
    /// - Parameters:
    ///   - wake: interrupts whatever is waited for.
    package init(
        _ target: ConnectionTarget, applicationName: String, settings: [String: String] = [:], wake: WakeSignal? = nil,
    ) throws(PostgresError) {
        self.wake = wake
        var parameters = target.parameters
        parameters["application_name"] = Connection.shortened(applicationName)
        parameters["client_encoding"] = "UTF8"
        parameters["replication"] = "database"
        for (keyword, value) in SessionSettings.keepalives where parameters[keyword] == nil {
            parameters[keyword] = value
        }
        let pairs = parameters.sorted { $0.key < $1.key }
        let raw = unsafe CStrings.with(pairs.map(\.key) + [nil]) { keywords in
            unsafe CStrings.with(pairs.map(\.value) + [nil]) { unsafe PQconnectStartParams(keywords, $0, 0) }
        }
        guard let raw = unsafe raw else { throw .outOfMemory }
        handle = unsafe ConnectionHandle(adopting: raw)
        unsafe notices.install(on: raw)
        try finishConnecting(within: .seconds(parameters["connect_timeout"].flatMap { Int($0) } ?? 10))
        serverVersion = Int(unsafe PQserverVersion(raw))
        let isSuperuser = unsafe PQparameterStatus(raw, "is_superuser").map { unsafe String(cString: $0) } == "on"
        var settings = settings
        // Feedback goes out at least every few seconds; a server that is set to notice sooner would cut us off while a
        // slow disk syncs. Settable by a session since PostgreSQL 12.
        if serverVersion >= 120_000, settings["wal_sender_timeout"] == nil { settings["wal_sender_timeout"] = "60s" }
        try query(SessionSettings.pinningStatement(version: serverVersion, isSuperuser: isSuperuser, settings))
    }

    deinit { unsafe PQfreemem(message) }

    private func finishConnecting(within time: Duration) throws(PostgresError) {
        let deadline = ContinuousClock.now + time
        var events = Int16(POLLOUT)
        while true {
            switch try wait(for: events, until: deadline) {
            case .woken: throw Self.interrupted
            case .timedOut: throw .connect("timeout expired", sqlState: nil)
            case .ready: break
            }
            switch unsafe handle.withRaw({ unsafe PQconnectPoll($0) }) {
            case PGRES_POLLING_OK: return
            case PGRES_POLLING_READING: events = Int16(POLLIN)
            case PGRES_POLLING_WRITING: events = Int16(POLLOUT)
            default:
                let message = lastMessage
                throw .connect(message, sqlState: ConnectFailure.sqlState(of: message))
            }
        }
    }

    /// Warnings and notices since the last call.
    package func takeNotices() -> [ServerNotice] { notices.take() }

    /// The server's process id of this session.
    package var backendPID: Int { Int(unsafe handle.withRaw { unsafe PQbackendPID($0) }) }

    /// Runs SQL or a replication command; the answer to the last of several.
    @discardableResult
    package func query(_ sql: String) throws(PostgresError) -> ResultSet {
        let result = unsafe try lastResult(sql)
        do throws(PostgresError) {
            unsafe try handle.withRaw { raw throws(PostgresError) in unsafe try Connection.check(result, raw) }
        } catch {
            unsafe PQclear(result)
            throw error
        }
        guard let result = unsafe result else { throw .unexpected("the server gave no answer") }
        return unsafe ResultSet(adopting: result)
    }

    /// Sends the statement and waits for the last result, or the first that failed or began a COPY.
    func lastResult(_ sql: String) throws(PostgresError) -> OpaquePointer? {
        guard unsafe handle.withRaw({ unsafe PQsendQuery($0, sql) }) == 1 else { throw .connectionLost(lastMessage) }
        var last: OpaquePointer?
        while true {
            while unsafe handle.withRaw({ unsafe PQisBusy($0) }) == 1 {
                do throws(PostgresError) {
                    let readiness = try wait(for: Int16(POLLIN), until: nil)
                    if readiness == .woken { throw Self.interrupted }
                    try consumeInput()
                } catch {
                    unsafe PQclear(last)
                    throw error
                }
            }
            guard let result = unsafe handle.withRaw({ unsafe PQgetResult($0) }) else { return unsafe last }
            unsafe PQclear(last)
            unsafe last = result
            if unsafe PQresultStatus(result) == PGRES_COPY_BOTH { return unsafe last }
        }
    }

    /// A value, as a literal of SQL.
    package static func literal(_ text: String) -> String {
        // `standard_conforming_strings` is pinned, so a backslash is itself.
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
    }

    static func quoted(_ name: String) -> String {
        "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }

    var lastMessage: String {
        unsafe handle.withRaw { unsafe String(cString: PQerrorMessage($0)) }.trimmingNewline()
    }

    func consumeInput() throws(PostgresError) {
        guard unsafe handle.withRaw({ unsafe PQconsumeInput($0) }) == 1 else { throw .connectionLost(lastMessage) }
    }

    package enum Readiness: Sendable {
        case ready
        case timedOut
        case woken
    }

    /// Waits until the socket is ready, the signal is given or the time is up.
    func wait(
        for events: Int16, until deadline: ContinuousClock.Instant?,
    ) throws(PostgresError) -> Readiness {
        let socket = unsafe handle.withRaw { unsafe PQsocket($0) }
        guard socket >= 0 else { throw .connectionLost(lastMessage) }
        while true {
            var milliseconds: Int32 = 1000
            if let deadline {
                let (seconds, attoseconds) = (deadline - ContinuousClock.now).components
                let left = seconds * 1000 + attoseconds / 1_000_000_000_000_000
                if left < 0 { return .timedOut }
                // Rounded up, so as not to spin in the last one.
                milliseconds = Int32(min(left + 1, 1000))
            }
            var entries: InlineArray<2, pollfd> = [
                pollfd(fd: socket, events: events, revents: 0),
                pollfd(fd: wake?.descriptor ?? -1, events: Int16(POLLIN), revents: 0),
            ]
            var span = entries.mutableSpan
            let count = unsafe span.withUnsafeMutableBufferPointer { entries in
                unsafe poll(entries.baseAddress, 2, milliseconds)
            }
            if entries[1].revents != 0 { return .woken }
            if count > 0 { return .ready }
        }
    }
}
