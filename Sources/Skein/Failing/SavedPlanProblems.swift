import PlanFile
import Planning

/// Why a saved plan cannot be run.
enum SavedPlanProblems {
    static func unreadable(_ error: SavedPlan.Unreadable, _ path: String) -> Diagnostic {
        let again = "Make it again with `skein plan PLAN --out \(path)`."
        switch error {
        case .notASavedPlan:
            return Diagnostic(.savedPlanUnusable, "`\(path)` looks like a saved plan, but is none", cure: again)
        case .format(let format, let version):
            return Diagnostic(
                .savedPlanUnusable,
                "`\(path)` was saved by Skein \(version) in format \(format), which this version does not read",
                cure: again)
        case .damaged(let reason):
            return Diagnostic(
                .savedPlanUnusable, "the saved plan `\(path)` is damaged: \(reason)",
                detail: "It is run only as it was written.", cure: again)
        }
    }

    static func drifted(_ drift: [String], _ loaded: PlanArgument.Loaded) -> CommandFailure {
        let listed = 40
        let more = drift.count > listed ? ["and \(drift.count - listed) more"] : []
        return .wrong(
            .savedPlanOutdated, "the servers are no longer as the saved plan `\(loaded.path)` found them",
            detail: (drift.prefix(listed) + more).joined(separator: "\n"),
            cure: "Make it again and look at what it says:",
            statement: "skein plan \(loaded.plan.file) --out \(loaded.path)")
    }
}

extension PlanArgument.Loaded {
    /// Refuses a saved plan whose plan file says something else by now. A file that is not here any more, or cannot be
    /// read, or is another plan's, says nothing: saved plans are run on other machines, too.
    func refuseChangedFile() throws {
        guard let saved, let file = PlanLoader.load(path: saved.plan.file, environment: .current).plan,
            file.name == saved.plan.name, file.hash != saved.planHash
        else { return }
        // The same servers may be reached in another way from here.
        let keys = Plan.changedKeys(from: saved.plan.settings, to: file.settings)
            .filter { $0 != "source.uri" && $0 != "target.uri" }
        guard !keys.isEmpty else { return }
        throw CommandFailure.wrong(
            .savedPlanOutdated,
            "`\(saved.plan.file)` has changed since `\(path)` was saved: "
                + keys.joined(separator: ", "),
            cure: "Make it again and look at what it says:", statement: "skein plan \(saved.plan.file) --out \(path)")
    }
}
