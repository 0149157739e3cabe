/// Where following the source stands: shown by the run that follows, and stored once a second in `skein.stream.status`
/// for `status` and `cutover` on any machine.
package struct FollowStatus: Sendable, Codable, Equatable {
    package enum Phase: String, Sendable, Codable {
        /// Changes are received and kept; pieces are still being copied.
        case receiving
        /// Changes are applied, and the end is far.
        case catchingUp = "catching-up"
        /// Applied as they come.
        case following
        /// The marker is written: what lies before it is being applied.
        case draining
        /// Everything up to the marker is applied.
        case drained
    }

    package var phase: Phase
    /// Positions as `pg_lsn` text: the source's end of WAL, and how far it was received, is safe here, is applied.
    package var sourceEnd: String
    package var received: String
    package var durable: String
    package var applied: String
    /// The source's end of WAL less what is applied, bytes.
    package var lagBytes: Int64
    /// How old the oldest change is that is not applied, seconds; 0 when everything is.
    package var lagSeconds: Double
    /// WAL written on the source, bytes a second.
    package var sourceBytesPerSecond: Double
    /// WAL applied, bytes a second.
    package var appliedBytesPerSecond: Double
    package var changesPerSecond: Double
    package var appliedTransactions: Int64
    package var appliedChanges: Int64
    package var spoolBytes: Int64
    /// WAL that the source keeps for the slot, bytes.
    package var retainedBytes: Int64?
    /// Until the lag is gone at these rates, seconds; nil where it grows, or is gone.
    package var secondsToCatchUp: Double?
    /// Why receiving pauses, where it does.
    package var paused: String?

    package init(
        phase: Phase, sourceEnd: String, received: String, durable: String, applied: String, lagBytes: Int64,
        lagSeconds: Double, sourceBytesPerSecond: Double, appliedBytesPerSecond: Double, changesPerSecond: Double,
        appliedTransactions: Int64, appliedChanges: Int64, spoolBytes: Int64, retainedBytes: Int64? = nil,
        secondsToCatchUp: Double? = nil, paused: String? = nil,
    ) {
        self.phase = phase
        self.sourceEnd = sourceEnd
        self.received = received
        self.durable = durable
        self.applied = applied
        self.lagBytes = lagBytes
        self.lagSeconds = lagSeconds
        self.sourceBytesPerSecond = sourceBytesPerSecond
        self.appliedBytesPerSecond = appliedBytesPerSecond
        self.changesPerSecond = changesPerSecond
        self.appliedTransactions = appliedTransactions
        self.appliedChanges = appliedChanges
        self.spoolBytes = spoolBytes
        self.retainedBytes = retainedBytes
        self.secondsToCatchUp = secondsToCatchUp
        self.paused = paused
    }
}
