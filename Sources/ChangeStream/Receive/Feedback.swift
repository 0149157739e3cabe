import LogicalDecoding

/// What the source is told of how far we are, so that its lags mean what an operator expects; pure.
struct Feedback: Equatable {
    var written: LSN
    /// The slot's new position: the source forgets what commits before.
    var flushed: LSN
    var applied: LSN

    /// - Parameters:
    ///   - received: behind the newest bytes that came.
    ///   - durable: what the spool covers durably.
    ///   - lastCommit: behind the last transaction in the spool.
    ///   - applied: behind the last transaction that the target has durably.
    init(mode: SpoolMode, received: LSN, durable: LSN, lastCommit: LSN, applied: LSN) {
        // With all transactions applied, what is behind the last of them has nothing to apply.
        let reached = applied >= lastCommit ? durable : min(applied, durable)
        written = max(received, durable)
        flushed = mode == .disk ? durable : reached
        self.applied = reached
    }
}
