internal import Postgres

/// What lies between us and the server.
struct Link: Sendable {
    /// Of the fastest of some round trips.
    var roundTripSeconds: Double
    var poolerEvidence: String?

    /// Must run outside a transaction: only there does a pooler that pools transactions change servers.
    static func measure(_ connection: Connection) throws -> Link {
        let clock = ContinuousClock()
        var fastest: Duration?
        var processes: [String] = []
        for _ in 0..<5 {
            let start = clock.now
            let process = try connection.scalar("select pg_catalog.pg_backend_pid()") ?? ""
            fastest = min(fastest ?? .seconds(60), clock.now - start)
            if !processes.contains(process) { processes.append(process) }
        }
        let (seconds, attoseconds) = (fastest ?? .zero).components
        return Link(
            roundTripSeconds: Double(seconds) + Double(attoseconds) / 1e18,
            poolerEvidence: evidence(announced: String(connection.backendPID), processes))
    }

    /// A server announces its process when a session starts (BackendKeyData, for cancelling) and `pg_backend_pid()`
    /// gives the same number. A pooler announces a key of its own: it must route a cancel request to whichever server
    /// process works for the session by then. Addresses and ports prove nothing, because containers and load balancers
    /// that only forward change them too.
    static func evidence(announced: String, _ processes: [String]) -> String? {
        if processes.count > 1 {
            return "statements of one session were answered by different server processes "
                + "(\(processes.joined(separator: ", ")))"
        }
        guard let process = processes.first, process != announced else { return nil }
        return "the session was announced as process \(announced), but server process \(process) answers"
    }
}
