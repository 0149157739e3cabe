internal import ChangeStream
private import LogicalDecoding
private import PlanFile
internal import Postgres

/// What a failure of following leads to.
enum FollowVerdict {
    /// It may pass: follow again from what is committed.
    case again(TaskFailure)
    /// Somebody has to do something; then the same command goes on.
    case stop(TaskFailure)
    /// Changes are missing that the source no longer has: only a repair goes on.
    case broken(TaskFailure)
    case fail(TaskFailure)

    init(_ error: any Error) {
        let told = TaskFailure(task: "follow", error)
        func failure(_ message: String, cure: String? = nil, object: String? = nil) -> TaskFailure {
            TaskFailure(task: "follow", message: message, cure: cure, object: object)
        }
        let repair = "run `skein migrate` with --repair: it makes a new slot and copies again what differs"
        switch error {
        case let broken as StreamBroken: self = .broken(failure(broken.description, cure: repair))
        case let spool as SpoolError:
            if spool.needsRepair {
                self = .broken(failure(spool.description, cure: repair))
            } else if spool.mayPass {
                self = .again(failure(spool.description))
            } else if case .inUse = spool {
                self = .again(failure(spool.description))
            } else {
                self = .stop(
                    failure(
                        spool.description,
                        cure: "move that folder away, or name another in replication.spool.directory"))
            }
        case let difference as ShapeDifference:
            if case .partTruncated(let target) = difference.what {
                self = .stop(
                    failure(
                        difference.summary, cure: "run migrate with --resync \(target), which copies it again",
                        object: difference.table.description))
                return
            }
            self = .stop(
                failure(
                    difference.summary,
                    cure: difference.statement.map { "run on the target: \($0)" }
                        ?? "give the target's table the source's shape, or start over with --drop-if-exists",
                    object: difference.table.description))
        case let apply as ApplyFailure:
            if case .progressMoved = apply {
                self = .again(failure(apply.description))
            } else {
                self = .fail(failure(apply.description, cure: "`skein migrate --repair` compares and copies again"))
            }
        case SourceError.slotLost, SourceError.publicationsChanged:
            self = .broken(failure(told.message, cure: repair))
        case is FollowerReplaced: self = .again(failure("another process follows, or the target ended our session"))
        default: self = error.isTransient ? .again(told) : .fail(told)
        }
    }
}

extension ApplyEvent {
    /// What a person should know; nil for what is as expected.
    var notice: String? {
        switch self {
        case .replicationRoleRefused:
            "the target does not let us set session_replication_role: its triggers and foreign keys fire for what is "
                + "applied, which costs time"
        case .unfollowed(let name):
            "\(name) is written to on the source and is not part of this migration: created since it began, or left out"
        case .truncatedChunk(let name):
            "a chunk of \(name) was truncated by itself on the source, which the stream tells without its range; run "
                + "migrate with --resync \(name)"
        case .laterPart(let name, let target):
            "\(name) was made on the source as a part of \(target): its changes are applied there, too"
        case .unexpectedRows(let name, let expected, let affected):
            "\(name): \(expected) updates and deletes found \(affected) rows on the target: somebody else writes there?"
        case .waitingForSource(let name):
            "\(name): a row is read again from the source, where old transactions still hide it"
        case .triedAgain(let state):
            state == "40P01" ? nil : "the target refused changes (SQLSTATE \(state)); applied again in their order"
        }
    }
}
