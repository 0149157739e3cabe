/// What a server said when it refused: the fields of its ErrorResponse (PostgreSQL protocol, "Error and Notice Message
/// Fields").
package struct ServerError: Error, Sendable, Equatable {
    /// Five characters, such as `42P01`.
    package var sqlState: String
    package var message: String
    package var detail: String?
    package var hint: String?
    package var context: String?
    package var schema: String?
    package var table: String?
    package var column: String?
    package var constraint: String?
    /// Position in the statement, in characters from 1.
    package var position: Int?

    package init(
        sqlState: String, message: String, detail: String? = nil, hint: String? = nil, context: String? = nil,
        schema: String? = nil, table: String? = nil, column: String? = nil, constraint: String? = nil,
        position: Int? = nil,
    ) {
        self.sqlState = sqlState
        self.message = message
        self.detail = detail
        self.hint = hint
        self.context = context
        self.schema = schema
        self.table = table
        self.column = column
        self.constraint = constraint
        self.position = position
    }
}

/// Everything that can go wrong between us and a server.
package enum PostgresError: Error, Sendable, Equatable {
    /// No connection could be made. `sqlState` where the server itself answered (28P01, 3D000, 53300, 57P03 …).
    case connect(String, sqlState: String?)
    /// The server refused a statement.
    case server(ServerError)
    /// The connection is gone; what was in flight is unknown.
    case connectionLost(String)
    /// The server answered with something that the call does not expect.
    case unexpected(String)
    case outOfMemory

    /// The server's SQLSTATE, where it gave one.
    package var sqlState: String? {
        switch self {
        case .server(let error): error.sqlState
        case .connect(_, let state): state
        default: nil
        }
    }

    /// Whether the same work may succeed when tried again a little later: the connection was lost, the server is
    /// starting, stopping or full, or a deadlock or serialization failure ended the transaction.
    ///
    /// Classes after PostgreSQL's appendix A: 08 connection, 40 rollback, 53 resources, 57P0x operator intervention;
    /// 55P03 is our own lock_timeout; 58030 an I/O error; 72000 "snapshot too old".
    package var isTransient: Bool {
        switch self {
        case .connectionLost, .outOfMemory: true
        case .unexpected: false
        case .connect(_, let state): state.map(Self.isTransient) ?? true
        case .server(let error): Self.isTransient(error.sqlState)
        }
    }

    private static func isTransient(_ state: String) -> Bool {
        // 53100 disk full and 53400 configuration limit do not mend themselves within a retry, but an operator may
        // mend them while we wait; 25006 (read-only) is a failed-over server.
        state.hasPrefix("08") || state.hasPrefix("40") || state.hasPrefix("53")
            || ["57P01", "57P02", "57P03", "57P05", "55P03", "58030"].contains(state)
    }

    /// Whether the session that met it cannot be used again.
    package var endsSession: Bool {
        switch self {
        case .connectionLost, .connect: true
        case .server(let error): ["57P01", "57P02", "57P03", "57P05", "25P03"].contains(error.sqlState)
        default: false
        }
    }
}
