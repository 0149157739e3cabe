package import PlanFile

/// What was planned and what happened, as the target's state has it: the value that `skein report` renders.
///
/// Times are seconds since 1970 by the target's clock.
package struct MigrationReport: Sendable, Codable, Equatable {
    /// How a migration stands, in one word.
    package enum Standing: String, Sendable, Codable {
        case complete
        /// Rows differ; what is compared is all that is left to do, or the cutover waits for it.
        case differs
        /// The change stream is lost.
        case broken
        /// Between the opening of the gate and the completion.
        case cuttingOver = "cutting-over"
        case running
        /// A task failed, and no process works on it.
        case failed
        /// No process works on it.
        case stopped
    }

    /// What one worker did from one moment to another: the last attempt at a task, or one that failed.
    package struct Span: Sendable, Codable, Equatable {
        package enum Outcome: String, Sendable, Codable { case done, failed, lost, running }

        package var task: String
        /// As it begins the task's id.
        package var kind: String
        /// The table on the target; nil where it is none or many.
        package var table: String?
        package var run: Int?
        package var worker: String?
        package var began: Double
        package var ended: Double
        package var outcome: Outcome
        /// Of a copy that is done.
        package var bytes: Int64?

        package init(
            task: String, kind: String, table: String? = nil, run: Int? = nil, worker: String? = nil, began: Double,
            ended: Double, outcome: Outcome = .done, bytes: Int64? = nil,
        ) {
            self.bytes = bytes
            self.task = task
            self.kind = kind
            self.table = table
            self.run = run
            self.worker = worker
            self.began = began
            self.ended = ended
            self.outcome = outcome
        }

        package var seconds: Double { max(0, ended - began) }
    }

    /// A table on the target that rows were copied to.
    package struct Table: Sendable, Codable, Equatable {
        package var table: String
        package var isHypertable: Bool
        package var pieces: Int
        package var piecesDone: Int
        package var rows: Int64
        package var bytes: Int64
        /// What was planned.
        package var estimatedRows: Int64
        package var estimatedBytes: Int64
        /// In which any of its pieces was being copied.
        package var copySeconds: Double
        /// In which any of its indexes and keys was being built.
        package var indexSeconds: Double
        package var indexes: Int
        /// Attempts beyond the first, at any of its tasks.
        package var retries: Int
        package var comparison: Comparison

        package init(table: String, isHypertable: Bool = false, comparison: Comparison) {
            self.table = table
            self.isHypertable = isHypertable
            self.comparison = comparison
            (pieces, piecesDone, indexes, retries) = (0, 0, 0, 0)
            (rows, bytes, estimatedRows, estimatedBytes) = (0, 0, 0, 0)
            (copySeconds, indexSeconds) = (0, 0)
        }

        /// Takes another table's numbers to its own.
        package mutating func add(_ other: Table) {
            pieces += other.pieces
            piecesDone += other.piecesDone
            indexes += other.indexes
            retries += other.retries
            rows += other.rows
            bytes += other.bytes
            estimatedRows += other.estimatedRows
            estimatedBytes += other.estimatedBytes
            copySeconds += other.copySeconds
            indexSeconds += other.indexSeconds
        }

        /// Bytes a second while it was copied; nil where nothing was.
        package var rate: Double? { copySeconds > 0 && bytes > 0 ? Double(bytes) / copySeconds : nil }
    }

    package enum Comparison: String, Sendable, Codable {
        case equal, differs
        /// Some of its pieces, or none so far.
        case pending
        /// The plan says `verify: none`.
        case none
    }

    /// The comparison at the end of it all.
    package struct Verification: Sendable, Codable, Equatable {
        package var kind: Plan.Cutover.Verify
        package var pieces: Int
        package var piecesDone: Int
        package var rows: Int64
        package var seconds: Double
        /// What differs, with keys where they were found.
        package var differences: [String]
    }

    /// Tasks of one kind together.
    package struct Phase: Sendable, Codable, Equatable {
        package var kind: String
        package var tasks: Int
        package var done: Int
        /// In which any of them was under way.
        package var seconds: Double
        /// Of all of them.
        package var workSeconds: Double
    }

    package struct Server: Sendable, Codable, Equatable {
        package var database: String
        package var version: String
        package var timescaleDB: String?
    }

    package struct Trouble: Sendable, Codable, Equatable {
        package var task: String
        package var text: String
        package var time: Double?
        package var sqlState: String?
    }

    package var name: String
    package var mode: Plan.Mode
    package var standing: Standing
    package var phase: StatusReport.Phase
    package var isRunning: Bool
    /// When this was read.
    package var read: Double
    package var began: Double
    package var finished: Double?
    package var tasks: Int
    package var tasksDone: Int
    package var rows: Int64
    package var bytes: Int64
    /// What is to be copied in all, as far as it is known.
    package var totalBytes: Int64
    /// In which anything was being copied.
    package var copySeconds: Double
    /// Biggest first.
    package var tables: [Table]
    package var phases: [Phase]
    package var spans: [Span]
    package var samples: [RunSample]
    package var runs: [RunRecord]
    package var verification: Verification
    /// Nil offline.
    package var live: LiveReport?
    package var todo: [Todo]
    /// Of tasks that are not done.
    package var errors: [Trouble]
    /// Of tasks that are done.
    package var warnings: [Trouble]
    /// Attempts that failed, the latest last.
    package var failedAttempts: [Trouble]
    /// Nil in what an earlier version of Skein began.
    package var findings: [Diagnostic]?
    package var source: Server
    package var target: Server
    /// The version that the migration began with; those of later runs are theirs.
    package var skeinVersion: String
    package var planHash: String
    /// Without passwords.
    package var settings: [Plan.Setting]
}
