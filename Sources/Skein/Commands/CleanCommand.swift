import ArgumentParser
import Execution
import FoundationEssentials
import PlanFile
import Postgres

struct CleanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clean",
        abstract: "Removes what a migration keeps beside the data: its state on the target. Twice is harmless.")

    @OptionGroup var plan: PlanArgument
    @OptionGroup var options: GlobalOptions

    @Flag(help: "Remove the spool folder of this migration too.")
    var prune = false

    @Flag(help: "Do not ask, also when the migration is not finished.")
    var yes = false

    func run() async throws {
        let plan = try plan.load(options).plan
        let name = plan.name.value.text
        let found = try await Failing.onTarget(of: plan, options, "clean") { target in
            try CleanOperation.look(target, name: name)
        }
        if found.isRunning {
            Console.error("error: migration \(name) is running; stop its `skein migrate` first (Ctrl-C)")
            throw Exit.stopped.error
        }
        if found.hasState, !found.isFinished, !yes {
            let question =
                "Migration \(name) is not finished (\(found.done) of \(found.tasks) tasks done) and cannot be resumed "
                + "after cleaning. Its tables stay on the target. Remove its state?"
            guard Console.isInputTerminal else {
                Console.error("error: \(question)\n  say --yes to do it without being asked")
                throw Exit.wrong.error
            }
            guard Console.confirms(question) else { throw Exit.wrong.error }
        }
        let removed = try await Failing.onTarget(of: plan, options, "clean") { target in
            try CleanOperation.run(target, name: name)
        }
        let pruned = prune ? try removeSpool(plan) : false
        if options.json {
            try Console.json(Result(name: name, removedState: removed, removedSpool: pruned))
        } else {
            Console.result(
                removed || pruned ? "\(name): cleaned" : "\(name): nothing to clean")
        }
    }

    /// The spool holds a folder for each migration; others' stay.
    private func removeSpool(_ plan: Plan) throws -> Bool {
        let folder = plan.replication.spool.directory.value + "/" + plan.name.value.identifier
        guard FileManager.default.fileExists(atPath: folder) else { return false }
        try FileManager.default.removeItem(atPath: folder)
        return true
    }

    private struct Result: Encodable {
        var name: String
        var removedState: Bool
        var removedSpool: Bool
        enum CodingKeys: String, CodingKey {
            case name
            case removedState = "removed_state"
            case removedSpool = "removed_spool"
        }
    }
}
