import Execution
import PlanFile
import Planning
import Postgres

/// Connecting for commands that look at one server only.
enum Servers {
    /// Runs `body` on a session to the plan's target.
    /// - Throws: exit code 2 where it cannot be reached, having said why; 4 where it was lost in between.
    static func withTarget<R: Sendable>(
        of plan: Plan, _ options: GlobalOptions, _ command: String, _ body: @Sendable (Connection) throws -> R,
    ) async throws -> R {
        do {
            let target = try ConnectionTarget(plan.target.uri.value)
            let session = Session(target, applicationName: "skein/\(plan.name.value.text)/\(command)")
            let value = try await session.run(body)
            await session.close()
            return value
        } catch let error as PostgresError {
            if case .connect(let message, let state) = error {
                options.report([
                    ConnectDiagnostics.diagnose(
                        message: message, sqlState: state, side: .target,
                        server: (try? ConnectionTarget(plan.target.uri.value))?.description ?? "target",
                        at: plan.target.uri.location)
                ])
                throw Exit.wrong.error
            }
            Console.error("error: " + TaskFailure(task: command, error).text)
            throw (error.isTransient ? Exit.stopped : Exit.failed).error
        } catch let error as StateError {
            Console.error("error: \(error.text)")
            throw Exit.failed.error
        }
    }
}
