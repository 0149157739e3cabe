private import Dispatch
package import Postgres

extension TestServers {
    /// Runs `body` on a thread of its own, so that blocking calls hold no cooperative thread. Cancelling the task does
    /// not end it: what cleans up must run to its end.
    ///
    /// A serial queue has a thread whenever it needs one. The global queues share a few, on two cores four, with all
    /// other tests and with Swift's own executor: bodies that wait for each other would wait for ever.
    package static func blocking<R: Sendable>(_ body: @escaping @Sendable () throws -> R) async throws -> R {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue(label: "skein.tests").async { continuation.resume(with: Result(catching: body)) }
        }
    }

    /// Connects, runs `body` on a thread of its own, disconnects.
    package static func withConnection<R: Sendable>(
        to target: ConnectionTarget, settings: [String: String] = [:],
        _ body: @escaping @Sendable (Connection) throws -> R,
    ) async throws -> R {
        try await blocking {
            try body(Connection(target, applicationName: "skein tests", settings: settings))
        }
    }

    /// Runs statements, one batch after the other, each batch an implicit transaction of its own.
    package static func execute(_ batches: String..., on target: ConnectionTarget) async throws {
        try await withConnection(to: target) { connection in
            for batch in batches { try connection.execute(batch) }
        }
    }

    /// The first column of all rows.
    package static func column(_ sql: String, on target: ConnectionTarget) async throws -> [String?] {
        try await withConnection(to: target) { connection in
            let rows = try connection.query(sql)
            return rows.indices.map { rows[$0, 0] }
        }
    }
}
