private import Dispatch
package import LogicalDecoding
private import PlanFile
private import Postgres
internal import Synchronization

/// Applies a stream's changes to the target: whole source transactions, in the order of their commits, each exactly
/// once, whatever is killed on the way (DESIGN.md, section 7).
///
/// Blocks threads of its own. One per lane at a time; a second notices that the progress moved and fails.
package final class Applier: Sendable {
    let settings: ApplySettings
    let followed: [FollowedTable]
    let open: @Sendable (LSN) throws -> any MessageSource
    let report: @Sendable (ApplyEvent) -> Void
    let control = Mutex(ApplyControl())
    let state: Mutex<ApplyStatus>

    /// - Parameters:
    ///   - tables: with all their pieces; none is applied to that lacks one (EXACTNESS.md, 10).
    ///   - open: opens the stream such that it hands out everything that ends behind a position. Called again when the
    ///     applier goes back to what is committed.
    ///   - report: called from the applier's threads.
    package init(
        _ settings: ApplySettings, tables: [FollowedTable],
        open: @escaping @Sendable (LSN) throws -> any MessageSource,
        report: @escaping @Sendable (ApplyEvent) -> Void = { _ in },
    ) {
        self.settings = settings
        followed = tables
        self.open = open
        self.report = report
        state = Mutex(ApplyStatus(position: settings.startPosition, durable: settings.startPosition))
    }

    /// Where it stands; from any thread.
    package nonisolated var status: ApplyStatus { state.withLock { $0 } }

    /// Ends `run` at the next transaction's end, everything before it committed.
    package nonisolated func stop() { control.withLock { $0.isStopping = true } }

    /// Ends `run` behind the transaction that holds a marker, nothing behind it applied. To be asked before the marker
    /// is written.
    package nonisolated func stop(atMarker token: String) { control.withLock { $0.marker = token } }

    /// Whether `run` is over: `status` stays as it is.
    package nonisolated var hasEnded: Bool { control.withLock { $0.hasEnded } }

    /// Applies until it is told to stop.
    /// - Throws: `ShapeDifference`, with everything before the transaction that needs the new shape committed;
    ///   `ApplyFailure`; `PieceFinderFailure`; `DecodingFailure`; `PostgresError`, where transient ones mean that a new
    ///   applier goes on from the state; what `open` and its source throw; `CancellationError`.
    package func run() async throws -> ApplyEnd {
        defer { control.withLock { $0.hasEnded = true } }
        let queue = DispatchQueue(label: "skein.apply")
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                queue.async { continuation.resume(with: Result { try ApplyLoop(self).run() }) }
            }
        } onCancel: {
            let workers = control.withLock { control in
                control.isCancelled = true
                return control.workers
            }
            // Cancelling connects and blocks.
            DispatchQueue.global().async { for worker in workers { worker.cancel() } }
        }
    }
}

/// What an applier was told, and by whom it can be cancelled.
struct ApplyControl {
    var isStopping = false
    var isCancelled = false
    var hasEnded = false
    var marker: String?
    var workers: [ApplyWorker] = []
}
