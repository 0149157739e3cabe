import PlanFile
import Planning
import Postgres
import TestServers
import Testing

@testable import Execution

@Suite("Claims", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(1)))
struct ClaimTests {
    /// A migration of three tasks: 2 needs 0 and 1. `other` is another process's session.
    private func withMigration(
        _ body:
            @escaping @Sendable (_ ours: Connection, _ other: Connection, _ store: (Connection) -> TaskStore) throws
            -> Void
    ) async throws {
        try await TestServers.withScratchDatabase(on: TestServers.requireTarget(), prefix: "faults_claim") { database in
            try await TestServers.blocking {
                let ours = try Connection(database, applicationName: "skein tests")
                let other = try Connection(database, applicationName: "skein tests")
                let migration = try ours.transaction {
                    try StateStore(ours).prepare()
                    return try create(ours)
                }
                try body(ours, other) { TaskStore($0, migration: migration) }
            }
        }
    }

    private func create(_ connection: Connection) throws -> Int64 {
        let tasks = [[], [], [0, 1]].enumerated().map { number, needs in
            MigrationTask(
                id: "extension:\(number)", action: .createExtension(name: "\(number)", schema: "public"), needs: needs)
        }
        let identity = ServerIdentity(systemIdentifier: "1", timeline: 1, database: "d", version: 150_000)
        let jobs = JobDecision(
            tableJobs: 1, tableJobsWhy: "", indexJobs: 1, indexJobsWhy: "", maintenanceWorkMemKB: 1024,
            maintenanceWorkMemWhy: "", splitLargerThan: 1, splitWhy: "")
        return try StateStore(connection).create(
            name: "claims", planHash: "", settings: [:], source: identity, target: identity,
            fingerprint: StateStore.decode(#"{"digest": "", "objects": {}}"#),
            graph: MigrationGraph(tasks: tasks, tables: [], jobs: jobs, exclusions: Exclusions()), skeinVersion: "0")
    }

    private func claim(_ store: TaskStore, _ number: Int, holder: Int) throws -> Int64 {
        guard case .claimed(let claim, false, _) = try store.claim(number, holder: holder) else {
            throw StateError.unexpected("task \(number) was not claimed")
        }
        return claim
    }

    @Test func `One process has a task, the other is told so, until it is done`() async throws {
        try await withMigration { ours, other, store in
            let holder = try store(ours).registerHolder()
            let rival = try store(other).registerHolder()
            let claim = try claim(store(ours), 0, holder: holder)
            #expect(try store(other).claim(0, holder: rival) == .taken)
            try store(ours).finish(0, claim: claim, TaskOutcome(rows: 7))
            #expect(try store(other).claim(0, holder: rival) == .alreadyDone)
            #expect(try store(other).done() == [0])
        }
    }

    @Test func `A task is not claimed before what it needs is done`() async throws {
        try await withMigration { ours, _, store in
            let holder = try store(ours).registerHolder()
            #expect(try store(ours).claim(2, holder: holder) == .blocked)
            for number in [0, 1] {
                try store(ours).finish(number, claim: try claim(store(ours), number, holder: holder), TaskOutcome())
            }
            _ = try claim(store(ours), 2, holder: holder)
        }
    }

    @Test func `A claim is free once its holder's session is gone, and what it did then is not committed`() async throws
    {
        try await withMigration { ours, other, store in
            let dead = 999_999
            let stale = try claim(store(ours), 0, holder: dead)
            let fresh = try claim(store(other), 0, holder: try store(other).registerHolder())
            #expect(fresh != stale)
            #expect(throws: ClaimLost.self) {
                try ours.transaction {
                    try ours.execute("create table public.zombie ()")
                    try store(ours).finish(0, claim: stale, TaskOutcome())
                }
            }
            #expect(throws: ClaimLost.self) { try ours.transaction { try store(ours).hold(0, claim: stale) } }
            #expect(try ours.scalar("select to_regclass('public.zombie')") == nil)
            // Nor does giving it back take it from the other.
            try store(ours).release(0, claim: stale, error: "late", sqlState: nil)
            try store(other).finish(0, claim: fresh, TaskOutcome())
        }
    }

    @Test func `A process gets its own claim again, and only the newer one counts`() async throws {
        try await withMigration { ours, other, store in
            let holder = try store(ours).registerHolder()
            // As by a session that ended before it could give the task back.
            let lost = try claim(store(other), 0, holder: holder)
            let claim = try claim(store(ours), 0, holder: holder)
            #expect(throws: ClaimLost.self) { try store(other).finish(0, claim: lost, TaskOutcome()) }
            try store(ours).finish(0, claim: claim, TaskOutcome())
        }
    }

    @Test func `While a task's effect is under way, nobody takes it over, dead holder or not`() async throws {
        try await withMigration { ours, other, store in
            let claim = try claim(store(ours), 0, holder: 999_999)
            let rival = try store(other).registerHolder()
            try ours.transaction {
                try store(ours).hold(0, claim: claim)
                #expect(try store(other).claim(0, holder: rival) == .taken)
                try store(ours).finish(0, claim: claim, TaskOutcome())
            }
            #expect(try store(other).claim(0, holder: rival) == .alreadyDone)
        }
    }

    @Test func `A piece that was read under an older snapshot is not done`() async throws {
        try await withMigration { ours, _, store in
            let claim = try claim(store(ours), 0, holder: try store(ours).registerHolder())
            try ours.execute("update skein.migration set generation = 2")
            #expect(throws: ClaimLost.self) { try store(ours).finish(0, claim: claim, generation: 1, TaskOutcome()) }
            try store(ours).finish(0, claim: claim, generation: 2, TaskOutcome())
        }
    }

    @Test func `A holder is alive as long as its session is, and only for its own`() async throws {
        try await withMigration { ours, other, store in
            let holder = try store(ours).registerHolder()
            #expect(try store(ours).isHeld(by: holder))
            #expect(try !store(other).isHeld(by: holder))
            #expect(try store(other).othersAlive(than: 0))
            #expect(try !store(other).othersAlive(than: holder))
        }
    }

    @Test func `Of finished pieces only those of another snapshot are reset, once`() async throws {
        try await withMigration { ours, other, store in
            let holder = try store(ours).registerHolder()
            for number in [0, 1] {
                try store(ours).finish(number, claim: try claim(store(ours), number, holder: holder), TaskOutcome())
            }
            try store(ours).confirm(1, generation: 2)
            #expect(try store(ours).lockStale([0, 1, 2], generation: 2) == [0])
            try store(ours).reset([0])
            #expect(try store(other).lockStale([0, 1, 2], generation: 2) == [])
            #expect(try store(other).open() == [0, 2])
            // What needs all rows waits for it, whether it says so in its needs or not.
            #expect(try store(ours).isRedoing())
            try ours.execute("update skein.task set needs = '{}' where number = 2")
            #expect(try store(ours).claim(2, holder: holder, needsAllRows: true) == .blocked)
            guard case .claimed(_, true, _) = try store(ours).claim(0, holder: holder) else {
                Issue.record("not to be done again")
                return
            }
        }
    }
}
