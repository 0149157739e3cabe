private import ChangeStream
internal import PlanFile
internal import Planning
private import Postgres

/// What comes before the run of a live migration that has begun: wishes from the command line, and the repair of a
/// broken stream, which nothing may be applied beside.
struct LivePreparation {
    private let context: RunContext
    private let tell: @Sendable (RunEvent) -> Void

    init(_ context: RunContext, tell: @escaping @Sendable (RunEvent) -> Void) {
        self.context = context
        self.tell = tell
    }

    /// How the stream stands in the state.
    private struct Standing: Sendable {
        var broken: String?
        /// A slot was made, and the state knows none: a repair ended in the middle.
        var lacksSlot: Bool
        /// Pieces go with an older slot: a repair ended in the middle.
        var hasStalePieces: Bool
    }

    /// - Parameter source: as it is now: a repair takes it for the migration's from here on.
    func run(resync: [QualifiedName], repair: Bool, source: ServerIdentity) async throws {
        let standing = try await standing()
        if let broken = standing.broken, !repair { throw StreamIsBroken(reason: broken) }
        let isUnderWay = standing.lacksSlot || standing.hasStalePieces
        if repair || isUnderWay {
            let isNew = standing.broken != nil || standing.lacksSlot || !isUnderWay
            try await self.repair(makingSlot: isNew, source: source)
        }
        try await wish(resync)
    }

    private func wish(_ tables: [QualifiedName]) async throws {
        guard !tables.isEmpty else { return }
        let migration = context.migration
        try await onTarget { target in
            for table in tables { try LaneStore(target, migration: migration).wish(table) }
        }
    }

    private func standing() async throws -> Standing {
        let migration = context.migration
        return try await onTarget { target in
            let rows = try target.query(Self.selectStanding, [String(migration)])
            guard rows.count > 0 else { return Standing(broken: nil, lacksSlot: false, hasStalePieces: false) }
            return Standing(broken: rows[0, 0], lacksSlot: rows.bool(0, 1), hasStalePieces: rows.bool(0, 2))
        }
    }

    private static let selectStanding = """
        select s.broken, s.slot_snapshot is null and s.slot_generation > 0,
            exists (select from skein.task t where t.migration = s.migration and t.state = 'done'
                and t.watermark is not null and t.slot_generation < s.slot_generation)
        from skein.stream s where s.migration = $1
        """

    // MARK: Repair

    private func repair(makingSlot: Bool, source identity: ServerIdentity) async throws {
        guard let following = context.decisions.following else { return }
        let context = context
        // Nobody receives or applies meanwhile.
        let lock = Session(context.target, applicationName: context.applicationName("repair"))
        let isOurs = try await lock.run { try FollowStore($0, migration: context.migration).lock() }
        guard isOurs else {
            await lock.close()
            throw RepairBesideRun()
        }
        do {
            if makingSlot { try await makeSlot(following, identity) }
            let spool = context.plan.replication.spool
            try Spool.delete(directory: spool.directory.value, plan: context.planName)
            let copied = try await Repair(context, tell: tell).run()
            let text = copied.isEmpty ? "nothing differed" : "copied again: \(copied.joined(separator: ", "))"
            tell(.streamNotice("the stream is repaired; \(text)"))
        } catch {
            await lock.close()
            throw error
        }
        await lock.close()
    }

    /// A cutover that was under way is given up first: everything behind the gate waits for the new stream.
    private func makeSlot(_ following: FollowingDecision, _ identity: ServerIdentity) async throws {
        let context = context
        let isOpen = try await onTarget { target in
            try target.query(
                "update skein.cutover set abandoned = true where migration = $1 and completed is null",
                [String(context.migration)]
            ).affectedRows > 0
        }
        if isOpen { _ = try await CutoverUndo.run(context) }
        let catchUp = context.tasks.indices.filter { context.tasks[$0].action == .catchUp }
        let link = Link(context)
        // The application may be making or truncating tables just then.
        try await Patience(seconds: context.retryFor, tell: tell).retrying("repair") {
            try await link.run("repair") { ends in
                let target = try ends.target()
                try SourceTask.prepare(ends, target, context, following)
                try target.durably {
                    try StreamStore(target, migration: context.migration).forgetSlot()
                    try StateStore(target).update(migration: context.migration, source: identity)
                    try TaskStore(target, migration: context.migration).reopen(catchUp)
                }
                try SourceTask.createSlot(ends, target, context, following)
            }
        }
        await link.close()
    }

    private func onTarget<R: Sendable>(_ body: @Sendable (Connection) throws -> R) async throws -> R {
        try await ServerAccess(context.plan, .target, purpose: "control").run(body)
    }
}

/// The slot or the spool is lost: changes are missing, and only a repair goes on from here.
package struct StreamIsBroken: Error, Sendable {
    package var reason: String
    package init(reason: String) { self.reason = reason }
}

/// `--repair` while another process follows.
struct RepairBesideRun: ToldError {
    var object: String? { nil }
    var summary: String { "another process follows this migration, and nothing may be applied beside a repair" }
    var cure: String? { "end that process, then run this command again" }
    var mayPass: Bool { false }
}
