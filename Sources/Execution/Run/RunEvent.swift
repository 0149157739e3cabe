/// What happens in a run, for whoever watches: a terminal, a log, a report.
package enum RunEvent: Sendable, Equatable {
    case begun(tasks: Int, done: Int, isResumed: Bool)
    case started(id: String, attempt: Int)
    case finished(id: String, rows: Int64?, bytes: Int64?, seconds: Double)
    /// Failed, and will be tried again.
    case retrying(id: String, reason: String, after: Double)
    case failed(id: String, reason: String)
    /// Of a task that is done.
    case warning(id: String, text: String)
    /// The source is read under a new snapshot; `isUnchanged`: it sees the same as the one that was lost.
    case snapshotRenewed(generation: Int, isUnchanged: Bool)
    /// A finished piece was compared under the new snapshot.
    case rechecked(id: String, isKept: Bool)
    /// Nothing has moved for a while.
    case stalled(seconds: Double, waitingFor: String)
    case progress(Progress)
    /// Live: every few seconds, where following the source stands.
    case following(FollowStatus)
    /// Live: something about the stream that a person should know (receiving pauses, a table was created, …).
    case streamNotice(String)
    /// Live: the gate is open, or closed again.
    case cutover(CutoverStep)

    /// Where a cutover stands.
    package enum CutoverStep: Sendable, Equatable {
        /// Everything is done that can be done before it; `skein cutover` may come.
        case ready
        case begun
        /// Given up; the migration follows again.
        case abandoned
        case completed(downtimeSeconds: Double)
    }

    package struct Progress: Sendable, Equatable {
        package var done: Int
        package var tasks: Int
        package var running: Int
        /// Row data copied in this run and before, bytes.
        package var copiedBytes: Int64
        /// What is to be copied in all, bytes, as estimated.
        package var totalBytes: Int64
        /// Over the last seconds, bytes a second.
        package var bytesPerSecond: Double
        package var elapsedSeconds: Double
        /// Nil where nothing is left but what a person, or the source, has to do.
        package var left: TimeLeft?
        /// How much of the work is done, weighed by the time it takes: 0 to 1.
        package var share: Double?
        /// The tasks under way, in the graph's order.
        package var work: [Work] = []
        /// Live: where following the source stands.
        package var following: FollowStatus?

        package init(
            done: Int, tasks: Int, running: Int, copiedBytes: Int64, totalBytes: Int64, bytesPerSecond: Double,
            elapsedSeconds: Double,
        ) {
            self.done = done
            self.tasks = tasks
            self.running = running
            self.copiedBytes = copiedBytes
            self.totalBytes = totalBytes
            self.bytesPerSecond = bytesPerSecond
            self.elapsedSeconds = elapsedSeconds
        }
    }

    /// A task under way.
    package struct Work: Sendable, Equatable {
        package var id: String
        /// Since it began, seconds.
        package var seconds: Double
        /// How much of it is done, 0 to 1, where that can be told.
        package var fraction: Double?
        /// Of a copy, what it has moved and what it comes to, bytes.
        package var bytes: Int64?
        package var totalBytes: Int64?
        /// What the server says that it is at.
        package var step: String?

        package init(id: String, seconds: Double, fraction: Double? = nil) {
            self.id = id
            self.seconds = seconds
            self.fraction = fraction
        }
    }
}

/// How a run ended.
package enum RunEnd: Sendable, Equatable {
    case finished
    /// Everything was done before.
    case alreadyFinished
    /// Stopped by the user, or transient failures went on for too long.
    case stopped(String)
    case failed(task: String, reason: TaskFailure)
    /// Stopped until a person has done what the failure's cure says; the same command goes on then.
    case blocked(TaskFailure)
    case differences([String])
}
