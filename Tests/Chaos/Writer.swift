import Foundation
import Postgres
import Synchronization

/// An application: one connection, made again when it is lost, one transaction after the other, on a thread of its own.
final class Writer: Sendable {
    struct Habits: Sendable {
        /// How often a transaction does not wait for the disk (`synchronous_commit = off`).
        var asynchronous = 0.0
        /// How often it commits in two phases.
        var twoPhase = 0.0
        /// Whether the table without identity is changed, too.
        var changesLog = false
        /// Whether numbers are NaN and infinite, too, which wal2json before 2.6 loses.
        var isBeyondNumbers = true
        /// Between two transactions, at most; seconds.
        var pause = 0.01
    }

    let number: Int
    private let source: ConnectionTarget
    private let seed: UInt64
    private let habits: Habits
    private let isStopped = Atomic(false)
    /// Between two transactions, beside the habit; microseconds.
    private let brake = Atomic(0)
    private let ledgerSoFar = Mutex(Ledger())
    private let end = DispatchSemaphore(value: 0)

    init(_ number: Int, _ source: ConnectionTarget, seed: UInt64, _ habits: Habits) {
        (self.number, self.source, self.seed, self.habits) = (number, source, seed, habits)
    }

    var ledger: Ledger { ledgerSoFar.withLock { $0 } }

    func start() {
        Thread.detachNewThread { [self] in
            run()
            end.signal()
        }
    }

    /// After the transaction under way.
    func stop() { isStopped.store(true, ordering: .relaxed) }

    /// For a migration that cannot keep up: with a debug build on a busy machine it never does otherwise.
    func slowDown() { brake.store(min(1_000_000, brake.load(ordering: .relaxed) * 2 + 20_000), ordering: .relaxed) }

    /// - Returns: whether it ended in time.
    func wait(atMost seconds: Double) -> Bool {
        guard end.wait(timeout: .now() + seconds) == .success else { return false }
        end.signal()  // for whoever asks next
        return true
    }

    private func run() {
        var statements = Statements(
            dice: Dice(seed: seed), changesLog: habits.changesLog, isBeyondNumbers: habits.isBeyondNumbers)
        var connection: Connection?
        var next = 1
        while !isStopped.load(ordering: .relaxed) {
            do {
                let open = try connection ?? connect()
                connection = open
                try transaction(next, &statements, on: open)
                next += 1
            } catch {
                let state = (error as? PostgresError)?.sqlState ?? "lost"
                ledgerSoFar.withLock { $0.errors[state, default: 0] += 1 }
                next += 1
                if connection?.isUp != true || connection?.isInTransaction == true { connection = nil }
                // The server is down, or the fence is up.
                if connection == nil || state == "25006" { Thread.sleep(forTimeInterval: 0.05) }
            }
            Thread.sleep(
                forTimeInterval: statements.dice.roll(0...habits.pause)
                    + Double(brake.load(ordering: .relaxed)) / 1e6)
        }
        if habits.twoPhase > 0 { finishPrepared() }
    }

    private func connect() throws -> Connection {
        let connection = try Connection(
            source, applicationName: "application \(number)",
            settings: ["search_path": "public", "lock_timeout": "500ms"])
        // As the database has it: this is what the fence sets.
        try connection.execute("reset default_transaction_read_only")
        if habits.twoPhase > 0 { try finishPrepared(on: connection) }
        return connection
    }

    // MARK: One transaction

    private func transaction(_ number: Int, _ statements: inout Statements, on connection: Connection) throws {
        var isCommitting = false
        do {
            try connection.execute("begin")
            if statements.dice.chance(habits.asynchronous) {
                try connection.execute("set local synchronous_commit = off")
            }
            let bookAt = statements.dice.roll(0...1)
            if bookAt == 0 { try book(number, on: connection) }
            for _ in 0..<statements.dice.roll(1...8) { try change(&statements, on: connection) }
            if bookAt == 1 { try book(number, on: connection) }
            if statements.dice.chance(0.08) {
                try connection.execute("rollback")
                ledgerSoFar.withLock { _ = $0.undone.insert(number) }
            } else {
                let isTwoPhase = statements.dice.chance(habits.twoPhase)
                let name = "application_\(self.number)_\(number)"
                isCommitting = true
                try connection.execute(isTwoPhase ? "prepare transaction '\(name)'" : "commit")
                if isTwoPhase { try connection.execute("commit prepared '\(name)'") }
                ledgerSoFar.withLock { _ = $0.acknowledged.insert(number) }
            }
        } catch {
            let isKnown = !isCommitting || (connection.isUp && habits.twoPhase == 0)
            ledgerSoFar.withLock { _ = isKnown ? $0.undone.insert(number) : $0.unknown.insert(number) }
            if connection.isUp, connection.isInTransaction { try? connection.execute("rollback") }
            throw error
        }
    }

    private func change(_ statements: inout Statements, on connection: Connection) throws {
        guard statements.dice.chance(0.25) else {
            for statement in statements.next() { try connection.execute(statement) }
            return
        }
        try connection.execute("savepoint one")
        for statement in statements.next() { try connection.execute(statement) }
        if statements.dice.chance(0.3) {
            try connection.execute("savepoint two")
            for statement in statements.next() { try connection.execute(statement) }
            try connection.execute("release two")
        }
        try connection.execute(statements.dice.chance(0.5) ? "rollback to one" : "release one")
    }

    private func book(_ number: Int, on connection: Connection) throws {
        try connection.execute(
            "insert into ledger (writer, number) values (\(self.number), \(number)); "
                + "insert into ledger_log values (\(self.number), \(number))")
    }

    // MARK: Two-phase commits

    private func finishPrepared() {
        for _ in 0..<100 {
            if (try? finishPrepared(on: Connection(source, applicationName: "application \(number)"))) != nil { return }
            Thread.sleep(forTimeInterval: 0.1)
        }
    }

    private func finishPrepared(on connection: Connection) throws {
        let left = try connection.query(
            "select gid from pg_catalog.pg_prepared_xacts where database = current_database() and gid like $1",
            ["application\\_\(number)\\_%"])
        for row in left.indices { try connection.execute("commit prepared '\(left.text(row, 0))'") }
    }
}
