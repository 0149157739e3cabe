private import Dispatch
package import Postgres
private import Synchronization

/// The two ends that a task works on: connected on first use, named after the task, dropped when they broke.
///
/// Only touched on its link's own thread.
package final class Ends {
    private let context: RunContext
    private let cancellers: Cancellers
    private var sourceConnection: Connection?
    private var targetConnection: Connection?
    private var replicationConnection: Connection?
    private var name = ""

    fileprivate init(_ context: RunContext, _ cancellers: Cancellers) {
        self.context = context
        self.cancellers = cancellers
    }

    fileprivate func begin(_ name: String) { self.name = context.applicationName(name) }

    package func source() throws(PostgresError) -> Connection {
        if let sourceConnection {
            try sourceConnection.setApplicationName(name)
            return sourceConnection
        }
        let connection = try Connection(context.source, applicationName: name)
        cancellers.source.withLock { $0 = connection.makeCanceller() }
        sourceConnection = connection
        return connection
    }

    package func target() throws(PostgresError) -> Connection {
        if let targetConnection {
            try targetConnection.setApplicationName(name)
            return targetConnection
        }
        let connection = try Connection(context.target, applicationName: name, settings: context.targetSettings)
        cancellers.target.withLock { $0 = connection.makeCanceller() }
        targetConnection = connection
        return connection
    }

    /// A session in replication mode on the source's database, for as long as the task runs.
    package func replication() throws(PostgresError) -> Connection {
        let connection = try Connection(context.source.with("replication", "database"), applicationName: name)
        cancellers.replication.withLock { $0 = connection.makeCanceller() }
        replicationConnection = connection
        return connection
    }

    /// Drops what broke; with `all`, both ends, since a late cancel could hit the next statement.
    fileprivate func tidy(all: Bool) {
        cancellers.replication.withLock { $0 = nil }
        replicationConnection = nil
        if all || sourceConnection.map({ !$0.isUp || $0.isInTransaction }) == true {
            cancellers.source.withLock { $0 = nil }
            sourceConnection = nil
        }
        if all || targetConnection.map({ !$0.isUp || $0.isInTransaction }) == true {
            cancellers.target.withLock { $0 = nil }
            targetConnection = nil
        }
    }
}

private final class Cancellers: Sendable {
    let source = Mutex<Canceller?>(nil)
    let target = Mutex<Canceller?>(nil)
    let replication = Mutex<Canceller?>(nil)

    func cancel() {
        for canceller in [target.withLock { $0 }, source.withLock { $0 }, replication.withLock { $0 }] {
            canceller?.cancel()
        }
    }
}

/// A thread with a connection to each server, so that rows never hop between threads.
package actor Link {
    private nonisolated let executor = QueueExecutor(label: "skein.link")
    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }
    private nonisolated let cancellers: Cancellers
    private let context: RunContext
    private var ends: Ends?
    /// Which worker it is, where it does tasks: `table-jobs 1`.
    package nonisolated let name: String
    /// Compares on sessions of its own, because both servers work at the same time.
    package nonisolated let verifier: Verifier

    package init(_ context: RunContext, name: String = "") {
        self.context = context
        self.name = name
        cancellers = Cancellers()
        verifier = Verifier(context, snapshot: nil)
    }

    private func perform<R: Sendable>(_ name: String, _ body: @Sendable (Ends) throws -> R) throws -> R {
        try Task.checkCancellation()
        let ends = self.ends ?? Ends(context, cancellers)
        self.ends = ends
        ends.begin(name)
        defer { ends.tidy(all: Task.isCancelled) }
        return try body(ends)
    }

    /// Closes all connections.
    package func close() async {
        ends = nil
        await verifier.close()
    }

    /// Runs `body` to its end on this link's own thread; cancelling the task cancels what runs on both servers.
    /// - Parameter name: what the sessions are called in `pg_stat_activity`, behind `skein/PLAN/`.
    package nonisolated func run<R: Sendable>(
        _ name: String, _ body: @Sendable (Ends) throws -> R,
    ) async throws -> R {
        try await withTaskCancellationHandler {
            try await perform(name, body)
        } onCancel: {
            let cancellers = cancellers
            DispatchQueue.global().async { cancellers.cancel() }
        }
    }
}
