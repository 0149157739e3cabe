private import CLibPQ

/// A `COPY … FROM STDIN` that is fed from memory.
extension Connection {
    /// Begins it.
    package func beginCopy(_ sql: String) throws(PostgresError) {
        unsafe try withRaw { raw throws(PostgresError) in
            let result = unsafe PQexec(raw, sql)
            defer { unsafe PQclear(result) }
            guard unsafe PQresultStatus(result) == PGRES_COPY_IN else {
                unsafe try Connection.check(result, raw)
                throw .unexpected("the statement began no COPY")
            }
        }
    }

    /// Sends data, cut anywhere. Blocks while the server takes none.
    package func putCopy(_ data: UnsafeRawBufferPointer) throws(PostgresError) {
        // libpq makes room for a whole call's data before it sends any.
        var rest = unsafe data[...]
        while unsafe !rest.isEmpty {
            let part = unsafe UnsafeRawBufferPointer(rebasing: rest.prefix(256 << 10))
            let result = unsafe try withRaw { raw in
                unsafe PQputCopyData(raw, part.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(part.count))
            }
            guard result == 1 else { throw failureText() }
            unsafe rest = rest.dropFirst(part.count)
        }
    }

    /// Ends it.
    /// - Returns: how many rows were copied.
    @discardableResult
    package func endCopy() throws(PostgresError) -> Int {
        unsafe try withRaw { raw throws(PostgresError) in
            guard unsafe PQputCopyEnd(raw, nil) == 1 else { throw failureText() }
            var (rows, failure): (Int, PostgresError?) = (0, nil)
            while let result = unsafe PQgetResult(raw) {
                defer { unsafe PQclear(result) }
                let status = unsafe PQresultStatus(result)
                if status == PGRES_COMMAND_OK {
                    rows = Int(unsafe String(cString: PQcmdTuples(result))) ?? 0
                } else {
                    failure = unsafe failure ?? Connection.error(of: result, raw)
                }
                // A lost connection answers COPY_IN for ever.
                if status == PGRES_COPY_IN { break }
            }
            if let failure { throw failure }
            return rows
        }
    }

    private func failureText() -> PostgresError {
        let text = unsafe (try? withRaw { raw in unsafe String(cString: PQerrorMessage(raw)) }) ?? ""
        return .connectionLost(text.trimmingNewline())
    }
}
