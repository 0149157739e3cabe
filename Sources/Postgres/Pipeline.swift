private import CLibPQ

/// The parameters of one statement as libpq takes them: pointers to bytes that stay where they are until it is sent.
@safe package struct ParameterList {
    // Good as long as whoever appended them keeps the bytes: the unsafe methods below say so.
    private var values: [UnsafePointer<CChar>?]
    private var lengths: [Int32] = []
    private var formats: [Int32] = []

    package init() { unsafe values = [] }

    package var count: Int { formats.count }

    package mutating func removeAll() {
        unsafe values.removeAll(keepingCapacity: true)
        lengths.removeAll(keepingCapacity: true)
        formats.removeAll(keepingCapacity: true)
    }

    package mutating func appendNull() {
        unsafe values.append(nil)
        lengths.append(0)
        formats.append(0)
    }

    /// - Parameter value: in text form, with a zero byte behind it.
    @unsafe package mutating func append(text value: UnsafeRawPointer) {
        unsafe values.append(value.assumingMemoryBound(to: CChar.self))
        lengths.append(0)
        formats.append(0)
    }

    @unsafe package mutating func append(binary value: UnsafeRawBufferPointer) {
        // A pointer that is nil means NULL to libpq.
        let empty = unsafe UnsafeRawPointer(bitPattern: 1)
        let start = unsafe value.baseAddress ?? empty
        unsafe values.append(start?.assumingMemoryBound(to: CChar.self))
        lengths.append(Int32(truncatingIfNeeded: value.count))
        formats.append(1)
    }

    /// Adds those of another list, which are good as long as they were.
    package mutating func append(_ other: ParameterList) {
        unsafe values += other.values
        lengths += other.lengths
        formats += other.formats
    }

    func send(_ name: String, _ raw: OpaquePointer) -> Bool {
        unsafe PQsendQueryPrepared(raw, name, Int32(count), values, lengths, formats, 0) == 1
    }
}

/// Statements that are sent without waiting for the answers to those before (libpq, "Pipeline Mode"). One failure fails
/// all behind it up to the next `finish`, and ends the use of the connection: statements may or may not be prepared.
///
/// Statements are prepared once a connection, by their text. Not `Sendable`, as its connection.
package final class Pipeline {
    /// A statement that touched another number of rows than it should have.
    package struct Shortfall: Equatable, Sendable {
        package var label: Int
        package var expected: Int
        package var affected: Int
    }

    private enum Answer {
        case prepared
        case rows(expected: Int?, label: Int)
        case captured
    }

    package let connection: Connection
    private var names: [String: String] = [:]
    private var answers: [Answer] = []
    private var isOpen = false

    /// Statements under way.
    package var pending: Int { answers.count }

    package init(_ connection: Connection) { self.connection = connection }

    /// Sends a statement.
    /// - Parameters:
    ///   - types: of the parameters; 0 where the server shall infer it.
    ///   - expected: how many rows it must touch; others are reported by `finish` under `label`.
    package func send(
        _ sql: String, types: [UInt32] = [], _ parameters: ParameterList, expecting expected: Int? = nil,
        label: Int = 0, isCaptured: Bool = false,
    ) throws(PostgresError) {
        let name = try prepare(sql, types)
        let isSent = unsafe try connection.withRaw { raw in unsafe parameters.send(name, raw) }
        guard isSent else { throw lost() }
        answers.append(isCaptured ? .captured : .rows(expected: expected, label: label))
    }

    /// Sends a statement with text parameters; its first row is handed out by `finish` where `isCaptured`.
    package func send(
        _ sql: String, _ parameters: [String?] = [], expecting expected: Int? = nil, label: Int = 0,
        isCaptured: Bool = false,
    ) throws(PostgresError) {
        try open()
        let isSent = unsafe try connection.withRaw { raw in
            unsafe CStrings.with(parameters) { values in
                unsafe PQsendQueryParams(raw, sql, Int32(parameters.count), nil, values, nil, nil, 0)
            }
        }
        guard isSent == 1 else { throw lost() }
        answers.append(isCaptured ? .captured : .rows(expected: expected, label: label))
    }

    private func open() throws(PostgresError) {
        guard !isOpen else { return }
        let entered = unsafe try connection.withRaw { raw in unsafe PQenterPipelineMode(raw) }
        guard entered == 1 else { throw lost() }
        isOpen = true
    }

    private func prepare(_ sql: String, _ types: [UInt32]) throws(PostgresError) -> String {
        try open()
        if let name = names[sql] { return name }
        let name = "s\(names.count + 1)"
        let isSent = unsafe try connection.withRaw { raw in
            unsafe PQsendPrepare(raw, name, sql, Int32(types.count), types)
        }
        guard isSent == 1 else { throw lost() }
        names[sql] = name
        answers.append(.prepared)
        return name
    }

    /// Waits for all answers and leaves pipeline mode.
    /// - Throws: the first failure.
    @discardableResult
    package func finish() throws(PostgresError) -> (shortfalls: [Shortfall], captured: [[String?]]) {
        guard isOpen else { return ([], []) }
        let expected = answers
        answers = []
        return unsafe try connection.withRaw { raw throws(PostgresError) in
            guard unsafe PQpipelineSync(raw) == 1 else { throw lost() }
            var shortfalls: [Shortfall] = []
            var captured: [[String?]] = []
            var failure: PostgresError?
            for answer in expected {
                guard let result = unsafe PQgetResult(raw) else { throw failure ?? lost() }
                defer { unsafe PQclear(result) }
                let status = unsafe PQresultStatus(result)
                if status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK {
                    unsafe Self.note(answer, result, &shortfalls, &captured)
                } else if failure == nil {
                    failure = unsafe Connection.error(of: result, raw)
                }
                // Each answer ends with a nil.
                if let other = unsafe PQgetResult(raw) {
                    defer { unsafe PQclear(other) }
                    throw unsafe failure ?? Connection.error(of: other, raw)
                }
            }
            if let sync = unsafe PQgetResult(raw) {
                defer { unsafe PQclear(sync) }
                if unsafe PQresultStatus(sync) != PGRES_PIPELINE_SYNC {
                    failure = unsafe failure ?? Connection.error(of: sync, raw)
                }
            }
            if let failure { throw failure }
            guard unsafe PQexitPipelineMode(raw) == 1 else { throw lost() }
            isOpen = false
            return (shortfalls, captured)
        }
    }

    private static func note(
        _ answer: Answer, _ result: OpaquePointer, _ shortfalls: inout [Shortfall], _ captured: inout [[String?]],
    ) {
        switch answer {
        case .prepared: break
        case .rows(let expected, let label):
            guard let expected else { return }
            let affected = Int(unsafe String(cString: PQcmdTuples(result))) ?? 0
            if affected != expected {
                shortfalls.append(Shortfall(label: label, expected: expected, affected: affected))
            }
        case .captured:
            guard unsafe PQntuples(result) > 0 else { return captured.append([]) }
            captured.append(
                unsafe (0..<PQnfields(result)).map { column in
                    guard unsafe PQgetisnull(result, 0, column) == 0, let value = unsafe PQgetvalue(result, 0, column)
                    else { return nil }
                    return unsafe String(cString: value)
                })
        }
    }

    private func lost() -> PostgresError {
        let text =
            unsafe (try? connection.withRaw { raw in unsafe String(cString: PQerrorMessage(raw)) }) ?? ""
        return .connectionLost(text.trimmingNewline())
    }
}
