import Foundation
import Glibc
import Postgres
import TestServers

/// One migration under fire: fills a source, lets writers loose on it, migrates, breaks things, cuts over, compares.
final class Round {
    private let plan: RoundPlan
    private let seed: UInt64
    private let setting: Setting
    private let folder: String
    private let source: ConnectionTarget
    private let target: ConnectionTarget
    private let proxies: [RoundPlan.Side: Proxy]
    private let disk: SpoolDisk
    private var writers: [Writer] = []
    private var timesSlowed = 0
    private var migrate: SkeinChild?
    private var cutover: SkeinChild?
    private var runs = 0
    private var sourceCrashed = false
    private let begun = Date()
    private var journal = ""

    /// Where rounds are played.
    struct Setting {
        var servers: ServerSet
        var sourceName: ServerSet.Name
        var targetName: ServerSet.Name
        /// The path of `skein`.
        var binary: String
        var plugin: String
        /// Holds a folder for each round.
        var folder: String
        /// A round that takes longer has failed; seconds.
        var limit = 180.0

        func server(_ side: RoundPlan.Side) -> ServerSet.Name { side == .source ? sourceName : targetName }
    }

    init(seed: UInt64, _ setting: Setting) throws {
        (self.seed, self.setting, plan) = (seed, setting, RoundPlan(seed: seed))
        folder = "\(setting.folder)/round-\(seed)"
        try? FileManager.default.removeItem(atPath: folder)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        source = try setting.servers.createDatabase("chaos_source", on: setting.sourceName, SourceSchema.batches)
        target = try setting.servers.createDatabase("chaos_target", on: setting.targetName)
        var proxies: [RoundPlan.Side: Proxy] = [:]
        for side in RoundPlan.Side.allCases {
            proxies[side] = try Proxy(to: setting.servers.port(setting.server(side)))
            proxies[side]?.slowDown(to: plan.rate)
        }
        self.proxies = proxies
        disk = try SpoolDisk(folder + "/spool", bytes: plan.diskBytes)
    }

    /// What the round did, for the log.
    var description: String { plan.description }

    /// - Returns: a sentence on what was done.
    /// - Throws: `ChaosFailure` where something was lost, doubled, refused or hung; the folder is kept then.
    func play() throws -> String {
        defer { end() }
        note(plan.description)
        try writePlan()
        for number in 1...plan.writers {
            writers.append(Writer(number, source, seed: seed &* 31 &+ UInt64(number), plan.habits))
        }
        writers.forEach { $0.start() }
        try run()
        for (after, fault) in plan.faults {
            try live(until: Date(timeIntervalSinceNow: after))
            try inflict(fault)
        }
        try enlargeDisk()
        for proxy in proxies.values { proxy.slowDown(to: 0) }
        if !plan.isFenced { try stopWriters() }
        try cutOver()
        try finish()
        if plan.isFenced { try stopWriters() }
        try check()
        if plan.cleans { try clean() }
        let transactions = writers.map { $0.ledger.acknowledged.count }.reduce(0, +)
        return "\(transactions) transactions, \(runs) runs"
    }

    /// The writers alone, through a crash of the source: what they were told must be what the source then has.
    func rehearse() throws -> String {
        defer { end() }
        try writePlan()
        for number in 1...plan.writers {
            writers.append(
                Writer(
                    number, source.with("port", "\(proxies[.source]?.port ?? 0)"), seed: seed &+ UInt64(number),
                    plan.habits))
        }
        writers.forEach { $0.start() }
        usleep(2_000_000)
        proxies[.source]?.cut(refusingFor: 0.5)
        usleep(1_000_000)
        try setting.servers.restart(setting.sourceName, mode: .immediate)
        sourceCrashed = true
        usleep(1_000_000)
        try stopWriters()
        let wrong = try ledgerContradictions("source", source)
        if !wrong.isEmpty { throw ChaosFailure(wrong.joined(separator: "\n")) }
        let ledgers = writers.map(\.ledger)
        let errors = ledgers.reduce(into: [:]) { $0.merge($1.errors, uniquingKeysWith: +) }
        return "\(ledgers.map { $0.acknowledged.count }) committed, \(ledgers.map { $0.unknown.count }) unknown, "
            + "\(ledgers.map { $0.undone.count }) undone, errors \(errors)"
    }

    private func end() {
        for child in [migrate, cutover] { child?.kill() }
        writers.forEach { $0.stop() }
        for writer in writers { _ = writer.wait(atMost: 10) }
        proxies.values.forEach { $0.close() }
        disk.remove()
    }

    /// After success: nothing of it is of interest any more.
    func discard() {
        try? setting.servers.dropDatabase("chaos_source", on: setting.sourceName)
        try? setting.servers.dropDatabase("chaos_target", on: setting.targetName)
        try? FileManager.default.removeItem(atPath: folder)
    }

    private func note(_ text: String) {
        journal += String(format: "%6.2f  ", Date().timeIntervalSince(begun)) + text + "\n"
        try? journal.write(toFile: folder + "/journal", atomically: false, encoding: .utf8)
    }

    /// Also slows the writers down, in a round that takes longer than half a minute more and more: a debug build on a busy
    /// machine would never catch up with them otherwise.
    private func checkTime() throws {
        let seconds = Date().timeIntervalSince(begun)
        if seconds > 30 + 10 * Double(timesSlowed), timesSlowed < 4 {
            timesSlowed += 1
            writers.forEach { $0.slowDown() }
        }
        guard seconds < setting.limit else {
            throw ChaosFailure("the round took longer than \(setting.limit) s")
        }
    }

    // MARK: skein

    private func writePlan() throws {
        func uri(_ database: ConnectionTarget, _ side: RoundPlan.Side) -> String {
            database.with("port", "\(proxies[side]?.port ?? 0)").conninfoWithoutPassword
        }
        let text = """
            version: 1
            name: chaos
            mode: live
            source: {uri: "\(uri(source, .source))"}
            target: {uri: "\(uri(target, .target))"}
            \(SourceSchema.plan)
            copy: {table-jobs: \(plan.tableJobs), index-jobs: 2, split-tables-larger-than: \(plan.splitLargerThan)}
            replication:
              plugin: \(setting.plugin)
              identity: \(SourceSchema.identity)
              spool: {mode: \(plan.spoolsOnSource ? "source" : "disk"), directory: ./spool}
              apply-jobs: \(plan.applyJobs)
            cutover: {max-lag: 5 s, fence: \(plan.isFenced ? "read-only" : "none"), verify: checksums}

            """
        try text.write(toFile: folder + "/plan.yaml", atomically: true, encoding: .utf8)
    }

    private func skein(_ words: [String], fault: String? = nil) throws -> SkeinChild {
        runs += 1
        let log = String(format: "%@/%02d-%@.log", folder, runs, words[0])
        note("skein \(words[0])" + (fault.map { " with SKEIN_FAULT=\($0)" } ?? "") + " > \(log)")
        return try SkeinChild(
            setting.binary, [words[0], folder + "/plan.yaml"] + words.dropFirst(), fault: fault, log: log)
    }

    private var armedSoFar = 0

    private func run() throws {
        let fault = armedSoFar < plan.armed.count ? plan.armed[armedSoFar] : nil
        armedSoFar += 1
        migrate = try skein(["migrate", "--no-color"], fault: fault)
    }

    /// Until then; a `skein migrate` that ended as it may is run again.
    private func live(until moment: Date) throws {
        repeat {
            try goOn()
            usleep(20_000)
            try checkTime()
        } while Date() < moment
    }

    private func goOn() throws {
        guard let child = migrate, let end = child.poll() else { return }
        try mayEnd(child, end)
        migrate = nil
        try run()
    }

    /// - Throws: where it ended as it may not before the cutover.
    private func mayEnd(_ child: SkeinChild, _ end: SkeinChild.End) throws {
        note("skein \(child.words[0]): \(end)")
        switch end {
        // SIGTERM ends a process that has hardly begun without a word.
        case .exit(4), .signal(SIGKILL), .signal(SIGTERM): return
        // While nothing has begun, or where the target that would say so is away, an unreachable server may as well be
        // a mistake in the plan.
        case .exit(2) where isAbsence(child.said): return
        default: throw ChaosFailure("`skein \(child.words[0])` ended with \(end): \(child.said.suffix(3000))")
        }
    }

    /// A server that cannot be reached, or is on its way up or down.
    private func isAbsence(_ said: String) -> Bool {
        said.contains("does not answer") || said.contains("is starting up or shutting down")
    }

    // MARK: Faults

    private func inflict(_ fault: RoundPlan.Fault) throws {
        note("fault: \(fault)")
        switch fault {
        case .kill:
            migrate?.kill()
            try goOn()
        case .stop:
            migrate?.send(SIGTERM)
            if let child = migrate { try mayEnd(child, child.wait(atMost: 30)) }
            migrate = nil
            try run()
        case .restart(let side, let mode):
            if side == .source, mode == .immediate { sourceCrashed = true }
            try setting.servers.restart(setting.server(side), mode: mode)
        case .cut(let side, let seconds): proxies[side]?.cut(refusingFor: seconds)
        case .stall(let side, let seconds): proxies[side]?.stall(for: seconds)
        case .enlargeDisk: try enlargeDisk()
        case .second:
            let second = try skein(["migrate", "--no-color"])
            try live(until: Date(timeIntervalSinceNow: 0.8))
            second.kill()
        }
    }

    private func enlargeDisk() throws { if plan.diskBytes != nil { try disk.enlarge() } }

    // MARK: The end

    private func stopWriters() throws {
        writers.forEach { $0.stop() }
        for writer in writers {
            guard writer.wait(atMost: 30) else { throw ChaosFailure("writer \(writer.number) hangs") }
        }
        note("writers stopped")
    }

    private func cutOver() throws {
        if plan.cutsOverAlone {
            try waitUntilCopied()
            migrate?.kill()
            migrate = nil
        }
        var (kills, faults, fault) = (plan.cutoverKills[...], plan.cutoverFaults[...], plan.cutoverArmed)
        // A migration that never runs for long enough gets nowhere, on a busy machine.
        var patience = 3.0
        while true {
            try checkTime()
            let child = try skein(["cutover", "--no-color"], fault: fault)
            fault = nil
            cutover = child
            let begun = Date()
            while child.poll() == nil {
                // The migration that follows ends with 0 a moment before or after the cutover's command.
                if migrate?.poll() != nil, migrate?.end != .exit(0), !plan.cutsOverAlone { try goOn() }
                if let after = kills.first, Date().timeIntervalSince(begun) > after {
                    kills.removeFirst()
                    note("the cutover is killed")
                    child.kill()
                } else if let fault = faults.first, Date().timeIntervalSince(begun) > 0.1 {
                    faults.removeFirst()
                    if case .second = fault { continue }
                    if plan.cutsOverAlone, case .kill = fault { continue }
                    if plan.cutsOverAlone, case .stop = fault { continue }
                    if migrate?.poll() == nil { try inflict(fault) }
                }
                usleep(10_000)
                try checkTime()
            }
            guard let end = child.end else { continue }
            note("skein cutover: \(end)")
            if child.said.contains("behind the source") { writers.forEach { $0.slowDown() } }
            switch end {
            case .exit(0): return
            // Alone it cannot catch up: what comes before the gate is the other command's to do.
            case .exit(4) where plan.cutsOverAlone && child.said.contains("not yet"):
                try run()
                try live(until: Date(timeIntervalSinceNow: patience))
                patience += 1
                migrate?.kill()
                migrate = nil
            case .exit(4), .signal(SIGKILL): try pause(0.7)
            // Nothing has been done; a person would correct the URI, or wait.
            case .exit(2) where isAbsence(child.said): try pause(0.7)
            default: throw ChaosFailure("`skein cutover` ended with \(end): \(child.said.suffix(3000))")
            }
        }
    }

    private func pause(_ seconds: Double) throws {
        let moment = Date(timeIntervalSinceNow: seconds)
        while Date() < moment {
            if migrate?.poll() != nil, migrate?.end != .exit(0) { try goOn() }
            usleep(20_000)
        }
    }

    /// Until `skein cutover` would not be too early: asked of the state, because its refusals would be many.
    private func waitUntilCopied() throws {
        let query = "select count(*) = 0 from skein.task where id like 'copy:%' and state <> 'done'"
        while true {
            try live(until: Date(timeIntervalSinceNow: 0.2))
            let answer = try? Connection(target, applicationName: "chaos").scalar(query)
            if answer == "t" { return }
        }
    }

    /// The migration that followed ends, and both commands say that it is done.
    private func finish() throws {
        if let child = migrate {
            let end = try child.wait(atMost: 30)
            note("skein migrate: \(end)")
            if end == .signal(SIGKILL) || end == .exit(4) {
                migrate = nil
            } else if end != .exit(0) {
                throw ChaosFailure("`skein migrate` ended with \(end) after the cutover: \(child.said.suffix(3000))")
            }
        }
        for command in ["migrate", "cutover", "status"] {
            let child = try skein([command, "--no-color"])
            let end = try child.wait(atMost: 30)
            guard end == .exit(0) else {
                throw ChaosFailure("`skein \(command)` after the cutover: \(end): \(child.said.suffix(3000))")
            }
        }
    }

    private func check() throws {
        var wrong = try Comparison(source: source, target: target).differences
        wrong += try ledgerContradictions("source", source) + ledgerContradictions("target", target)
        if !wrong.isEmpty { throw ChaosFailure("source and target differ:\n" + wrong.joined(separator: "\n")) }
    }

    private func ledgerContradictions(_ place: String, _ database: ConnectionTarget) throws -> [String] {
        let connection = try Connection(database, applicationName: "chaos", settings: ["search_path": "public"])
        let mayLack = sourceCrashed && plan.habits.asynchronous > 0
        return try writers.flatMap { writer in
            try ["ledger", "ledger_log"].flatMap { table in
                let rows = try connection.query(
                    "select number, count(*) from \(table) where writer = \(writer.number) group by number")
                let counts = rows.indices.reduce(into: [:]) { $0[rows.int($1, 0) ?? 0] = rows.int($1, 1) }
                return writer.ledger.contradictions(of: counts, mayLackAcknowledged: mayLack)
                    .map { "\(place), \(table) of writer \(writer.number): \($0)" }
            }
        }
    }

    private func clean() throws {
        if let fault = plan.cleanArmed {
            let end = try skein(["clean", "--yes", "--prune", "--no-color"], fault: fault).wait(atMost: 30)
            note("skein clean: \(end)")
        }
        let child = try skein(["clean", "--yes", "--prune", "--no-color"])
        let end = try child.wait(atMost: 30)
        guard end == .exit(0) else { throw ChaosFailure("`skein clean`: \(end): \(child.said.suffix(3000))") }
        var left: [String] = []
        for (place, database) in [("source", source), ("target", target)] {
            let connection = try Connection(database, applicationName: "chaos", settings: ["search_path": "public"])
            let rows = try connection.query(Leftovers.query)
            left += rows.indices.map { "\(place): \(rows.text($0, 0))" }
        }
        if !left.isEmpty { throw ChaosFailure("`skein clean` left behind:\n" + left.joined(separator: "\n")) }
    }
}
