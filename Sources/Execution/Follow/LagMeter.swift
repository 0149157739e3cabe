internal import LogicalDecoding

/// How far behind the target is, and how fast it comes closer: a value fed twice a second.
struct LagMeter: Sendable {
    /// One look at both ends.
    struct Sample: Sendable {
        /// Of any steady clock, seconds.
        var time: Double
        /// How far the source's WAL is flushed.
        var sourceEnd: LSN
        /// Everything before it is applied.
        var applied: LSN
        /// Row changes applied by this process.
        var changes: Int
    }

    /// Rates are taken over this time, seconds.
    private static let window = 10.0
    /// A younger past than this is remembered sample by sample.
    private static let memory = 600

    private var samples: [Sample] = []

    init() {}

    mutating func add(_ sample: Sample) {
        samples.append(sample)
        if samples.count > Self.memory { samples.removeFirst(samples.count - Self.memory) }
    }

    private var newest: Sample? { samples.last }

    /// The source's WAL that is not applied, bytes.
    var bytes: Int64 {
        guard let newest else { return 0 }
        return newest.sourceEnd > newest.applied
            ? Int64(clamping: newest.sourceEnd.rawValue - newest.applied.rawValue) : 0
    }

    /// How long ago the source's WAL ended where the target stands now, seconds.
    ///
    /// Unlike the age of the last applied commit this reads right when nothing happens on the source.
    /// - Parameter sinceCommit: the age of the last applied commit, for when the target stands before all that is
    ///   remembered.
    func seconds(sinceCommit: Double?) -> Double {
        guard let newest, newest.sourceEnd > newest.applied else { return 0 }
        // The moment after the last one at which the source ended no further than the target is now.
        if let index = samples.lastIndex(where: { $0.sourceEnd <= newest.applied }) {
            return max(0, newest.time - samples[min(index + 1, samples.count - 1)].time)
        }
        return max(sinceCommit ?? 0, newest.time - samples[0].time)
    }

    /// Whether the target has come to where the source stood at some look: before that, nobody knows how old what is
    /// missing is.
    var isKnown: Bool {
        guard let newest else { return false }
        return samples.contains { $0.sourceEnd <= newest.applied }
    }

    /// WAL a second that the source writes and that the target applies, and row changes a second.
    var rates: (source: Double, applied: Double, changes: Double) {
        guard let newest, let first = samples.first(where: { $0.time >= newest.time - Self.window }),
            newest.time > first.time
        else { return (0, 0, 0) }
        let span = newest.time - first.time
        func rate(_ from: LSN, _ to: LSN) -> Double {
            to > from ? Double(to.rawValue - from.rawValue) / span : 0
        }
        return (
            rate(first.sourceEnd, newest.sourceEnd), rate(first.applied, newest.applied),
            Double(max(0, newest.changes - first.changes)) / span
        )
    }

    /// Until the lag is gone at these rates, seconds; nil where it grows, or there is none.
    var secondsToCatchUp: Double? {
        let gain = rates.applied - rates.source
        return bytes > 0 && gain > 0 ? Double(bytes) / gain : nil
    }
}
