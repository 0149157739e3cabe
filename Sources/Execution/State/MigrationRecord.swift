package import ChangeStream
package import LogicalDecoding
package import Planning

/// Which server and database: another one is refused when a migration is resumed.
package struct ServerIdentity: Sendable, Codable, Equatable {
    /// `pg_control_system().system_identifier`; nil where the server refuses to tell.
    package var systemIdentifier: String?
    package var timeline: Int?
    package var database: String
    /// `server_version_num`.
    package var version: Int

    package init(systemIdentifier: String?, timeline: Int?, database: String, version: Int) {
        self.systemIdentifier = systemIdentifier
        self.timeline = timeline
        self.database = database
        self.version = version
    }
}

/// A graph without its tasks, which have rows of their own.
package struct Decisions: Sendable, Codable, Equatable {
    package var tables: [TableDecision]
    package var jobs: JobDecision
    package var exclusions: Exclusions
    /// Nil offline.
    package var following: FollowingDecision?
    /// Nil in what an earlier version of Skein began.
    package var access: AccessDecision?
}

/// The state's row of one migration.
package struct MigrationRecord: Sendable, Equatable {
    package var id: Int64
    /// No other migration anywhere has it: a spool names whose it is.
    package var uid: String
    package var name: String
    package var planHash: String
    /// The plan's settings by dotted key, as `Plan.settings` gives them; without passwords.
    package var settings: [String: String]
    package var source: ServerIdentity
    package var target: ServerIdentity
    package var decisions: Decisions
    package var snapshotID: String?
    package var snapshot: String?
    package var generation: Int
    /// Text of a JSON object: changed rows by table OID when the snapshot was taken.
    package var writeCounters: String?
    /// Text of timestamps, UTC.
    package var started: String
    package var finished: String?
    package var skeinVersion: String
}

/// Where a task stands.
package enum TaskState: String, Sendable, Codable, Equatable {
    /// Not begun, or given up.
    case pending
    /// Claimed. Free again once its holder is gone.
    case running
    /// Done, in the transaction that did it.
    case done
}

/// The state's row of one task.
package struct TaskRecord: Sendable, Equatable {
    package var number: Int
    package var task: MigrationTask
    package var state: TaskState
    package var attempts: Int
    package var generation: Int?
    package var isRedo: Bool
    package var rows: Int64?
    package var bytes: Int64?
    /// From start to end, or until now.
    package var seconds: Double?
    package var error: String?
    package var sqlState: String?
    package var warning: String?
    /// Of a piece that was copied in live mode.
    package var copied: CopiedAt?
}

/// What a piece was read at.
package struct CopiedAt: Sendable, Equatable {
    package var watermark: Watermark
    /// `pg_current_wal_insert_lsn()`, read right after the snapshot was taken.
    package var insertLSN: LSN
    package init(watermark: Watermark, insertLSN: LSN) {
        self.watermark = watermark
        self.insertLSN = insertLSN
    }
}

/// What a task leaves behind in its row.
package struct TaskOutcome: Sendable, Equatable {
    package var rows: Int64?
    package var bytes: Int64?
    package var warning: String?
    /// Of a piece that was copied in live mode: what it was read at.
    package var copied: CopiedAt?
    package init(rows: Int64? = nil, bytes: Int64? = nil, warning: String? = nil, copied: CopiedAt? = nil) {
        self.rows = rows
        self.bytes = bytes
        self.warning = warning
        self.copied = copied
    }
}
