import Foundation
import Postgres
import Synchronization

/// Commits another session's transaction once a walsender of ours waits for it.
final class CommitLater: @unchecked Sendable {
    // The connections are the thread's alone from `start` on.
    private let session: Connection
    private let observer: Connection
    private let prefix: String
    /// Done before the commit.
    private let meanwhile: () throws -> Void
    let wasWaitedFor = Atomic(false)

    init(
        _ session: Connection, _ observer: Connection, walsenderOf planName: String,
        meanwhile: @escaping () throws -> Void = {},
    ) {
        self.session = session
        self.observer = observer
        self.meanwhile = meanwhile
        prefix = "skein/\(planName)/"
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
                where starts_with(application_name, $1) and backend_type = 'walsender'
                    and $2::integer = any (pg_blocking_pids(pid))
                """, [prefix, String(session.backendPID)])
            if waits != nil { return true }
            Thread.sleep(forTimeInterval: 0.05)
        }
        return false
    }
}
