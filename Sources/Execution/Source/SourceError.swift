package import PlanFile

/// What is wrong on the source of a live migration, with what to do about it.
package enum SourceError: Error, Sendable, Equatable {
    /// Objects with our names that this migration did not make.
    case namesTaken([SourceLeftover])
    /// A statement got no lock in time.
    case locked(statement: String, blockers: [SessionFact])
    /// Published with updates, and no replica identity: the application's UPDATE would fail.
    case noIdentity([QualifiedName])
    case publicationsChanged([String])
    case slotLost(slot: String, reason: String)
    case slotInUse(slot: String, by: SessionFact)
    /// Our slot's name is taken by one of another database; nil: by a physical one. It is none of our business.
    case slotElsewhere(slot: String, database: String?)
    /// Tables that were made, rewritten or altered while the slot was: its stream would not know.
    case changedMeanwhile([QualifiedName])
    case fenceRefused([FenceProblem])
    /// Transactions that are still open after the waiting.
    case stillOpen([SessionFact], seconds: Double)
    /// Transactions, in words, on the target's server, for which the slot of the way back would wait.
    case slotWouldWait([String], seconds: Double)
    case mayNotFence(String)
    case mayNotEnd([SessionFact])
    case sessionsRemain([SessionFact])
    /// Sessions that write although the fence stands.
    case fenceLeaks([SessionFact])
    case gateClosed

    /// Whether the same work may succeed when it is tried again a little later.
    package var isTransient: Bool {
        switch self {
        case .locked, .slotInUse, .sessionsRemain, .gateClosed, .changedMeanwhile: true
        default: isRefusal
        }
    }

    /// Whether a cutover has to wait for something on the source, while the migration goes on following.
    package var isRefusal: Bool {
        switch self {
        case .fenceRefused, .stillOpen, .slotWouldWait, .mayNotFence, .mayNotEnd: true
        default: false
        }
    }

    package var message: String {
        switch self {
        case .namesTaken(let found):
            "the source holds what this migration did not make: " + Self.list(found.map(\.description))
        case .locked(let statement, let blockers):
            "`\(statement)` waits for a lock on the source"
                + (blockers.isEmpty ? "" : " that is held by " + Self.list(blockers.map(\.description)))
        case .noIdentity(let tables):
            "no replica identity names the rows of " + Self.list(tables.map(\.description))
                + ", so publishing its updates would make the application's UPDATE fail"
        case .publicationsChanged(let what):
            "the publications on the source are not as they were made: " + Self.list(what)
        case .slotLost(let slot, let reason): "the replication slot \(slot) is lost: \(reason)"
        case .slotInUse(let slot, let session): "the replication slot \(slot) is in use by \(session)"
        case .slotElsewhere(let slot, let database):
            "the source's server has a replication slot \(slot) already, "
                + (database.map { "of database \($0)" } ?? "a physical one")
                + ": names of slots are shared by all databases of a server"
        case .changedMeanwhile(let tables):
            "tables were made or altered on the source while the replication slot was: "
                + Self.list(tables.map(\.description)) + "; its stream would show them as they were before"
        case .fenceRefused(let problems): "the fence would leak: " + problems.map(\.message).joined(separator: "; ")
        case .stillOpen(let sessions, let seconds):
            "transactions on the source are still open after \(Int(seconds)) s: "
                + Self.list(sessions.map(\.description))
        case .slotWouldWait(let transactions, let seconds):
            "transactions on the target's server are still open after \(Int(seconds)) s, and the way back's slot would wait "
                + "for them while the application stands still: " + Self.list(transactions)
        case .mayNotFence(let reason): "the source's database cannot be made read-only: \(reason)"
        case .mayNotEnd(let sessions):
            "these sessions on the source may not be ended by this role: " + Self.list(sessions.map(\.description))
        case .sessionsRemain(let sessions):
            "these sessions on the source do not end: " + Self.list(sessions.map(\.description))
        case .fenceLeaks(let sessions):
            "these sessions write although the database is read-only: " + Self.list(sessions.map(\.description))
        case .gateClosed: "the cutover is not open any more"
        }
    }

    package var cure: String? {
        switch self {
        case .namesTaken:
            "an abandoned migration left them, or another one of the same name uses them: run `skein clean` with this "
                + "plan, or give the plan another name"
        case .locked: "end what holds the lock, or wait for it"
        case .noIdentity: "name the table in replication.identity (full, index or inserts-only)"
        case .publicationsChanged:
            "changes may have been missed since: put back what was changed and run migrate with --repair"
        case .slotLost: "run migrate with --repair"
        case .slotInUse: "stop what uses it, then run the same command"
        case .slotElsewhere:
            "run `skein clean` with this plan, which leaves that slot alone, then give the plan another `name`; where that "
                + "slot is a leftover, remove it with `skein clean` and the plan it came from"
        case .changedMeanwhile: "make and alter no table for a moment (TRUNCATE and new partitions count)"
        case .fenceRefused(let problems): problems.map(\.cure).joined(separator: "; ")
        case .stillOpen, .slotWouldWait: "let them end or end them, or wait longer (--wait), then run cutover again"
        case .mayNotFence: "connect as the database's owner, or stop the application yourself and use `fence: none`"
        case .mayNotEnd:
            "grant the role pg_signal_backend and pg_read_all_stats (a superuser's sessions only a superuser can end), "
                + "or end them"
        case .sessionsRemain: "see what they do (pg_stat_activity), then run cutover again"
        case .fenceLeaks: "stop the application that sets default_transaction_read_only itself, then run cutover again"
        case .gateClosed: nil
        }
    }

    private static func list(_ items: [String]) -> String {
        let more = items.count > 10 ? " and \(items.count - 10) more" : ""
        return items.prefix(10).joined(separator: ", ") + more
    }
}

extension SourceError: CustomStringConvertible {
    package var description: String { message + (cure.map { "; " + $0 } ?? "") }
}

/// A session on the source, for people.
package struct SessionFact: Sendable, Equatable, Codable, CustomStringConvertible {
    package var pid: Int
    /// Its application's name, or its role's.
    package var application: String
    /// How long its transaction has been open, seconds; nil where it has none.
    package var seconds: Double?

    package init(pid: Int, application: String, seconds: Double?) {
        self.pid = pid
        self.application = application
        self.seconds = seconds
    }

    package var description: String {
        let age = seconds.map { ", open for \(Int($0)) s" } ?? ""
        return "pid \(pid) (\(application)\(age))"
    }
}
