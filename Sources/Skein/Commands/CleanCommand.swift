import ArgumentParser
import ChangeStream
import Execution
import FoundationEssentials
import PlanFile
import Planning
import Postgres

struct CleanCommand: SkeinCommand {
    static let configuration = CommandConfiguration(
        commandName: "clean",
        abstract:
            "Removes what a migration keeps beside the data: slot, publications and state. Twice is harmless.")

    @OptionGroup var plan: PlanArgument
    @OptionGroup var options: GlobalOptions

    @Flag(help: "Remove the spool folder of this migration too.")
    var prune = false

    @Flag(help: "Write the report into the working folder first: it is made from the state, so not afterwards.")
    var report = false

    @Flag(help: "Do not ask, also when the migration is not finished.")
    var yes = false

    func perform() async throws {
        let loaded = try plan.load(options)
        let plan = loaded.plan
        let name = plan.name.value.text
        let target = ServerAccess(plan, .target, purpose: "clean")
        let file = ReportFile(plan: plan, planArgument: ShellWord.quoted(loaded.path), format: .html)
        if report { try file.refuseOverwriting() }
        let found = try await target.run { try CleanOperation.look($0, name: name) }
        if found.isRunning { throw Self.running(name) }
        if plan.mode.value == .live, found.hasState { try await confirmEndOfWayBack(plan) }
        if found.hasState, !found.isFinished {
            try Confirmation.require(
                "Migration \(name) is not finished (\(found.done) of \(found.tasks) tasks done) and cannot go on after "
                    + "cleaning. Its tables stay on the target. Remove its state?", yes,
                refusal: "nothing was removed: migration \(name) is not finished (\(found.done) of \(found.tasks) "
                    + "tasks done) and could not go on afterwards")
        }
        let written = try await writeReport(file, found)
        let removed = try await CleanOperation.run(plan)
        let pruned = prune ? try removeSpool(plan) : false
        if options.json {
            try Console.json(
                Result(
                    name: name, removedState: removed.state, removedSpool: pruned, source: removed.source,
                    report: written, wayBack: removed.wayBack))
        } else {
            let what =
                Self.words(removed.source)
                + Self.words(removed.wayBack).map { $0 + " on the target" }
                + [
                    removed.state ? "the state on the target" : nil, pruned ? "the spool" : nil,
                ].compactMap(\.self)
            Console.result(
                "\(name): " + (what.isEmpty ? "nothing to clean" : "removed " + Self.list(what)))
        }
        if let source = removed.source { tellRest(source, "source") }
        if let target = removed.wayBack { tellRest(target, "target") }
    }

    /// While it is open, the application could still return.
    private func confirmEndOfWayBack(_ plan: Plan) async throws {
        guard try await WayBackStanding.read(plan) == .open else { return }
        let name = plan.name.value.text
        if try await WayBackCleaning.isRunning(plan) { throw Self.running(name) }
        try Confirmation.require(
            "The way back to the source is open. End it, so that \(name) cannot be rolled back any more?", yes,
            refusal:
                "nothing was removed: the way back of \(name) is open, and \(name) could not be rolled back afterwards")
    }

    /// Writes it where it is asked for; else says that it goes with the state.
    /// - Returns: where it is.
    /// - Throws: also where it cannot be written: nothing is removed then.
    private func writeReport(_ file: ReportFile, _ found: CleanOperation.Found) async throws -> String? {
        guard found.hasState else { return nil }
        guard report else {
            if options.isShown(.note) {
                Console.error("`skein report` is made from the state, which goes now; --report writes it first")
            }
            return nil
        }
        _ = try file.write(try await ReportCommand.read(file.plan))
        if options.isShown(.note) { Console.error("report written to \(file.path)") }
        return file.path
    }

    /// What was removed from the source, for people.
    private static func words(_ source: SourceCleaned?) -> [String] {
        guard let source else { return [] }
        let publications = source.publications.joined(separator: ", ")
        return [
            source.liftedFence ? "the fence" : nil, source.slot.map { "the slot \($0)" },
            source.publications.isEmpty
                ? nil : "the publication\(source.publications.count == 1 ? "" : "s") \(publications)",
            source.schema.map { "the schema \($0)" },
            source.identities.isEmpty
                ? nil : "the changed replica identity of " + source.identities.joined(separator: ", "),
        ].compactMap(\.self)
    }

    /// `a, b and c`
    private static func list(_ items: [String]) -> String {
        guard items.count > 1, let last = items.last else { return items.joined() }
        return items.dropLast().joined(separator: ", ") + " and " + last
    }

    private func tellRest(_ source: SourceCleaned, _ side: String) {
        guard let statement = source.fenceStatement, options.isShown(.note) else { return }
        Console.error("The \(side)'s database stays read-only. This lifts it, should it be written to again:")
        Console.error("  " + Words.line(statement))
    }

    /// What would pull the ground from under a run has to wait for its end.
    static func running(_ name: String) -> CommandFailure {
        let cure = "Stop its `skein migrate` first (Ctrl-C there), then run the same command."
        return CommandFailure(
            .stopped,
            [Diagnostic(.stillRunning, "migration \(name) is running, perhaps on another machine", cure: cure)])
    }

    /// The spool holds a folder for each migration; others' stay.
    private func removeSpool(_ plan: Plan) throws -> Bool {
        let names = [plan.name.value.text, WayBack.name(of: plan)]
        // Both, also where the first was there.
        return try names.map { try removeSpool(plan.replication.spool.directory.value, $0) }.contains(true)
    }

    private func removeSpool(_ directory: String, _ name: String) throws -> Bool {
        guard FileManager.default.fileExists(atPath: directory + "/" + name) else { return false }
        do {
            try Spool.delete(directory: directory, plan: name)
        } catch {
            throw CommandFailure(
                .failed,
                [Diagnostic(.cannotWrite, "the spool `\(directory)/\(name)` cannot be removed: \(error)")])
        }
        return true
    }

    private struct Result: Encodable {
        var name: String
        var removedState: Bool
        var removedSpool: Bool
        var source: SourceCleaned?
        /// Where it was written, with `--report`.
        var report: String?
        /// Of the way back, on the target.
        var wayBack: SourceCleaned?
    }
}
