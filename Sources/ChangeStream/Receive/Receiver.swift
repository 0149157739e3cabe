private import Dispatch
package import LogicalDecoding
import Postgres
private import Synchronization

/// Receives the source's changes into a spool, on a thread of its own, and tells the source what is safe.
package final class Receiver: Sendable {
    let options: ReceiverOptions
    let spool: Spool
    let applied: @Sendable () -> LSN
    let report: @Sendable (ReceiverEvent) -> Void
    let wake = WakeSignal()
    private let stopping = Atomic(false)
    private let current = Mutex(ReceiverStatus())

    /// - Parameters:
    ///   - applied: how far the target has everything durably, all lanes of it; asked often, from the receiver's thread.
    ///   - onEvent: called on the receiver's thread.
    package init(
        _ options: ReceiverOptions, into spool: Spool, applied: @escaping @Sendable () -> LSN,
        onEvent: @escaping @Sendable (ReceiverEvent) -> Void,
    ) {
        self.options = options
        self.spool = spool
        self.applied = applied
        report = onEvent
    }

    /// Receives until it is stopped or its task is cancelled: then it returns, within a second.
    /// - Throws: `StreamBroken`, `SpoolError` where the spool is of no use, `PostgresError` that trying again does not
    ///   mend or has not for `retryFor`.
    package func run() async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
                DispatchQueue(label: "skein.receiver").async {
                    done.resume(with: Result { try ReceiverLoop(self).run() })
                }
            }
        } onCancel: {
            stop()
        }
    }

    /// From any thread; for good.
    package func stop() {
        stopping.store(true, ordering: .sequentiallyConsistent)
        wake.wake()
    }

    package var status: ReceiverStatus {
        var status = current.withLock { $0 }
        status.durable = spool.covered
        status.spoolBytes = spool.bytesInUse
        return status
    }

    var isStopping: Bool { stopping.load(ordering: .sequentiallyConsistent) }

    func updateStatus(_ body: (inout ReceiverStatus) -> Void) { current.withLock { body(&$0) } }
}
