package import PlanFile

/// A PostgreSQL object identifier.
package typealias OID = UInt32

/// What one server's system catalogs held when we looked: a value, read once in one read-only transaction.
///
/// System schemas (`pg_*`, `information_schema`), temporary objects and extension members are left out of the object
/// lists, and so are what TimescaleDB makes for itself (`_timescaledb_*`, chunks) and our own schema `skein`. Every list
/// is sorted by name (what belongs to a table by the table's name first), so that equal catalogs are equal values.
package struct Catalog: Sendable, Codable, Equatable {
    package var server: Server
    package var schemas: [Schema]
    package var extensions: [Extension]
    /// Tables of every kind, views and materialized views.
    package var relations: [Relation]
    package var indexes: [Index]
    package var constraints: [Constraint]
    package var triggers: [Trigger]
    package var policies: [Policy]
    package var sequences: [Sequence]
    /// Types that columns of `relations` use, and what those are made of.
    package var types: [OID: DataType]
    /// Which relation, function, type … needs which other object of this catalog or which extension's member.
    package var dependencies: [Dependency]
    /// Objects outside `relations` that `dependencies` name, and all user functions, types, etc.
    package var objects: [SchemaObject]
    package var eventTriggers: [String]
    package var publications: [String]
    package var subscriptions: [String]
    package var foreignServers: [String]
    package var largeObjectCount: Int
    package var preparedTransactions: [PreparedTransaction]
    /// Hypertables, where the server has TimescaleDB. What holds a continuous aggregate's rows is none of them.
    package var hypertables: [Hypertable]
    /// Continuous aggregates, each after those that it reads.
    package var continuousAggregates: [ContinuousAggregate] = []
    /// TimescaleDB's jobs that users made: policies and actions, by their ids.
    package var jobs: [Job] = []
    /// What TimescaleDB made for itself and a dump would hold: triggers of its own, chunks in users' schemas. Sorted.
    package var timescaleObjects: [ObjectID] = []
    /// Roles, owners and privileges.
    package var access = Access()
    package var rights = Rights()
}

extension Catalog {
    package struct Schema: Sendable, Codable, Equatable {
        package var oid: OID
        package var name: String
        package var owner: String
        /// Whether the connected role may create in it.
        package var isCreatable = true
    }

    package struct Extension: Sendable, Codable, Equatable {
        package var oid: OID
        package var name: String
        package var version: String
        package var schema: String
        /// Tables of the extension whose rows are the user's to keep (`pg_extension_config_dump`).
        package var configurationTables: [ConfigurationTable] = []
    }

    package struct ConfigurationTable: Sendable, Codable, Equatable {
        package var table: QualifiedName
        /// `where …`, empty for all rows.
        package var condition: String
    }

    package struct Relation: Sendable, Codable, Equatable {
        package enum Kind: String, Sendable, Codable {
            case table = "r"
            case partitionedTable = "p"
            case foreignTable = "f"
            case view = "v"
            case materializedView = "m"
        }
        package enum ReplicaIdentity: String, Sendable, Codable {
            case `default` = "d"
            case nothing = "n"
            case full = "f"
            case index = "i"
        }
        package var oid: OID
        package var name: QualifiedName
        package var kind: Kind
        package var owner: String
        package var isUnlogged: Bool
        /// `relfilenode`; changes with every rewrite.
        package var fileNode: OID
        package var columns: [Column]
        /// `reltuples`; negative where never analysed.
        package var estimatedRows: Double
        /// Size of the main fork, bytes.
        package var heapBytes: Int64
        /// Heap, TOAST with its index, maps; without indexes. Bytes.
        package var tableBytes: Int64
        package var indexBytes: Int64
        /// Parents by inheritance or partitioning, in order.
        package var parents: [OID]
        package var isPartition: Bool
        /// `pg_get_partkeydef`, of a partitioned table.
        package var partitionKey: String?
        /// `FOR VALUES …` or `DEFAULT`, of a partition.
        package var partitionBound: String?
        package var replicaIdentity: ReplicaIdentity
        package var hasRowSecurity: Bool
        package var forcesRowSecurity: Bool
        package var tablespace: String?
        package var accessMethod: String?
        /// Of a materialized view.
        package var isPopulated: Bool
        /// Whether the connected role may read all of it (owner, SELECT right, and not held back by row security).
        package var isReadable: Bool
        /// Rewrite rules of a table, by name.
        package var rules: [String] = []
        /// `pg_get_partition_constraintdef`, of a partition: what holds for its rows and for no other partition's, its
        /// ancestors' bounds included. Nil where there is none (a default partition alone).
        package var partitionCondition: String?
    }

    package struct Column: Sendable, Codable, Equatable {
        package enum Identity: String, Sendable, Codable {
            case always = "a"
            case byDefault = "d"
        }
        package enum Generated: String, Sendable, Codable {
            case stored = "s"
            case virtual = "v"
        }
        package var number: Int
        package var name: String
        package var type: OID
        /// `format_type`, with modifier.
        package var typeName: String
        package var isNotNull: Bool
        package var hasDefault: Bool
        package var identity: Identity?
        package var generated: Generated?
        /// Name of the collation, nil where the type has none; of one outside `pg_catalog` as in SQL, with its schema.
        /// `default` is the database's.
        package var collation: String?
        /// Only of columns that lead a btree index of the table.
        package var statistics: ColumnStatistics?
    }

    package struct ColumnStatistics: Sendable, Codable, Equatable {
        /// `pg_stats.correlation`, nil where never analysed.
        package var correlation: Double?
        package var nullFraction: Double
        /// `pg_stats.n_distinct`: a number of values, or as a negative share of the rows.
        package var distinct: Double?
        /// Bounds of equally filled ranges, ascending, as text under our pinned session settings; empty where unknown
        /// or where the table is too small to be split.
        package var histogram: [String] = []
        /// Values that are frequent, most frequent first, which the histogram leaves out; with each one's share of rows.
        /// Of the same columns as the histogram.
        package var commonValues: [String] = []
        package var commonFrequencies: [Double] = []
        /// Smallest and greatest value read through the index where there is no histogram and the table is large.
        package var minimum: String?
        package var maximum: String?
    }

    package struct DataType: Sendable, Codable, Equatable {
        package enum Kind: String, Sendable, Codable {
            case base = "b"
            case composite = "c"
            case domain = "d"
            case `enum` = "e"
            case pseudo = "p"
            case range = "r"
            case multirange = "m"
        }
        package var oid: OID
        package var schema: String
        package var name: String
        package var kind: Kind
        /// Of a true array: its element.
        package var element: OID?
        /// Of a domain: what it is over. Of a range or multirange: its subtype.
        package var base: OID?
        /// Of a composite: its attributes' types.
        package var attributes: [OID]
        package var hasBinaryIO: Bool
        package var extensionName: String?
    }

    package struct Index: Sendable, Codable, Equatable {
        package struct Key: Sendable, Codable, Equatable {
            /// Column number, nil for an expression.
            package var column: Int?
            package var isDescending: Bool
            package var nullsFirst: Bool
            /// Default operator class of the column's type.
            package var hasDefaultOperatorClass: Bool
            /// The column's own collation.
            package var hasColumnCollation: Bool
        }
        package var oid: OID
        package var name: QualifiedName
        package var table: OID
        package var method: String
        package var isUnique: Bool
        package var isPrimary: Bool
        package var isExclusion: Bool
        /// `indimmediate`: not of a deferrable constraint.
        package var isImmediate: Bool
        package var isValid: Bool
        package var isPartial: Bool
        package var nullsNotDistinct: Bool
        package var isReplicaIdentity: Bool
        package var isClustered: Bool
        package var keys: [Key]
        /// `include (…)` columns.
        package var includedColumns: [Int]
        /// `pg_get_indexdef` with all identifiers quoted and an empty search_path.
        package var definition: String
        package var bytes: Int64
        /// The constraint that owns it.
        package var constraint: OID?
        /// The partitioned index it is attached to.
        package var parent: OID?
    }

    package struct Constraint: Sendable, Codable, Equatable {
        package enum Kind: String, Sendable, Codable {
            case primaryKey = "p"
            case unique = "u"
            case exclusion = "x"
            case foreignKey = "f"
            case check = "c"
            case trigger = "t"
            case notNull = "n"
        }
        package var oid: OID
        package var name: String
        package var table: OID
        package var kind: Kind
        package var columns: [Int]
        /// The index that enforces it; of a foreign key, the referenced table's.
        package var index: OID?
        package var referencedTable: OID?
        package var referencedColumns: [Int]
        package var isDeferrable: Bool
        package var isDeferred: Bool
        package var isValidated: Bool
        /// False of `not enforced` (18 and later).
        package var isEnforced = true
        /// False where it is there only because a parent table has it.
        package var isLocal = true
        /// `conparentid`: made by a constraint of the partitioned parent.
        package var parent: OID?
        /// `pg_get_constraintdef` with all identifiers quoted and an empty search_path.
        package var definition: String
    }

    package struct Trigger: Sendable, Codable, Equatable {
        package var oid: OID
        package var name: String
        package var table: OID
        package var isRowLevel: Bool
        package var hasTransitionTables: Bool
        /// `tgenabled`: O, D, R or A.
        package var enabled: String
        /// Of a partition: the parent's trigger.
        package var parent: OID?
        /// A row trigger that fires before an insert: what distributes rows over inheritance children is one.
        package var isBeforeInsert: Bool?
    }

    package struct Policy: Sendable, Codable, Equatable {
        package var oid: OID
        package var name: String
        package var table: OID
        /// Without `public`.
        package var roles: [String]
    }

    package struct Sequence: Sendable, Codable, Equatable {
        package var oid: OID
        package var name: QualifiedName
        /// The column that owns it (serial, identity).
        package var ownerTable: OID?
        package var ownerColumn: Int?
        package var isIdentity: Bool
        /// Whether the connected role may read its value.
        package var isReadable = true
    }

    package struct ObjectID: Hashable, Sendable, Codable, Comparable {
        /// Name of the system catalog that holds it: `pg_class`, `pg_proc`, `pg_type`, `pg_extension` …
        package var catalog: String
        package var oid: OID
        package init(catalog: String, oid: OID) {
            self.catalog = catalog
            self.oid = oid
        }
        package static func < (left: Self, right: Self) -> Bool {
            (left.catalog, left.oid) < (right.catalog, right.oid)
        }
    }

    /// `dependent` cannot exist without `on`. Rules, defaults and constraints stand as their relation. Indexes, triggers
    /// and policies stand for themselves; what they need of their own relation is not listed.
    package struct Dependency: Hashable, Sendable, Codable {
        package var dependent: ObjectID
        package var on: ObjectID
    }

    package struct SchemaObject: Sendable, Codable, Equatable {
        package var id: ObjectID
        /// `function`, `type`, `domain`, `view`, `operator` …, as `pg_identify_object` calls it.
        package var kind: String
        /// As `pg_identify_object` names it.
        package var identity: String
        package var schema: String?
    }
}
