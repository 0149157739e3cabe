import ArgumentParser
import Execution
import FoundationEssentials
import PlanFile
import Planning
import Postgres

struct CleanCommand: SkeinCommand {
    static let configuration = CommandConfiguration(
        commandName: "clean",
        abstract: "Removes what a migration keeps beside the data: its state on the target. Twice is harmless.")

    @OptionGroup var plan: PlanArgument
    @OptionGroup var options: GlobalOptions

    @Flag(help: "Remove the spool folder of this migration too.")
    var prune = false

    @Flag(help: "Do not ask, also when the migration is not finished.")
    var yes = false

    func perform() async throws {
        let plan = try plan.load(options).plan
        let name = plan.name.value.text
        let target = ServerAccess(plan, .target, purpose: "clean")
        let found = try await target.run { try CleanOperation.look($0, name: name) }
        if found.isRunning { throw Self.running(name) }
        if found.hasState, !found.isFinished {
            try Confirmation.require(
                "Migration \(name) is not finished (\(found.done) of \(found.tasks) tasks done) and cannot go on after "
                    + "cleaning. Its tables stay on the target. Remove its state?", yes,
                refusal: "nothing was removed: migration \(name) is not finished (\(found.done) of \(found.tasks) "
                    + "tasks done) and could not go on afterwards")
        }
        let removed = try await target.run { try CleanOperation.run($0, name: name) }
        let pruned = prune ? try removeSpool(plan) : false
        if options.json {
            try Console.json(Result(name: name, removedState: removed, removedSpool: pruned))
        } else {
            let what = [removed ? "the state on the target" : nil, pruned ? "the spool" : nil].compactMap(\.self)
            Console.result(
                "\(name): " + (what.isEmpty ? "nothing to clean" : "removed " + what.joined(separator: " and ")))
        }
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
        let folder = plan.replication.spool.directory.value + "/" + plan.name.value.identifier
        guard FileManager.default.fileExists(atPath: folder) else { return false }
        do {
            try FileManager.default.removeItem(atPath: folder)
        } catch {
            throw CommandFailure(
                .failed, [Diagnostic(.cannotWrite, "the spool `\(folder)` cannot be removed", detail: "\(error)")])
        }
        return true
    }

    private struct Result: Encodable {
        var name: String
        var removedState: Bool
        var removedSpool: Bool
    }
}
