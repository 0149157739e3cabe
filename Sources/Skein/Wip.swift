import ArgumentParser
import Execution
import PlanFile

struct SavedPlan {
    var plan: Plan
    static func read(_ path: String) throws -> SavedPlan? { nil }
    func drift(from: Inspection, plan: Plan) -> [String] { [] }
}
struct PlanCommand: AsyncParsableCommand { func run() async throws {} }
