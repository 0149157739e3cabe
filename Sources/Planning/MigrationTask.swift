package import PlanFile

/// One vertex of the migration's graph: what to do, on which object, after what.
package struct MigrationTask: Sendable, Codable, Equatable {
    /// What a task competes for.
    package enum Resource: String, Sendable, Codable, CaseIterable {
        case tableJob = "table-jobs"
        case indexJob = "index-jobs"
        /// Short or solitary work that waits for nothing but its predecessors.
        case none
    }

    /// Stable, unique: `copy:public.readings:0017`.
    package var id: String
    package var action: Action
    /// Positions in the task list of what must be done before; always smaller than the task's own.
    package var needs: [Int]
    package var resource: Resource
    /// How big it is, bytes. Of the tasks that are ready, the one with the heaviest path behind it comes first in the
    /// list. Zero where size does not matter.
    package var weight: Int64

    package init(id: String, action: Action, needs: [Int], resource: Resource = .none, weight: Int64 = 0) {
        self.id = id
        self.action = action
        self.needs = needs
        self.resource = resource
        self.weight = weight
    }
}

/// What a task does. Saved with the state, so that a resumed run does what was planned.
package enum Action: Sendable, Codable, Equatable {
    /// Runs pg_dump under the run's snapshot and stores what it says, entry by entry, in the state.
    case dumpSchema
    /// The source's roles, their settings and memberships, in one transaction.
    case createRoles
    /// What `alter database … set` and `comment on database` say.
    case setDatabase
    /// Nil: at the target's default version.
    case createExtension(name: String, schema: String, version: String? = nil)
    case copyExtensionRows(ExtensionRows)
    /// Everything of the dump that must exist before data.
    case restorePreData
    case createHypertable(HypertableDefinition)
    /// The partitions of what was a hypertable on the source.
    case createPartitions(RangePartitions)
    case copy(Piece)
    /// Large objects with `first <= oid < end`; nil: to the last.
    case copyLargeObjects(first: UInt32, end: UInt32?)
    case buildIndex(IndexBuild)
    /// The index of a partitioned parent, `on only`: a moment's work.
    case addConstraint(ConstraintBuild)
    /// `alter index … attach partition` for all partitioned indexes.
    case attachIndexes
    case addForeignKey(ForeignKeyBuild)
    case validateForeignKey(ForeignKeyBuild)
    case setSequences([QualifiedName])
    /// Everything of the dump that comes after data and has no task of its own: rules, triggers, policies, extended
    /// statistics, late views, comments. Event triggers excepted.
    case restorePostData
    case refreshMaterializedView(QualifiedName)
    case analyze(QualifiedName)
    /// Sets the visibility map of a table, or of one part of a hypertable's chunks: the `part`-th of `parts`, from 1.
    case vacuum(QualifiedName, part: Int, parts: Int)
    case restoreEventTriggers
    /// `alter … owner to`, for whatever differs by then.
    case setOwners(RightsPlanner.Stage)
    /// GRANT and REVOKE, for whatever differs by then.
    case grantPrivileges(RightsPlanner.Stage)
    /// Columnstore and retention of hypertables: after all else, as their jobs work on the rows.
    case applyPolicies([HypertablePolicies])
    /// Whether the source was written to while it was copied.
    case checkSourceUnchanged
    case verify(Piece)

    // Of live migrations.

    /// Replica identities, then publications on the source, each committed before the slot is made (EXACTNESS.md, 1).
    case prepareSource
    /// The slot, and the snapshot that it exports.
    case createSlot
    /// All pieces have watermarks and every identity its index: from here on changes are applied.
    case follow
    /// The stream has passed the newest watermark.
    case catchUp
    /// Somebody, or `approval: automatic`, says that the cutover may begin. All tasks behind it are the cutover.
    case gate
    case fence
    /// Writes the marker into the source's stream.
    case writeMarker
    /// Everything up to the marker is applied, and nothing behind it.
    case drain
    /// Tables followed for inserts only are compared, and copied again where their rows differ.
    case recopyUnfollowed
    /// What the source's chunks no longer cover, because they were dropped there, goes on the target, too. By name.
    case levelChunks([QualifiedName])
    /// A continuous aggregate without rows, and its indexes.
    case createAggregate(AggregateDefinition)
    /// Its rows: computed where what it reads is there, copied from the source where that is gone.
    case fillAggregate(AggregateDefinition)
    /// Of the dump what reads continuous aggregates.
    case restoreAggregateViews
    case applyTimescaleSettings(TimescaleSettings)
    /// An index of ours that only served the applier.
    case dropIndex(QualifiedName)
    /// Of the dump what acts on rows: triggers, rules, policies.
    case restoreTriggers
    /// A slot on the target, before the application writes there: what it changes can be carried back to the source.
    case openFallback
    /// Looks for writes behind the marker; takes the downtime.
    case completeCutover

    /// The kind, as it begins the task's id.
    package var kind: String {
        switch self {
        case .dumpSchema: "dump-schema"
        case .createRoles: "roles"
        case .setDatabase: "database"
        case .createExtension: "extension"
        case .copyExtensionRows: "extension-rows"
        case .restorePreData: "pre-data"
        case .createHypertable: "hypertable"
        case .createPartitions: "partitions"
        case .copy: "copy"
        case .copyLargeObjects: "large-objects"
        case .buildIndex: "index"
        case .addConstraint: "constraint"
        case .attachIndexes: "attach-indexes"
        case .addForeignKey: "foreign-key"
        case .validateForeignKey: "validate"
        case .setSequences: "sequences"
        case .restorePostData: "post-data"
        case .refreshMaterializedView: "refresh"
        case .analyze: "analyze"
        case .vacuum: "vacuum"
        case .restoreEventTriggers: "event-triggers"
        case .setOwners: "owners"
        case .grantPrivileges: "privileges"
        case .applyPolicies: "policies"
        case .checkSourceUnchanged: "source-unchanged"
        case .verify: "verify"
        case .prepareSource: "prepare-source"
        case .createSlot: "slot"
        case .follow: "follow"
        case .catchUp: "catch-up"
        case .gate: "gate"
        case .fence: "fence"
        case .writeMarker: "marker"
        case .drain: "drain"
        case .recopyUnfollowed: "recopy"
        case .levelChunks: "chunks"
        case .createAggregate: "aggregate"
        case .fillAggregate: "fill"
        case .restoreAggregateViews: "aggregate-views"
        case .applyTimescaleSettings: "timescale"
        case .dropIndex: "drop-index"
        case .restoreTriggers: "triggers"
        case .openFallback: "fallback"
        case .completeCutover: "complete"
        }
    }
}

/// Rows of an extension's configuration tables (`pg_extension_config_dump`), which are the user's.
package struct ExtensionRows: Sendable, Codable, Equatable {
    package struct Table: Sendable, Codable, Equatable {
        package var name: QualifiedName
        /// `where …`, empty for all rows.
        package var condition: String
        package init(name: QualifiedName, condition: String) {
            self.name = name
            self.condition = condition
        }
    }
    package var name: String
    package var tables: [Table]
    /// Whether such rows of the target are ours alone: the extension was not there before.
    package var replaces: Bool

    package init(name: String, tables: [Table], replaces: Bool) {
        self.name = name
        self.tables = tables
        self.replaces = replaces
    }
}

package struct HypertableDefinition: Sendable, Codable, Equatable {
    package struct Space: Sendable, Codable, Equatable {
        package var column: String
        package var partitions: Int
        package init(column: String, partitions: Int) {
            self.column = column
            self.partitions = partitions
        }
    }
    /// Beyond time and space: what a TimescaleDB source may have besides.
    package enum Dimension: Sendable, Codable, Equatable {
        case hash(Space)
        case range(column: String, Interval)
    }
    /// In what `create_hypertable` and `by_range` take.
    package enum Interval: Sendable, Codable, Equatable {
        /// Text of an interval.
        case interval(String)
        case integer(Int64)
    }
    package var table: QualifiedName
    package var timeColumn: String
    /// Nil: TimescaleDB's default.
    package var chunkInterval: Interval?
    package var space: Space?
    /// Nil where there are none.
    package var further: [Dimension]?
    /// What tells the present time of an integer column, as SQL names it; set once the functions are there.
    package var integerNow: String?
    /// Gets it before it has chunks.
    package var owner: String?

    package init(table: QualifiedName, timeColumn: String, chunkInterval: Interval?, space: Space?) {
        self.table = table
        self.timeColumn = timeColumn
        self.chunkInterval = chunkInterval
        self.space = space
    }
}

package struct IndexBuild: Sendable, Codable, Equatable {
    /// Nil for an index that the source has not (a hypertable's time index).
    package var sourceOID: UInt32?
    package var name: QualifiedName
    package var table: QualifiedName
    /// The statement without its end: `CREATE UNIQUE INDEX "x" ON "public"."t" USING btree ("a")`.
    package var definition: String
    /// Nil: there is no dump entry behind it but that of the constraint that will own it.
    package var constraintOID: UInt32?
    package init(
        sourceOID: UInt32?, name: QualifiedName, table: QualifiedName, definition: String, constraintOID: UInt32? = nil,
    ) {
        self.sourceOID = sourceOID
        self.name = name
        self.table = table
        self.definition = definition
        self.constraintOID = constraintOID
    }
}

/// A primary key, unique or exclusion constraint.
package struct ConstraintBuild: Sendable, Codable, Equatable {
    package enum Way: Sendable, Codable, Equatable {
        /// `add constraint … using index`: the index was built before, by a task of its own.
        case usingIndex
        /// `add constraint name definition`, which builds the index itself: hypertables, exclusion constraints,
        /// partitioned parents (`only`: their partitions' indexes are attached later).
        case directly(only: Bool)
    }
    package var sourceOID: UInt32
    package var name: String
    package var table: QualifiedName
    /// `PRIMARY KEY ("a", "b")`, with deferrability.
    package var definition: String
    package var indexName: QualifiedName
    package var way: Way
    /// `PRIMARY KEY` or `UNIQUE`, then `DEFERRABLE …`, for `using index`.
    package var keyKind: String
    package var deferrability: String

    package init(
        sourceOID: UInt32, name: String, table: QualifiedName, definition: String, indexName: QualifiedName, way: Way,
        keyKind: String, deferrability: String,
    ) {
        self.sourceOID = sourceOID
        self.name = name
        self.table = table
        self.definition = definition
        self.indexName = indexName
        self.way = way
        self.keyKind = keyKind
        self.deferrability = deferrability
    }
}

package struct ForeignKeyBuild: Sendable, Codable, Equatable {
    package var sourceOID: UInt32
    package var name: String
    package var table: QualifiedName
    /// `FOREIGN KEY (…) REFERENCES …`, without `NOT VALID`.
    package var definition: String
    /// False where the server cannot add it NOT VALID (a partitioned or hyper table on either side), so that adding it
    /// validates at once.
    package var canBeNotValid: Bool
    /// Whether the source itself has it validated.
    package var isValidOnSource: Bool

    package init(
        sourceOID: UInt32, name: String, table: QualifiedName, definition: String, canBeNotValid: Bool,
        isValidOnSource: Bool,
    ) {
        self.sourceOID = sourceOID
        self.name = name
        self.table = table
        self.definition = definition
        self.canBeNotValid = canBeNotValid
        self.isValidOnSource = isValidOnSource
    }
}
