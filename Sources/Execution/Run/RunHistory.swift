private import FoundationEssentials
internal import Planning
internal import Postgres

/// A sample to be written when the engine looks at the state.
struct DueSample: Sendable {
    var sample: RunSample
    /// Now and then what there is too much of is thinned out.
    var isThinning: Bool
}

/// What a run writes down for the report: that it is there, and how far it is every few seconds. Belongs to its engine.
///
/// Samples go with the look at the state that the engine takes once a second, so that no task ever waits for one.
struct RunHistory {
    /// The run's number; 0 before it has one.
    private(set) var run = 0
    private var nextSample = 0.0
    private var samples = 0
    /// How many links there were of each kind.
    private var workers: [MigrationTask.Resource: Int] = [:]
    /// The highest lag since the last sample.
    private var peakLag: (seconds: Double, bytes: Int64)?

    mutating func began(_ run: Int) { self.run = run }

    /// `table-jobs 2`
    mutating func nameWorker(_ resource: MigrationTask.Resource) -> String {
        workers[resource, default: 0] += 1
        let name = resource == .none ? "other" : resource.rawValue
        return "\(name) \(workers[resource, default: 1])"
    }

    /// A look at the stream between two samples.
    mutating func saw(_ status: FollowStatus?) {
        guard let status, status.lagSeconds >= peakLag?.seconds ?? 0 else { return }
        peakLag = (status.lagSeconds, status.lagBytes)
    }

    /// - Returns: nil where it is not yet time for one.
    mutating func due(
        now: Double, copied: Int64, done: Int, running: Int, stream: FollowStatus?,
    ) -> DueSample? {
        saw(stream)
        guard run > 0, now >= nextSample else { return nil }
        // Until the answer tells a longer one.
        nextSample = now + HistoryStore.interval(age: 0)
        samples += 1
        return DueSample(
            sample: sample(copied: copied, done: done, running: running, stream: stream),
            isThinning: samples % 100 == 0)
    }

    mutating func sample(copied: Int64, done: Int, running: Int, stream: FollowStatus?) -> RunSample {
        var sample = RunSample(run: run, copiedBytes: copied, tasksDone: done, running: running)
        if let stream {
            sample.lagBytes = peakLag?.bytes ?? stream.lagBytes
            sample.lagSeconds = peakLag?.seconds ?? stream.lagSeconds
            sample.sourceBytesPerSecond = stream.sourceBytesPerSecond
            sample.appliedBytesPerSecond = stream.appliedBytesPerSecond
            sample.changesPerSecond = stream.changesPerSecond
            sample.spoolBytes = stream.spoolBytes
            sample.retainedBytes = stream.retainedBytes
        }
        peakLag = nil
        return sample
    }

    mutating func sampled(for age: Double?, now: Double) {
        if let age { nextSample = now + HistoryStore.interval(age: age) }
    }

    /// Registers this process.
    static func begin(_ target: Connection, migration: Int64, version: String) throws -> Int {
        try HistoryStore(target, migration: migration).begin(
            host: ProcessInfo.processInfo.hostName, pid: Int(ProcessInfo.processInfo.processIdentifier),
            skeinVersion: version)
    }
}

extension RunEnd {
    /// For the report.
    var clause: String {
        switch self {
        case .finished, .alreadyFinished: "finished"
        case .stopped(let reason): reason
        case .failed(let task, let reason): "\(task) failed: \(reason.text)"
        case .blocked(let reason): "waits for a person: \(reason.text)"
        case .differences(let texts):
            "source and target differ in \(texts.count) "
                + "\(texts.count == 1 ? "place" : "places")"
        }
    }
}
