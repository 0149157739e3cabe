private import CLibPQ

/// Sole owner of a `PGconn`.
@safe struct ConnectionHandle: ~Copyable {
    private let raw: OpaquePointer
    /// Takes ownership; the caller checks the status afterwards, because a failed `PGconn` must be finished too.
    init(adopting raw: OpaquePointer) { unsafe self.raw = raw }
    borrowing func withRaw<R, E: Error>(_ body: (OpaquePointer) throws(E) -> R) throws(E) -> R { unsafe try body(raw) }
    deinit { unsafe PQfinish(raw) }
}

/// One connection with pinned session settings. Blocking; not `Sendable`: only the thread that owns it may touch it.
package final class Connection {
    private let handle: ConnectionHandle
    /// `server_version_num`, such as 150020.
    package let serverVersion: Int
    private var currentApplicationName: String

    /// Connects and pins the session (`SessionSettings`).
    /// - Parameters:
    ///   - applicationName: at most 63 bytes are shown by the server; longer ones are shortened in the middle.
    ///   - settings: applied on top of the pinned ones.
    package init(
        _ target: ConnectionTarget, applicationName: String, settings: [String: String] = [:],
    ) throws(PostgresError) {
        let name = Self.shortened(applicationName)
        currentApplicationName = name
        var parameters = target.parameters
        parameters["application_name"] = name
        parameters["client_encoding"] = "UTF8"
        for (keyword, value) in SessionSettings.keepalives where parameters[keyword] == nil {
            parameters[keyword] = value
        }
        let raw = unsafe Self.connect(parameters)
        guard let raw = unsafe raw else { throw .outOfMemory }
        handle = unsafe ConnectionHandle(adopting: raw)
        guard unsafe PQstatus(raw) == CONNECTION_OK else {
            serverVersion = 0
            let message = unsafe String(cString: PQerrorMessage(raw)).trimmingNewline()
            throw .connect(message, sqlState: ConnectFailure.sqlState(of: message))
        }
        serverVersion = Int(unsafe PQserverVersion(raw))
        // Notices go to the caller's log only where it asks; libpq's default prints them on stderr.
        _ = unsafe PQsetNoticeProcessor(raw, { _, _ in }, nil)
        let isSuperuser = unsafe PQparameterStatus(raw, "is_superuser").map { unsafe String(cString: $0) } == "on"
        try execute(
            SessionSettings.pinningStatement(version: serverVersion, isSuperuser: isSuperuser, settings))
    }

    private static func connect(_ parameters: [String: String]) -> OpaquePointer? {
        let pairs = parameters.sorted { $0.key < $1.key }
        // dbname may itself be a connection string only when expand_dbname is set; ours is parsed already.
        return unsafe CStrings.with(pairs.map(\.key) + [nil]) { keywords in
            unsafe CStrings.with(pairs.map(\.value) + [nil]) { values in
                unsafe PQconnectdbParams(keywords, values, 0)
            }
        }
    }

    /// Whether libpq still thinks that the connection is up.
    package var isUp: Bool { unsafe handle.withRaw { unsafe PQstatus($0) == CONNECTION_OK } }

    /// Whether a transaction block is open, failed or not.
    package var isInTransaction: Bool {
        unsafe handle.withRaw {
            let status = unsafe PQtransactionStatus($0)
            return status == PQTRANS_INTRANS || status == PQTRANS_INERROR
        }
    }

    /// The server's process id of this session.
    package var backendPID: Int { Int(unsafe handle.withRaw { unsafe PQbackendPID($0) }) }

    package var usesTLS: Bool { unsafe handle.withRaw { unsafe PQsslInUse($0) == 1 } }

    /// Runs one or more statements (simple protocol) and throws away what they return.
    package func execute(_ sql: String) throws(PostgresError) {
        unsafe try handle.withRaw { raw throws(PostgresError) in
            let result = unsafe PQexec(raw, sql)
            defer { unsafe PQclear(result) }
            unsafe try Self.check(result, raw)
        }
    }

    /// Runs one statement with text parameters `$1 …`.
    @discardableResult
    package func query(_ sql: String, _ parameters: [String?] = []) throws(PostgresError) -> ResultSet {
        unsafe try handle.withRaw { raw throws(PostgresError) in
            let result = unsafe Self.execParams(raw, sql, parameters)
            do throws(PostgresError) {
                unsafe try Self.check(result, raw)
            } catch {
                unsafe PQclear(result)
                throw error
            }
            guard let result = unsafe result else { throw .outOfMemory }
            return unsafe ResultSet(adopting: result)
        }
    }

    /// The first column of the first row, nil where there is no row or it is NULL.
    package func scalar(_ sql: String, _ parameters: [String?] = []) throws(PostgresError) -> String? {
        let rows = try query(sql, parameters)
        return rows.count > 0 && rows.columnCount > 0 ? rows[0, 0] : nil
    }

    /// Runs `body` in a transaction: commits when it returns, rolls back when it throws.
    package func transaction<R>(_ begin: String = "begin", _ body: () throws -> R) throws -> R {
        try execute(begin)
        let value: R
        do {
            value = try body()
        } catch {
            // The first error tells what happened; a failed rollback only means that the session is gone.
            if isUp, isInTransaction { try? execute("rollback") }
            throw error
        }
        try execute("commit")
        return value
    }

    /// Names what the session does, for `pg_stat_activity`. Free when the name is the same.
    package func setApplicationName(_ name: String) throws(PostgresError) {
        let name = Self.shortened(name)
        guard name != currentApplicationName else { return }
        try query("select set_config('application_name', $1, false)", [name])
        currentApplicationName = name
    }

    /// The server keeps 63 bytes; the end of the name (the piece) says more than its middle.
    package static func shortened(_ name: String) -> String {
        // Bytes outside printable ASCII are shown as `?` or `\x..` by the server, so they are replaced before.
        let bytes = name.utf8.map { $0 >= 0x20 && $0 < 0x7F ? $0 : UInt8(ascii: "?") }
        guard bytes.count > 63 else { return String(decoding: bytes, as: UTF8.self) }
        return String(decoding: bytes.prefix(40) + [UInt8(ascii: "~")] + bytes.suffix(22), as: UTF8.self)
    }

    /// What cancels this session's running statement from another thread.
    package func makeCanceller() -> Canceller { unsafe handle.withRaw { unsafe Canceller(PQgetCancel($0)) } }

    func withRaw<R>(_ body: (OpaquePointer) throws(PostgresError) -> R) throws(PostgresError) -> R {
        unsafe try handle.withRaw(body)
    }

    private static func execParams(_ raw: OpaquePointer, _ sql: String, _ parameters: [String?]) -> OpaquePointer? {
        unsafe CStrings.with(parameters) { values in
            unsafe PQexecParams(raw, sql, Int32(parameters.count), nil, values, nil, nil, 0)
        }
    }

    static func check(_ result: OpaquePointer?, _ raw: OpaquePointer) throws(PostgresError) {
        switch unsafe PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY, PGRES_SINGLE_TUPLE: return
        case PGRES_COPY_OUT, PGRES_COPY_IN, PGRES_COPY_BOTH:
            throw .unexpected("the statement began a COPY")
        default: throw unsafe error(of: result, raw)
        }
    }

    static func error(of result: OpaquePointer?, _ raw: OpaquePointer) -> PostgresError {
        func field(_ code: Character) -> String? {
            guard let ascii = code.asciiValue, let value = unsafe PQresultErrorField(result, Int32(ascii)) else {
                return nil
            }
            return unsafe String(cString: value)
        }
        guard let state = field("C") else {
            let text = unsafe String(cString: PQerrorMessage(raw)).trimmingNewline()
            // Without a code it is libpq that failed. After a failed write the connection counts as up, because libpq has
            // not read its end yet (fe-exec.c, `pqSaveWriteError`).
            let isOwnFailure = unsafe PQresultStatus(result) == PGRES_FATAL_ERROR
            let isUp = unsafe PQstatus(raw) == CONNECTION_OK
            return isUp && !isOwnFailure ? .unexpected(text) : .connectionLost(text)
        }
        return .server(
            ServerError(
                sqlState: state, message: field("M") ?? "", detail: field("D"), hint: field("H"), context: field("W"),
                schema: field("s"), table: field("t"), column: field("c"), constraint: field("n"),
                position: field("P").flatMap { Int($0) }))
    }
}

/// Cancels a session's running statement. `PQcancel` may be called from any thread; it blocks while it connects.
@safe package final class Canceller: Sendable {
    // A PGcancel is never changed once it is made, and PQcancel may be called from any thread (libpq, "Canceling Queries").
    private nonisolated(unsafe) let raw: OpaquePointer?
    init(_ raw: OpaquePointer?) { unsafe self.raw = raw }
    /// A late cancel can hit the session's next statement: discard the session afterwards.
    package func cancel() {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { text in
            _ = unsafe PQcancel(raw, text.baseAddress, 256)
        }
    }
    deinit { unsafe PQfreeCancel(raw) }
}
