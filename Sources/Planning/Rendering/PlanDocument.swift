package import PlanFile

/// What `skein plan` says, as a value: rendered for people by `PlanText`, printed for machines as JSON.
package struct PlanDocument: Sendable, Codable, Equatable {
    package struct Server: Sendable, Codable, Equatable {
        package var database: String
        package var version: String
        /// Sessions that the migration opens at most, its short ones included.
        package var connections: Int?
        /// Who runs it: what the plan says, else what the server shows.
        package var provider: Plan.Provider?
        /// Its name for people.
        package var providerName: String?
        /// What tells so.
        package var providerWhy: String?

        private enum CodingKeys: String, CodingKey {
            case database, version, connections, provider
            case providerName = "provider_name"
            case providerWhy = "provider_why"
        }
    }

    /// How many objects of one kind are created.
    package struct Created: Sendable, Codable, Equatable {
        /// Singular: `table`, `primary key`.
        package var kind: String
        package var count: Int
    }

    package struct Job: Sendable, Codable, Equatable {
        package var name: String
        /// A number of jobs, or bytes.
        package var value: Int64
        package var unit: String?
        package var why: String
    }

    package struct Table: Sendable, Codable, Equatable {
        package var table: QualifiedName
        package var way: TableDecision.Way
        package var pieces: Int
        package var binary: Bool
        package var hypertable: Bool
        package var rows: Int64
        package var bytes: Int64
        package var indexBytes: Int64
        package var why: String
        /// Of a hypertable that becomes a partitioned table.
        package var partitioned: Bool?

        private enum CodingKeys: String, CodingKey {
            case table, way, pieces, binary, hypertable, rows, bytes, why, partitioned
            case indexBytes = "index_bytes"
        }
    }

    /// Something of the source that is not migrated.
    package struct Skipped: Sendable, Codable, Equatable {
        /// `table public.tmp_import`
        package var object: String
        package var why: String
    }

    package struct Task: Sendable, Codable, Equatable {
        package var id: String
        package var needs: [String]
        package var resource: MigrationTask.Resource
        package var bytes: Int64
        /// Only of a migration that has begun.
        package var done: Bool?
    }

    package var name: String
    package var file: String
    /// `Plan.hash`.
    package var hash: String
    package var mode: Plan.Mode
    package var source: Server
    package var target: Server
    package var creates: [Created]
    package var skipped: [Skipped]
    /// Keys of the plan that this version reads and does not act on.
    package var notYetApplied: [String]
    /// Nil, as all below, where an error stands in the way of compiling.
    package var jobs: [Job]?
    /// Nil, too, for what an earlier version of Skein began.
    package var access: Access?
    /// Nil offline, too.
    package var following: Following?
    /// What happens between the fence and the end of the cutover, in words; nil offline.
    package var downtime: [String]?
    /// Biggest first.
    package var tables: [Table]?
    package var estimate: Estimate?
    package var tasks: [Task]?
    package var diagnostics: [Diagnostic]

    private enum CodingKeys: String, CodingKey {
        case name, file, hash, mode, source, target, creates, skipped, jobs, access, following, downtime, tables
        case estimate, tasks, diagnostics
        case notYetApplied = "not_yet_applied"
    }
}

/// How long it may take, if the servers are as fast as assumed: what is told with it.
package struct Estimate: Sendable, Codable, Equatable {
    package var rows: Int64
    package var bytes: Int64
    package var indexBytes: Int64
    package var seconds: Double
    /// What it rests on, in a sentence.
    package var assumption: String

    private enum CodingKeys: String, CodingKey {
        case rows, bytes, seconds, assumption
        case indexBytes = "index_bytes"
    }

    /// How long one job takes to copy that much, if the servers are as fast as assumed.
    static func copySeconds(bytes: Int64) -> Double { Double(bytes) / WorkKind.plainCopy.cautiousRate }

    /// - Parameter isVerified: whether the comparison at the end belongs to it.
    init(_ graph: MigrationGraph, isVerified: Bool) {
        let copied = graph.tables.filter { $0.pieces > 0 }
        rows = copied.reduce(0) { $0 + $1.estimatedRows }
        bytes = copied.reduce(0) { $0 + $1.bytes }
        indexBytes = copied.reduce(0) { $0 + $1.indexBytes }
        // The same forecast as while it runs, then corrected by what is measured.
        let forecast = WorkForecast(graph.tasks, graph.tables, limits: WorkForecast.limits(graph.jobs))
        let isLeftOut = graph.tasks.map { !isVerified && $0.action.isVerification }
        seconds = forecast.outlook(isDone: isLeftOut, running: [:])?.secondsLeft ?? 0
        assumption =
            "if each table job copies 60 MB (into hypertables 40 MB) and each index job builds 40 MB a second; a slower "
            + "network or disk makes it longer"
    }
}
