/// A value of the plan and where it was written. Two are equal when their values are.
package struct Located<Value: Sendable>: Sendable {
    package var value: Value
    /// Nil where the value is a default that no file wrote.
    package var location: SourceLocation?

    package init(_ value: Value, at location: SourceLocation? = nil) {
        self.value = value
        self.location = location
    }
}

extension Located: Equatable where Value: Equatable {
    package static func == (left: Self, right: Self) -> Bool { left.value == right.value }
}

extension Located: Encodable where Value: Encodable {}
extension Located: Decodable where Value: Decodable {}

/// One migration, as its plan file says it: decoded, typed, with every default of the plan language filled in.
///
/// Values that are computed from the servers where the file is silent are optional here.
package struct Plan: Sendable, Equatable, Codable {
    /// The path of the plan file as the user gave it.
    package var file: String
    /// SHA-256 (hex) over the effective plan: after `extends`, substitution and typing, with passwords taken out.
    /// Formatting, comments and key order do not change it.
    package var hash: String

    package var name: Located<PlanName>
    package var mode: Located<Mode>
    package var source: Server
    package var target: Server
    package var select: Selection
    package var hypertables: [Hypertable]
    package var copy: CopySettings
    package var replication: Replication
    package var roles: Roles
    package var grants: Grants
    package var cutover: Cutover

    package enum Mode: String, Sendable, CaseIterable, Codable { case live, offline }

    package enum Provider: String, Sendable, CaseIterable, Codable {
        case auto, postgres, rds, aurora, timescaledb, mst
        case tigerCloud = "tiger-cloud"
    }

    package struct Server: Sendable, Equatable, Codable {
        /// A libpq URI, keyword string, or `service=NAME`. May hold a password: never print it; see `ConnectionText`.
        package var uri: Located<String>
        /// The URI as the file has it, where it holds variables such as `${SOURCE_URI}`: what a saved plan keeps, so
        /// that the password is asked of the environment again.
        package var uriExpression: String?
        package var provider: Located<Provider>
    }

    /// Which objects are migrated. Empty `include` lists mean everything.
    package struct Selection: Sendable, Equatable, Codable {
        package var schemas: IncludeExclude<NamePattern>
        package var tables: IncludeExclude<QualifiedNamePattern>
        package var excludedIndexes: [Located<QualifiedNamePattern>]
        package var excludedExtensions: [Located<NamePattern>]
        /// What `alter database … set` and `comment on database` say. Nil: they are taken along.
        package var databaseSettings: Located<Bool>?
    }

    package struct IncludeExclude<Pattern: Sendable & Equatable & Codable>: Sendable, Equatable, Codable {
        package var include: [Located<Pattern>]
        package var exclude: [Located<Pattern>]
    }

    package struct Hypertable: Sendable, Equatable, Codable {
        /// Where the entry begins.
        package var location: SourceLocation?
        package var table: Located<QualifiedName>
        /// Nil only where `to` is given (a hypertable of the source that becomes something else).
        package var timeColumn: Located<String>?
        package var chunkInterval: Located<ChunkInterval>?
        package var space: Space?
        package var primaryKey: Located<[String]>?
        package var columnstore: Columnstore?
        package var retention: Retention?
        package var fromPartitions: Located<Bool>
        package var to: Located<Destination>?

        package enum Destination: String, Sendable, CaseIterable, Codable {
            case table
            case rangePartitions = "range-partitions"
        }
    }

    package enum ChunkInterval: Sendable, Equatable, Codable {
        case duration(PlanDuration)
        /// For integer time columns, in the column's own unit.
        case integer(Int64)
    }

    package struct Space: Sendable, Equatable, Codable {
        package var column: Located<String>
        package var partitions: Located<Int>
    }

    package struct Columnstore: Sendable, Equatable, Codable {
        package var segmentBy: [Located<String>]
        package var orderBy: [Located<OrderedColumn>]
        package var after: Located<PlanDuration>?
    }

    /// `time desc nulls last`
    package struct OrderedColumn: Sendable, Equatable {
        package var column: String
        package var descending: Bool
        package var nullsFirst: Bool?
    }

    package struct Retention: Sendable, Equatable, Codable { package var dropAfter: Located<PlanDuration> }

    package struct CopySettings: Sendable, Equatable, Codable {
        package var tableJobs: Located<Int>?
        package var indexJobs: Located<Int>?
        package var splitTablesLargerThan: Located<ByteCount>?
        package var skipTableData: [Located<QualifiedNamePattern>]
        package var format: Located<CopyFormat>
        /// Tables that are on the target already: nil where the plan names none.
        package var intoExisting: [Located<QualifiedNamePattern>]?
    }

    package enum CopyFormat: String, Sendable, CaseIterable, Codable { case auto, binary, text }

    package struct Replication: Sendable, Equatable, Codable {
        package var plugin: Located<Plugin>
        package var identity: [Identity]
        package var spool: Spool
        package var applyJobs: Located<Int>?
    }

    package enum Plugin: String, Sendable, CaseIterable, Codable {
        case auto, pgoutput, wal2json
        case testDecoding = "test_decoding"
    }

    package struct Identity: Sendable, Equatable, Codable {
        package var table: Located<QualifiedName>
        package var choice: Located<Choice>
        package enum Choice: Sendable, Equatable {
            case full
            case index(String)
            case insertsOnly
        }
    }

    package struct Spool: Sendable, Equatable, Codable {
        package var mode: Located<Mode>
        /// Absolute, or relative to the working directory: already resolved against the plan file's folder.
        package var directory: Located<String>
        /// The same as seen from the plan file's folder, so that it does not depend on where Skein was started.
        package var directoryFromPlan: String
        package var maxSize: Located<ByteCount>
        package enum Mode: String, Sendable, CaseIterable, Codable { case disk, source }
    }

    package struct Roles: Sendable, Equatable, Codable {
        package var migrate: Located<Bool>
        /// Nil or empty: all.
        package var include: [Located<NamePattern>]?
        package var exclude: [Located<NamePattern>]
        package var passwords: Located<Bool>
    }

    package struct Grants: Sendable, Equatable, Codable {
        package var owners: Located<Bool>
        package var privileges: Located<Bool>
    }

    package struct Cutover: Sendable, Equatable, Codable {
        package var approval: Located<Approval>
        package var maxLag: Located<PlanDuration>
        package var fence: Located<Fence>
        package var verify: Located<Verify>
        /// Whether a way back to the source stays open. Nil in plans that an earlier version saved: it does not.
        package var fallback: Located<Bool>?
        package var opensFallback: Bool { fallback?.value ?? false }
        package enum Approval: String, Sendable, CaseIterable, Codable { case manual, automatic }
        package enum Fence: String, Sendable, CaseIterable, Codable {
            case none
            case readOnly = "read-only"
        }
        package enum Verify: String, Sendable, CaseIterable, Codable { case none, counts, checksums }
    }
}
