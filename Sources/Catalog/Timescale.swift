package import PlanFile

extension Catalog {
    package struct Hypertable: Sendable, Codable, Equatable {
        package var table: QualifiedName
        /// The column of the first dimension.
        package var timeColumn: String
        package var chunkCount: Int
        /// In TimescaleDB's order; the first is by time. With what follows, read of a source only.
        package var dimensions: [Dimension] = []
        /// By the beginning of their ranges, then by name.
        package var chunks: [Chunk] = []
        /// How TimescaleDB names the chunks that it will make; nil where the role may not see it.
        package var chunkNames: ChunkNames?
        /// Nil where the columnstore (compression) is not enabled.
        package var columnstore: Columnstore?
    }

    /// What a hypertable is divided along.
    package struct Dimension: Sendable, Codable, Equatable {
        package enum Kind: Sendable, Codable, Equatable {
            /// By ranges of time; `text` is an interval as SQL writes it.
            case time(microseconds: Int64, text: String)
            /// By ranges of an integer, in the column's own unit.
            case integer(Int64)
            /// By hash.
            case space(partitions: Int)
        }
        package var column: String
        package var kind: Kind
        /// `integer_now`: what tells the present time of an integer column, as SQL names it.
        package var integerNow: String?
        /// A partitioning function other than TimescaleDB's own, as SQL names it.
        package var partitioningFunction: String?
    }

    package struct Chunk: Sendable, Codable, Equatable {
        package var name: QualifiedName
        /// Along the first dimension: `start <= value < end`, as integers or as the server writes `timestamptz` in UTC;
        /// nil is open.
        package var start: String?
        package var end: String?
        package var isCompressed: Bool
        /// What its rows take, compressed or not. Bytes.
        package var bytes: Int64
    }

    /// `schema.prefix_N_chunk` is the name that a new chunk gets, N a number.
    package struct ChunkNames: Sendable, Codable, Equatable {
        package var schema: String
        package var prefix: String
    }

    package struct Columnstore: Sendable, Codable, Equatable {
        package struct Order: Sendable, Codable, Equatable {
            package var column: String
            package var descending: Bool
            package var nullsFirst: Bool
        }
        package var segmentBy: [String]
        package var orderBy: [Order]
    }

    package struct ContinuousAggregate: Sendable, Codable, Equatable {
        package var view: QualifiedName
        /// The hypertable that it reads, or the materialization of the continuous aggregate below it.
        package var source: QualifiedName
        /// The hypertable that holds its rows.
        package var materialization: QualifiedName
        package var isMaterializedOnly: Bool
        /// False of the old form, which holds partial aggregates.
        package var isFinalized: Bool
        /// The query, as `pg_get_viewdef` writes it under an empty search_path.
        package var definition: String
        /// Nil where its columnstore is not enabled.
        package var columnstore: Columnstore?
        /// Users' indexes on the materialization, as statements.
        package var indexes: [String]
        /// How the materialization is divided: its first dimension.
        package var dimension: Dimension?
        /// Ranges of the materialization, as of a hypertable.
        package var chunks: [Chunk]
    }

    /// A job of TimescaleDB's scheduler.
    package struct Job: Sendable, Codable, Equatable {
        package var id: Int
        /// As SQL names it.
        package var procedure: QualifiedName
        package var scheduleInterval: String
        package var maxRuntime: String?
        package var maxRetries: Int
        package var retryPeriod: String?
        package var isScheduled: Bool
        package var isFixedSchedule: Bool
        package var initialStart: String?
        /// JSON.
        package var config: String?
        /// The hypertable or continuous aggregate that it works on.
        package var subject: QualifiedName?
        /// As SQL names it.
        package var checkProcedure: QualifiedName?
        package var owner: String
        package var applicationName: String
    }
}
