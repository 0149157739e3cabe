private import CLibPQ

#if canImport(Glibc)
    private import Glibc
#endif

/// What the server sends while it streams (PostgreSQL protocol, "Streaming Replication Protocol").
package enum ReplicationMessage: Sendable, BitwiseCopyable {
    /// XLogData: a message of the output plugin, which `withPayload` lends. `sent` in microseconds since 2000.
    case data(position: UInt64, serverEnd: UInt64, sent: Int64)
    /// Everything before `serverEnd` was sent.
    case keepalive(serverEnd: UInt64, sent: Int64, wantsReply: Bool)
}

extension ReplicationConnection {
    /// Begins to stream from `position`, or from what was confirmed if that is later.
    /// - Throws: 42704 where there is no such slot; 55006 where another process streams from it; 55000 where the server
    ///   no longer has what it needs.
    package func startReplication(
        slot: String, from position: UInt64, options: [(name: String, value: String)],
    ) throws(PostgresError) {
        let list = options.map { Self.quoted($0.name) + " " + Self.literal($0.value) }.joined(separator: ", ")
        let command =
            "START_REPLICATION SLOT \(Self.quoted(slot)) LOGICAL \(WALPosition.text(position))"
            + (list.isEmpty ? "" : " (\(list))")
        let result = unsafe try lastResult(command)
        defer { unsafe PQclear(result) }
        guard unsafe PQresultStatus(result) != PGRES_COPY_BOTH else {
            // A blocked send must not keep us from reading.
            _ = unsafe handle.withRaw { unsafe PQsetnonblocking($0, 1) }
            return
        }
        unsafe try handle.withRaw { raw throws(PostgresError) in unsafe try Connection.check(result, raw) }
        throw .unexpected("the server began no stream")
    }

    /// The next message if one is there; does not wait.
    package func next() throws(PostgresError) -> ReplicationMessage? {
        unsafe PQfreemem(message)
        unsafe message = nil
        payload = 0..<0
        let length = Int(unsafe handle.withRaw { unsafe PQgetCopyData($0, &message, 1) })
        if length == 0 { return nil }
        guard length > 0, let start = unsafe message else { throw streamEnd() }
        let bytes = unsafe UnsafeRawBufferPointer(start: start, count: length)
        func number(_ offset: Int) -> UInt64 {
            unsafe UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        }
        switch unsafe bytes[0] {
        case UInt8(ascii: "w") where length >= 25:
            payload = 25..<length
            return .data(position: number(1), serverEnd: number(9), sent: Int64(bitPattern: number(17)))
        case UInt8(ascii: "k") where length >= 18:
            return .keepalive(
                serverEnd: number(1), sent: Int64(bitPattern: number(9)), wantsReply: unsafe bytes[17] != 0)
        default: throw .unexpected("the server sent a message of kind \(unsafe bytes[0])")
        }
    }

    /// Bytes that the output plugin wrote.
    package var payloadSize: Int { payload.count }

    /// Lends what the output plugin wrote, of the message that `next` gave last.
    package func withPayload<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        let bytes = unsafe UnsafeRawBufferPointer(start: message, count: payload.upperBound)
        return unsafe try body(UnsafeRawBufferPointer(rebasing: bytes[payload]))
    }

    /// Waits until there may be another message, until the signal is given or `deadline`, sending meanwhile what could
    /// not be sent before.
    /// - Parameter isReading: false leaves on the server what it sends.
    @discardableResult
    package func wait(
        until deadline: ContinuousClock.Instant, isReading: Bool = true,
    ) throws(PostgresError) -> Readiness {
        try sendRest()
        let events = (isReading ? Int16(POLLIN) : 0) | (hasUnsent ? Int16(POLLOUT) : 0)
        let readiness = try wait(for: events, until: deadline)
        // Also when the time is up: TLS may hold bytes that the socket does not show. And where nothing was asked for, a
        // socket that is ready has failed.
        if isReading && readiness != .woken || events == 0 && readiness == .ready { try consumeInput() }
        try sendRest()
        return readiness
    }

    /// Tells the server how far we are: "standby status update". Positions are behind the last byte.
    /// - Parameters:
    ///   - flushed: what the slot need not send again.
    ///   - clock: microseconds since 2000.
    package func sendStatus(
        written: UInt64, flushed: UInt64, applied: UInt64, clock: Int64, wantsReply: Bool = false,
    ) throws(PostgresError) {
        var bytes: InlineArray<34, UInt8> = .init(repeating: 0)
        bytes[0] = UInt8(ascii: "r")
        for (field, value) in [written, flushed, applied, UInt64(bitPattern: clock)].enumerated() {
            for byte in 0..<8 {
                bytes[1 + field * 8 + byte] = UInt8(truncatingIfNeeded: value >> UInt64(56 - byte * 8))
            }
        }
        bytes[33] = wantsReply ? 1 : 0
        let status = unsafe bytes.span.withUnsafeBytes { bytes in
            let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            return unsafe handle.withRaw { unsafe PQputCopyData($0, start, 34) }
        }
        guard status >= 0 else { throw .connectionLost(lastMessage) }
        // Not taken for want of room: the next one says more.
        hasUnsent = true
        try sendRest()
    }

    private func sendRest() throws(PostgresError) {
        guard hasUnsent else { return }
        let status = unsafe handle.withRaw { unsafe PQflush($0) }
        guard status >= 0 else { throw .connectionLost(lastMessage) }
        hasUnsent = status == 1
    }

    /// Why the stream ended.
    private func streamEnd() -> PostgresError {
        unsafe handle.withRaw { raw in
            guard unsafe PQstatus(raw) == CONNECTION_OK else { return .connectionLost(lastMessage) }
            let result = unsafe PQgetResult(raw)
            defer { unsafe PQclear(result) }
            guard unsafe PQresultStatus(result) == PGRES_FATAL_ERROR else {
                return .connectionLost("the server ended the stream")
            }
            return unsafe Connection.error(of: result, raw)
        }
    }
}

/// Positions in the WAL as the server writes them: two hexadecimal numbers of 32 bits.
package enum WALPosition {
    package static func text(_ position: UInt64) -> String {
        String(position >> 32, radix: 16, uppercase: true) + "/"
            + String(position & 0xFFFF_FFFF, radix: 16, uppercase: true)
    }

    /// Nil for anything else.
    package static func parse(_ text: String) -> UInt64? {
        let halves = text.split(separator: "/", omittingEmptySubsequences: false)
        guard halves.count == 2, let high = UInt32(halves[0], radix: 16), let low = UInt32(halves[1], radix: 16) else {
            return nil
        }
        return UInt64(high) << 32 | UInt64(low)
    }
}
