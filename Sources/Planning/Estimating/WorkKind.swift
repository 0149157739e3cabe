internal import PlanFile

/// Tasks that take their time in the same way, so that what some of them took tells of the others.
package enum WorkKind: Int, Sendable, CaseIterable {
    case plainCopy, hypertableCopy, largeObjects, index, constraint, validation, statistics, vacuum, comparison, view
    /// The dump and what it is made into: as long as there are objects.
    case structure
    /// A moment's work, whatever it is on.
    case brief
    /// Waits for the stream, a person, or the source's transactions: what it took says nothing of what it will take.
    case waiting

    /// - Parameter isHypertable: whether the table that the task works on is one on the target.
    init(_ action: Action, isHypertable: (QualifiedName) -> Bool) {
        switch action {
        case .copy(let piece): self = isHypertable(piece.targetTable) ? .hypertableCopy : .plainCopy
        case .copyLargeObjects: self = .largeObjects
        case .buildIndex: self = .index
        case .addConstraint(let build):
            if case .directly = build.way { self = .constraint } else { self = .brief }
        case .addForeignKey(let build): self = build.canBeNotValid ? .brief : .validation
        case .validateForeignKey: self = .validation
        case .analyze: self = .statistics
        case .vacuum: self = .vacuum
        case .verify, .recopyUnfollowed: self = .comparison
        case .refreshMaterializedView, .fillAggregate: self = .view
        case .dumpSchema, .restorePreData, .restorePostData, .createRoles, .setOwners, .grantPrivileges:
            self = .structure
        case .follow, .catchUp, .gate, .fence, .writeMarker, .drain: self = .waiting
        default: self = .brief
        }
    }

    /// Bytes a second that one task of it does on a small machine: cautious, for want of a measurement. One stream of
    /// COPY moved 80 MB/s there, binary; one index build wrote less.
    var cautiousRate: Double {
        switch self {
        case .plainCopy: 60e6
        case .hypertableCopy, .index, .constraint: 40e6
        case .largeObjects: 5e6
        case .validation, .vacuum, .comparison: 200e6
        case .statistics: 120e6
        case .view: 20e6
        case .structure, .brief, .waiting: 1e9
        }
    }

    /// What a task takes besides, seconds.
    var cautiousPause: Double {
        switch self {
        case .structure: 0.3
        default: 0.02
        }
    }
}
