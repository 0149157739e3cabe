package import LogicalDecoding
package import Postgres

/// How a receiver stands.
package struct ReceiverStatus: Sendable, Equatable {
    package var isConnected = false
    /// Behind the newest bytes that came.
    package var received = LSN(rawValue: 0)
    /// Behind the last transaction that came whole.
    package var lastCommit = LSN(rawValue: 0)
    /// Before it the stream has no transactions but those up to `lastCommit`: the source said so while none was under
    /// way. On a server whose other databases are written to it runs ahead of what comes.
    package var complete = LSN(rawValue: 0)
    /// Behind what is safe in the spool.
    package var durable = LSN(rawValue: 0)
    /// What the source was told it may forget.
    package var confirmed = LSN(rawValue: 0)
    /// How far the source said that it has read its WAL for us.
    package var serverEnd = LSN(rawValue: 0)
    /// When anything came last, by this machine's clock.
    package var lastMessage: Timestamp?
    package var spoolBytes = 0
    package var pause: ReceiverPause?
    /// Bytes of messages received.
    package var bytes = 0
    /// Of the last seconds.
    package var bytesPerSecond = 0.0

    package init() {}
}

/// Why nothing is received although the source has more; the source keeps it meanwhile.
package enum ReceiverPause: Sendable, Equatable {
    /// The spool is as large as it may be.
    case maximumSize(Int)
    /// Its disk does not take more.
    case disk(SpoolError)
}

/// What happened, for whoever reports it.
package enum ReceiverEvent: Sendable, Equatable {
    /// Receives from there on.
    case connected(from: LSN)
    /// Tried again after a while.
    case disconnected(PostgresError, retryingIn: Duration)
    case paused(ReceiverPause)
    case resumed
    /// A walsender that an earlier process of ours left behind.
    case endedOldSession(pid: Int)
    /// Somebody else receives from the slot; tried again.
    case slotInUse(pid: Int, applicationName: String)
    /// The spool ended within something unfinished, which is received again.
    case cutTornTail(at: Int)
    /// One transaction alone is larger than the spool may be, and nothing can be applied before it is whole: goes on
    /// beyond the maximum.
    case exceedsMaximumSize
}
