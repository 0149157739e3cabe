import ArgumentParser
import Execution
import PlanFile

struct SavedPlan {
    var plan: Plan
    static func read(_ path: String) throws -> SavedPlan? { nil }
    func drift(from: Inspection, plan: Plan) -> [String] { [] }
}
enum Inspecting {
    /// - Throws: exit code 2 where a server cannot be reached, having said why.
    static func inspect(_ plan: Plan, _ options: GlobalOptions) async throws -> Inspection {
        do {
            return try await Inspector.inspect(plan)
        } catch let error as DiagnosticsError {
            options.report(error.diagnostics)
            throw Exit.wrong.error
        }
    }
}
struct PlanCommand: AsyncParsableCommand { func run() async throws {} }
struct VerifyCommand: AsyncParsableCommand { func run() async throws {} }
