import ArgumentParser
import Execution
import PlanFile
import Planning
import Postgres

/// From errors to words and exit codes, for commands that talk to both servers.
enum Failing {
    static func withExitCodes<R>(
        _ plan: Plan, _ options: GlobalOptions, _ body: () async throws -> R,
    ) async throws -> R {
        do {
            return try await body()
        } catch let error as DiagnosticsError {
            options.report(error.diagnostics)
            throw Exit.wrong.error
        } catch let refusal as ResumeRefusal {
            Console.error("error: " + text(refusal, plan))
            throw Exit.wrong.error
        } catch let error as StateError {
            Console.error("error: " + error.text)
            throw Exit.failed.error
        } catch let error as PostgresError {
            let failure = TaskFailure(task: "migrate", error)
            Console.error("error: " + failure.text)
            if let cure = failure.cure { Console.error("  " + cure) }
            throw (error.isTransient ? Exit.stopped : Exit.failed).error
        }
    }

    /// Runs `body` on a session to the plan's target.
    static func onTarget<R: Sendable>(
        of plan: Plan, _ options: GlobalOptions, _ purpose: String, _ body: @Sendable (Connection) throws -> R,
    ) async throws -> R {
        try await withExitCodes(plan, options) {
            try await ServerAccess(plan, .target, purpose: purpose).run(body)
        }
    }

    private static func text(_ refusal: ResumeRefusal, _ plan: Plan) -> String {
        switch refusal {
        case .changedKeys(let keys):
            """
            the plan has changed since this migration began: \(keys.joined(separator: ", "))
              go on with the plan as it was, or start over with `skein migrate \(plan.file) --drop-if-exists`
            """
        case .otherServer(let side, let what, let before, let now):
            """
            the \(side) is another one than this migration began with: its \(what) was \(before) and is \(now)
              correct \(side).uri, or start over with `skein migrate \(plan.file) --drop-if-exists`
            """
        }
    }
}

extension StateError {
    var text: String {
        switch self {
        case .unknownFormat(let version):
            "the state on the target (schema skein) has format \(version.map(String.init) ?? "unknown"), and this "
                + "version of Skein reads \(StateSchema.formatVersion): use the version that wrote it"
        case .unexpected(let text): text
        }
    }
}
