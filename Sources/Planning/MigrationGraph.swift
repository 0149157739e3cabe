package import PlanFile

/// What a plan compiles to: the tasks in their order, and what `plan` tells about them. A function of plan and catalogs
/// alone: the same input gives the same value.
package struct MigrationGraph: Sendable, Codable, Equatable {
    /// In topological order; the order in which ready tasks of one resource are started.
    package var tasks: [MigrationTask]
    package var tables: [TableDecision]
    package var jobs: JobDecision
    /// Relations, schemas, extensions and other objects on the source that are not migrated, for the schema restore.
    package var exclusions: Exclusions
    /// Nil offline.
    package var following: FollowingDecision?
    /// Roles, owners and privileges; nil in what an earlier version of Skein began.
    package var access: AccessDecision?

    package init(
        tasks: [MigrationTask], tables: [TableDecision], jobs: JobDecision, exclusions: Exclusions,
        following: FollowingDecision? = nil, access: AccessDecision? = nil,
    ) {
        self.tasks = tasks
        self.tables = tables
        self.jobs = jobs
        self.exclusions = exclusions
        self.following = following
        self.access = access
    }
}

/// How one table goes, and why.
package struct TableDecision: Sendable, Codable, Equatable {
    package enum Way: String, Sendable, Codable {
        case whole, ranges, blocks
        /// The tables below it on the source are its pieces, or are cut into them.
        case partitions
        /// Structure only.
        case skipped
        /// Nothing of its own to copy: a partitioned parent, a foreign table.
        case none
    }
    package var table: QualifiedName
    package var way: Way
    package var pieces: Int
    package var isBinary: Bool
    package var isHypertable: Bool
    package var estimatedRows: Int64
    /// Heap and TOAST, bytes.
    package var bytes: Int64
    package var indexBytes: Int64
    /// One or two clauses for people.
    package var why: String
    /// A hypertable of the source that becomes a partitioned table. Nil: no.
    package var becomesPartitioned: Bool?
    /// It is a partitioned table of the target, which was there before: its rows are in its partitions.
    package var hasPartitions: Bool?

    package init(
        table: QualifiedName, way: Way, pieces: Int, isBinary: Bool, isHypertable: Bool, estimatedRows: Int64,
        bytes: Int64, indexBytes: Int64, why: String,
    ) {
        self.table = table
        self.way = way
        self.pieces = pieces
        self.isBinary = isBinary
        self.isHypertable = isHypertable
        self.estimatedRows = estimatedRows
        self.bytes = bytes
        self.indexBytes = indexBytes
        self.why = why
    }
}

/// How many at once, and why.
package struct JobDecision: Sendable, Codable, Equatable {
    package var tableJobs: Int
    package var tableJobsWhy: String
    package var indexJobs: Int
    package var indexJobsWhy: String
    /// `maintenance_work_mem` of our index builds, kB.
    package var maintenanceWorkMemKB: Int
    package var maintenanceWorkMemWhy: String
    package var splitLargerThan: Int64
    package var splitWhy: String

    package init(
        tableJobs: Int, tableJobsWhy: String, indexJobs: Int, indexJobsWhy: String, maintenanceWorkMemKB: Int,
        maintenanceWorkMemWhy: String, splitLargerThan: Int64, splitWhy: String,
    ) {
        self.tableJobs = tableJobs
        self.tableJobsWhy = tableJobsWhy
        self.indexJobs = indexJobs
        self.indexJobsWhy = indexJobsWhy
        self.maintenanceWorkMemKB = maintenanceWorkMemKB
        self.maintenanceWorkMemWhy = maintenanceWorkMemWhy
        self.splitLargerThan = splitLargerThan
        self.splitWhy = splitWhy
    }
}

/// What the schema restore leaves out, by the source's object ids: the relations, the schemas, extensions' names, and
/// what depends on any of these.
package struct Exclusions: Sendable, Codable, Equatable {
    /// `catalog` and OID as dump entries carry them, `pg_class`, `pg_proc`, `pg_type`, `pg_constraint` …; everything
    /// that must not be restored, dependents included. Sorted.
    package var objects: [ExcludedObject]
    /// Schemas none of whose objects are restored. Sorted.
    package var schemas: [String]
    /// Extensions that are not created. Sorted.
    package var extensions: [String]
    /// Views that are continuous aggregates: they have tasks of their own, and what needs them comes behind. Sorted.
    package var aggregates: [UInt32]?
    /// Tables that are made partitioned by ranges of a column, by the source's object ids.
    package var partitioned: [UInt32: String]?

    /// Tables that are made as plain ones: without PARTITION BY, and without rules that send rows elsewhere. Sorted.
    package var flattened: [UInt32]?
    /// What is on the target already and stays as it is there: tables, and sequences of their columns. What needs them is
    /// restored. Sorted.
    package var present: [ExcludedObject]?

    package init(
        objects: [ExcludedObject] = [], schemas: [String] = [], extensions: [String] = [], flattened: [UInt32]? = nil,
        present: [ExcludedObject]? = nil, aggregates: [UInt32]? = nil,
    ) {
        self.aggregates = aggregates
        self.present = present
        self.objects = objects
        self.schemas = schemas
        self.extensions = extensions
        self.flattened = flattened
    }
}

package struct ExcludedObject: Sendable, Codable, Equatable, Hashable {
    package var catalog: String
    package var oid: UInt32
    package init(catalog: String, oid: UInt32) {
        self.catalog = catalog
        self.oid = oid
    }
}
