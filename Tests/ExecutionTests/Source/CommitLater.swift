import Foundation
import Postgres
import Synchronization

/// Commits another session's transaction once somebody waits for it.
final class CommitLater: @unchecked Sendable {
    // The connections are the thread's alone from `start` on.
    private let session: Connection
    private let observer: Connection
    private let waiter: Waiter
    /// Done before the commit.
    private let meanwhile: () throws -> Void
    let wasWaitedFor = Atomic(false)

    enum Waiter {
        /// One of a plan's.
        case walsender(of: String)
        case backend(Int)

        /// Of `pg_stat_activity`.
        fileprivate var condition: String {
            switch self {
            case .walsender(let plan): "backend_type = 'walsender' and starts_with(application_name, 'skein/\(plan)/')"
            case .backend(let pid): "pid = \(pid)"
            }
        }
    }

    init(
        _ session: Connection, _ observer: Connection, waiter: Waiter,
        meanwhile: @escaping () throws -> Void = {},
    ) {
        self.session = session
        self.observer = observer
        self.meanwhile = meanwhile
        self.waiter = waiter
    }

    func start() {
        Thread.detachNewThread { [self] in
            wasWaitedFor.store(wait(for: session), ordering: .relaxed)
            try? meanwhile()
            try? session.execute("commit")
        }
    }

    /// - Returns: whether it came to that within 10 seconds.
    func wait(for session: Connection) -> Bool {
        for _ in 1...200 {
            let waits = try? observer.scalar(
                """
                select true from pg_stat_activity
                where \(waiter.condition) and $1::integer = any (pg_blocking_pids(pid))
                """, [String(session.backendPID)])
            if waits != nil { return true }
            Thread.sleep(forTimeInterval: 0.05)
        }
        return false
    }
}
