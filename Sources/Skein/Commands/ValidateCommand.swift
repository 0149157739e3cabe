import ArgumentParser
import PlanFile

struct ValidateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate", abstract: "Checks the plan file alone: syntax, keys, types, values. Needs no server.")

    @OptionGroup var plan: PlanArgument
    @OptionGroup var options: GlobalOptions

    func run() throws {
        let (loaded, diagnostics) = plan.read()
        if options.json {
            try Console.json(Result(isValid: loaded != nil, diagnostics: diagnostics))
        } else {
            options.report(diagnostics)
            if let loaded {
                Console.result(
                    "\(plan.path): valid (\(loaded.plan.name.value.text), \(loaded.plan.mode.value.rawValue))")
            }
        }
        if loaded == nil { throw Exit.wrong.error }
    }

    private struct Result: Encodable {
        var isValid: Bool
        var diagnostics: [Diagnostic]
        enum CodingKeys: String, CodingKey {
            case isValid = "valid"
            case diagnostics
        }
    }
}
