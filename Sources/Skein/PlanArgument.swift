import ArgumentParser
import PlanFile
import Planning

/// The plan that a command works on: a plan file, or one that `plan --out` saved.
struct PlanArgument: ParsableArguments {
    @Argument(
        help: ArgumentHelp("The plan file, or a plan saved by `skein plan --out`.", valueName: "plan"),
        completion: .file(extensions: ["yaml", "yml", "json"]))
    var path: String

    /// What was loaded.
    struct Loaded {
        /// What the user named.
        var path: String
        var plan: Plan
        /// Where the argument is a saved plan.
        var saved: SavedPlan?
        /// Warnings and notes.
        var diagnostics: [Diagnostic]
    }

    /// Loads the plan and reports what is to be said of it.
    /// - Throws: `CommandFailure`, exit code 2, where it cannot be used.
    func load(_ options: GlobalOptions) throws -> Loaded {
        let (loaded, diagnostics) = read()
        guard let loaded else { throw CommandFailure(.wrong, diagnostics) }
        options.report(diagnostics)
        return loaded
    }

    /// Loads without reporting.
    func read() -> (loaded: Loaded?, diagnostics: [Diagnostic]) {
        do {
            if let saved = try SavedPlan.read(path) {
                let plan = try saved.plan.resolvingURIs(environment: .current)
                return (Loaded(path: path, plan: plan, saved: saved, diagnostics: []), [])
            }
        } catch let error as DiagnosticsError {
            return (nil, error.diagnostics)
        } catch let error as SavedPlan.Unreadable {
            return (nil, [SavedPlanProblems.unreadable(error, path)])
        } catch {
            return (nil, CommandFailure(error).diagnostics)
        }
        let (plan, diagnostics) = PlanLoader.load(path: path, environment: .current)
        return (plan.map { Loaded(path: path, plan: $0, saved: nil, diagnostics: diagnostics) }, diagnostics)
    }
}
