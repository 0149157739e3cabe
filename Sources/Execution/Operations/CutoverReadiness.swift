private import Planning

/// Whether a cutover may begin, and what stands against it. A value, from what the state and the source say.
package struct CutoverReadiness: Sendable, Equatable {
    /// What stands against it.
    package enum Reason: Sendable, Equatable {
        case stillCopying(pieces: Int, bytes: Int64)
        /// Tasks that come before the gate, a few of them by name.
        case stillPreparing(tasks: Int, examples: [String])
        /// No process follows the source, or it has said nothing for so many seconds.
        case notFollowed
        case silent(seconds: Double)
        case lag(seconds: Double, bytes: Int64, limit: Double, secondsToCatchUp: Double?)
        case catchingUp
        case paused(String)
        case broken(String)
        case preparedTransactions(Int)
        case withdrawing
    }

    package var reasons: [Reason]
    package var isReady: Bool { reasons.isEmpty }

    package init(reasons: [Reason] = []) { self.reasons = reasons }

    /// What it follows from.
    package struct Facts: Sendable {
        package var records: [TaskRecord]
        package var status: FollowStatus?
        /// How old `status` is, seconds.
        package var statusAge: Double?
        /// Whether a process holds the follower's lock.
        package var isFollowed: Bool
        package var broken: String?
        /// A cutover that was withdrawn is being undone.
        package var isWithdrawing: Bool
        /// On the source's database.
        package var preparedTransactions: Int

        package init(
            records: [TaskRecord], status: FollowStatus?, statusAge: Double?, isFollowed: Bool, broken: String? = nil,
            isWithdrawing: Bool = false, preparedTransactions: Int = 0,
        ) {
            self.records = records
            self.status = status
            self.statusAge = statusAge
            self.isFollowed = isFollowed
            self.broken = broken
            self.isWithdrawing = isWithdrawing
            self.preparedTransactions = preparedTransactions
        }
    }

    /// The follower stores its status once a second; older than this, it does not follow. Seconds.
    static let freshness = 10.0

    /// - Parameter maxLag: `cutover.max-lag`, seconds.
    package init(_ facts: Facts, maxLag: Double) {
        reasons = []
        if facts.isWithdrawing { reasons.append(.withdrawing) }
        if let broken = facts.broken { reasons.append(.broken(broken)) }
        addTasks(facts.records)
        addFollowing(facts, maxLag: maxLag)
        if facts.preparedTransactions > 0 { reasons.append(.preparedTransactions(facts.preparedTransactions)) }
    }

    private mutating func addTasks(_ records: [TaskRecord]) {
        let tasks = records.map(\.task)
        let behind = LiveRun.behind(tasks.firstIndex { $0.action == .gate }, tasks)
        let open = records.enumerated().filter { !behind.contains($0.offset) && $0.element.state != .done }
            .map(\.element)
        let copies = open.compactMap { record -> Int64? in
            if case .copy(let piece) = record.task.action { piece.estimatedBytes } else { nil }
        }
        if !copies.isEmpty {
            reasons.append(.stillCopying(pieces: copies.count, bytes: copies.reduce(0, +)))
        } else if open.contains(where: { $0.task.action != .catchUp }) {
            reasons.append(.stillPreparing(tasks: open.count, examples: open.prefix(3).map(\.task.id)))
        } else if !open.isEmpty {
            reasons.append(.catchingUp)
        }
    }

    private mutating func addFollowing(_ facts: Facts, maxLag: Double) {
        guard facts.isFollowed else { return reasons.append(.notFollowed) }
        guard let status = facts.status, let age = facts.statusAge, age <= Self.freshness else {
            return reasons.append(.silent(seconds: facts.statusAge ?? 0))
        }
        if let paused = status.paused { reasons.append(.paused(paused)) }
        // What is applied cannot be nearer than the status is new.
        if status.lagSeconds > maxLag {
            reasons.append(
                .lag(
                    seconds: status.lagSeconds, bytes: status.lagBytes, limit: maxLag,
                    secondsToCatchUp: status.secondsToCatchUp))
        } else if status.phase == .receiving || status.phase == .catchingUp, !reasons.contains(.catchingUp) {
            reasons.append(.catchingUp)
        }
    }
}

extension CutoverReadiness.Reason {
    /// One clause for people.
    package var text: String {
        switch self {
        case .stillCopying(let pieces, let bytes):
            "\(pieces) \(pieces == 1 ? "piece is" : "pieces are") still to be copied, about \(ByteText.of(bytes))"
        case .stillPreparing(let tasks, let examples):
            "\(tasks) \(tasks == 1 ? "task comes" : "tasks come") before the cutover: "
                + examples.joined(separator: ", ") + (tasks > examples.count ? ", …" : "")
        case .notFollowed: "no process follows the source: run `skein migrate`"
        case .silent(let seconds):
            "the process that follows the source has said nothing for \(Int(seconds)) s"
        case .lag(let seconds, let bytes, let limit, let left):
            "the target is \(Self.shown(seconds)) s and \(ByteText.of(bytes)) behind the source, more than "
                + "cutover.max-lag (\(Self.shown(limit)) s) allows"
                + (left.map { "; at this rate it catches up in \(Int($0.rounded(.up))) s" } ?? "")
        case .catchingUp: "the target is still catching up with what happened while rows were copied"
        case .paused(let reason): "receiving pauses: \(reason)"
        case .broken(let reason): "the stream is broken: \(reason); run migrate with --repair"
        case .preparedTransactions(let count):
            "\(count) prepared \(count == 1 ? "transaction" : "transactions") on the source would be committed behind "
                + "the cutover: commit or roll back what `select gid from pg_prepared_xacts` lists"
        case .withdrawing: "a cutover that was withdrawn is still being undone"
        }
    }

    private static func shown(_ seconds: Double) -> String {
        seconds < 10 ? String((seconds * 10).rounded() / 10) : String(Int(seconds))
    }
}

/// Sizes in refusals.
enum ByteText {
    static func of(_ bytes: Int64) -> String {
        var (value, unit) = (Double(bytes), 0)
        let units = ["bytes", "kB", "MB", "GB", "TB"]
        while value >= 1024, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        return unit == 0 ? "\(bytes) bytes" : "\((value * 10).rounded() / 10) \(units[unit])"
    }
}
