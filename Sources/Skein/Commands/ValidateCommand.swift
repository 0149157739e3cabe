import ArgumentParser
import PlanFile

struct ValidateCommand: SkeinCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate", abstract: "Checks the plan file alone: syntax, keys, types, values. Needs no server.")

    @OptionGroup var plan: PlanArgument
    @OptionGroup var options: GlobalOptions

    func perform() throws {
        let (loaded, diagnostics) = plan.read()
        options.report(diagnostics)
        if options.json {
            try Console.json(Result(loaded?.plan, diagnostics))
        } else if let loaded {
            let kind = loaded.saved == nil ? "valid" : "a valid saved plan"
            Console.result("\(plan.path): \(kind) (\(loaded.plan.name.value.text), \(loaded.plan.mode.value.rawValue))")
        }
        if loaded == nil { throw Exit.wrong.error }
    }

    private struct Result: Encodable {
        var valid: Bool
        /// Nil where the plan is not valid.
        var name: String?
        var mode: Plan.Mode?
        var diagnostics: [Diagnostic]

        init(_ plan: Plan?, _ diagnostics: [Diagnostic]) {
            valid = plan != nil
            name = plan?.name.value.text
            mode = plan?.mode.value
            self.diagnostics = diagnostics
        }
    }
}
