private import CLibPQ
package import Synchronization

#if canImport(Glibc)
    private import Glibc
#endif

/// What one COPY moved.
package struct CopyResult: Sendable, Equatable {
    package var rows: Int64
    /// Bytes of row data, without protocol framing.
    package var bytes: Int64
}

/// Moves rows from a `COPY … TO STDOUT` to a `COPY … FROM STDIN`, both of the same format, through one buffer of fixed
/// size: rows stream, and a slow target stops the reading because `PQputCopyData` on a blocking connection blocks.
///
/// The protocol lets CopyData messages cut the data anywhere (PostgreSQL protocol, "COPY Operations"), so rows are
/// gathered: a message per row costs both ends more than the copying itself.
package enum CopyPump {
    /// Bytes gathered before they are sent; larger did not measure faster.
    private static let batchSize = 64 << 10

    /// - Parameters:
    ///   - copied: is added to as bytes are handed to the target; for progress displays.
    /// - Throws: the target's error where both fail, since the source's is then only the consequence.
    package static func run(
        from source: Connection, _ copyOut: String, to target: Connection, _ copyIn: String,
        copied: borrowing Atomic<Int64>,
    ) throws(PostgresError) -> CopyResult {
        try begin(source, copyOut, expecting: PGRES_COPY_OUT)
        do throws(PostgresError) {
            try begin(target, copyIn, expecting: PGRES_COPY_IN)
        } catch {
            abandonCopyOut(source)
            throw error
        }
        let buffer = UnsafeMutableRawPointer.allocate(byteCount: batchSize, alignment: 16)
        defer { unsafe buffer.deallocate() }
        var (filled, bytes): (Int, Int64) = (0, 0)
        var isRefused = false

        func send(_ data: UnsafeRawPointer, _ count: Int) {
            let isTaken = unsafe !target.refusesMore() && target.put(data, count)
            guard isTaken else {
                isRefused = true
                return
            }
            bytes += Int64(count)
            copied.add(Int64(count), ordering: .relaxed)
        }

        while !isRefused, let (row, length) = unsafe source.nextCopyData() {
            defer { unsafe PQfreemem(row) }
            if filled + length > batchSize {
                if filled > 0 { unsafe send(buffer, filled) }
                filled = 0
                if length > batchSize {
                    unsafe send(row, length)
                    continue
                }
            }
            unsafe buffer.advanced(by: filled).copyMemory(from: row, byteCount: length)
            filled += length
        }
        if filled > 0, !isRefused { unsafe send(buffer, filled) }
        if isRefused {
            let refusal = target.endCopyIn(failing: "skein stops this copy")
            abandonCopyOut(source)
            throw refusal.error ?? .unexpected("the target ended the copy without saying why")
        }
        if let failure = source.endCopyOut() {
            _ = target.endCopyIn(failing: "the source failed")
            throw failure
        }
        let end = target.endCopyIn(failing: nil)
        if let error = end.error { throw error }
        return CopyResult(rows: end.rows, bytes: bytes)
    }

    /// Reads a whole `COPY … TO STDOUT` in batches; for what is not handed on to another server.
    package static func read(
        from source: Connection, _ copyOut: String, _ body: (borrowing RawSpan) -> Void,
    ) throws(PostgresError) {
        try begin(source, copyOut, expecting: PGRES_COPY_OUT)
        while let (row, length) = unsafe source.nextCopyData() {
            body(unsafe UnsafeRawBufferPointer(start: row, count: length).bytes)
            unsafe PQfreemem(row)
        }
        if let failure = source.endCopyOut() { throw failure }
    }

    private static func begin(
        _ connection: Connection, _ sql: String, expecting status: ExecStatusType,
    ) throws(PostgresError) {
        unsafe try connection.withRaw { raw throws(PostgresError) in
            let result = unsafe PQexec(raw, sql)
            defer { unsafe PQclear(result) }
            guard unsafe PQresultStatus(result) == status else {
                unsafe try Connection.check(result, raw)
                throw .unexpected("the statement began no COPY")
            }
        }
    }

    /// Ends a COPY OUT that nobody reads on: cancels it and drains what is under way.
    private static func abandonCopyOut(_ connection: Connection) {
        connection.makeCanceller().cancel()
        while let (row, _) = unsafe connection.nextCopyData() { unsafe PQfreemem(row) }
        _ = connection.endCopyOut()
    }
}

extension Connection {
    /// The next row of a COPY OUT, to be freed by `PQfreemem`; nil at its end or when it failed.
    fileprivate func nextCopyData() -> (UnsafeMutablePointer<CChar>, Int)? {
        var row: UnsafeMutablePointer<CChar>?
        let length = unsafe (try? withRaw { raw in unsafe PQgetCopyData(raw, &row, 0) }) ?? -2
        guard length > 0, let row = unsafe row else { return nil }
        return unsafe (row, Int(length))
    }

    /// False where the connection does not take it.
    fileprivate func put(_ data: UnsafeRawPointer, _ count: Int) -> Bool {
        let bytes = unsafe data.assumingMemoryBound(to: CChar.self)
        return unsafe (try? withRaw { raw in unsafe PQputCopyData(raw, bytes, Int32(count)) }) == 1
    }

    /// Waits until the server takes more, or has sent an error: it throws away all that follows then, so without this
    /// look a refused row at the start costs the whole piece. libpq itself does not look before the copy ends; and what
    /// it reads while it waits for room is not seen here, which is why the waiting is done here. Not under TLS.
    fileprivate func refusesMore() -> Bool {
        guard !usesTLS else { return false }
        let socket = unsafe (try? withRaw { raw in unsafe PQsocket(raw) }) ?? -1
        guard socket >= 0 else { return true }
        var descriptor = pollfd(fd: socket, events: Int16(POLLIN | POLLOUT), revents: 0)
        while unsafe poll(&descriptor, 1, -1) < 0, errno == EINTR {}
        guard descriptor.revents & Int16(POLLIN) != 0 else { return false }
        var first: UInt8 = 0
        let count = unsafe recv(socket, &first, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT))
        return count == 1 && first == UInt8(ascii: "E")
    }

    /// Reads the result that follows a COPY OUT: nil where it ended well.
    fileprivate func endCopyOut() -> PostgresError? { finish().error }

    /// Ends a COPY IN, well or with a reason to fail.
    fileprivate func endCopyIn(failing reason: String?) -> (rows: Int64, error: PostgresError?) {
        _ = unsafe try? withRaw { raw in unsafe PQputCopyEnd(raw, reason) }
        return finish()
    }

    private func finish() -> (rows: Int64, error: PostgresError?) {
        var (rows, failure): (Int64, PostgresError?) = (0, nil)
        unsafe try? withRaw { raw in
            while let result = unsafe PQgetResult(raw) {
                defer { unsafe PQclear(result) }
                let status = unsafe PQresultStatus(result)
                if status == PGRES_COMMAND_OK {
                    rows = Int64(unsafe String(cString: PQcmdTuples(result))) ?? 0
                } else if failure == nil {
                    failure = unsafe Connection.error(of: result, raw)
                }
                // A lost connection answers COPY_IN for ever.
                if status == PGRES_COPY_IN || status == PGRES_COPY_OUT { break }
            }
            if failure == nil, unsafe PQstatus(raw) != CONNECTION_OK {
                failure = .connectionLost(unsafe String(cString: PQerrorMessage(raw)).trimmingNewline())
            }
        }
        return (rows, failure)
    }
}
