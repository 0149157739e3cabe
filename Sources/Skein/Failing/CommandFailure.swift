import Catalog
import Execution
import PlanFile
import Planning
import Postgres

/// Why a command ends without its result: what is to be told, and the exit code.
struct CommandFailure: Error {
    var exit: Exit
    var diagnostics: [Diagnostic]

    init(_ exit: Exit, _ diagnostics: [Diagnostic]) {
        self.exit = exit
        self.diagnostics = diagnostics
    }

    /// The command line, the plan or a check is wrong.
    static func wrong(
        _ code: CommandCode, _ summary: String, detail: String? = nil, cure: String? = nil, statement: String? = nil,
        at location: SourceLocation? = nil,
    ) -> CommandFailure {
        CommandFailure(
            .wrong, [Diagnostic(code, summary, detail: detail, cure: cure, statement: statement, at: location)])
    }

    /// Makes a failure of any error that an operation throws.
    init(_ error: any Error) {
        switch error {
        case let failure as CommandFailure: self = failure
        case let error as DiagnosticsError: self.init(.wrong, error.diagnostics)
        case let refusal as ResumeRefusal: self.init(.wrong, [Self.diagnostic(refusal)])
        case let error as StateError: self = Self.failure(error)
        case let refusal as ServerRefusal:
            self = Self.failure(refusal.error, on: refusal.side.rawValue, of: refusal.server)
        case let error as PostgresError: self = Self.failure(error, on: nil, of: nil)
        case let broken as StreamIsBroken: self.init(.failed, [Self.diagnostic(broken)])
        case let trouble as SourceError:
            self.init(
                trouble.isTransient ? .stopped : .failed,
                [Diagnostic(.sourceTrouble, trouble.message, cure: trouble.cure.map(Words.sentence))])
        case let blocked as BlockedReading:
            self.init(.stopped, [Diagnostic(.catalogsLocked, String(describing: blocked))])
        case is CancellationError:
            self.init(.stopped, [Diagnostic(.stopped, "stopped on request", cure: "Run the same command to go on.")])
        default: self.init(.failed, [Diagnostic(.unexpected, String(describing: error))])
        }
    }

    private static func failure(_ error: PostgresError, on side: String?, of server: String?) -> CommandFailure {
        // A cancelled session tells it as the server's word.
        if error.sqlState == "57014", Task.isCancelled { return CommandFailure(CancellationError()) }
        let failure = TaskFailure(task: "", error)
        let place = side.map { "the \($0): " } ?? ""
        return CommandFailure(
            error.isTransient ? .stopped : .failed,
            [
                Diagnostic(
                    .serverRefused, place + failure.text,
                    detail: Words.lines(server.map { "The server is \($0)." }, failure.detail),
                    cure: failure.cure.map(Words.sentence) ?? (error.isTransient ? "Run the same command again." : nil))
            ])
    }

    private static func failure(_ error: StateError) -> CommandFailure {
        switch error {
        case .unknownFormat(let version):
            let found = version.map { "has format \($0)" } ?? "has a format that cannot be told"
            return CommandFailure(
                .failed,
                [
                    Diagnostic(
                        .unknownState,
                        "the state on the target (schema skein) \(found), and this version of Skein reads format "
                            + String(StateSchema.formatVersion),
                        cure: "Use the version of Skein that wrote it.", object: "schema skein")
                ])
        case .unexpected(let text): return CommandFailure(.failed, [Diagnostic(.unexpected, text)])
        }
    }

    private static func diagnostic(_ broken: StreamIsBroken) -> Diagnostic {
        Diagnostic(
            .streamBroken, "changes of the source are missing: \(broken.reason)",
            detail: "What is on the target stays, and nothing that would be wrong is applied.",
            cure:
                "Run `skein migrate` with --repair: it makes a new slot, compares every piece by checksum, copies again "
                + "only those that differ, and follows from there.")
    }

    private static func diagnostic(_ refusal: ResumeRefusal) -> Diagnostic {
        let startOver = "or start over with --drop-if-exists, which drops what was migrated."
        switch refusal {
        case .changedKeys(let keys):
            return Diagnostic(
                .planChanged, "the plan has changed since this migration began: \(keys.joined(separator: ", "))",
                detail: "What is done was done by the plan as it was. URIs, numbers of jobs, max-lag, fence, approval, "
                    + "verify and max-size may change.",
                cure: "Go on with the plan as it was, \(startOver)")
        case .otherServer(let side, let what, let before, let now):
            return Diagnostic(
                .otherServer,
                "the \(side) is not the one that this migration began with: its \(what) was \(before) and is \(now)",
                cure: "Correct \(side).uri, \(startOver)")
        }
    }
}
