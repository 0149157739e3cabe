import ArgumentParser
import FoundationEssentials
import PlanFile

#if canImport(Glibc)
    import Glibc
#endif

/// The command `skein`. Commands parse and print; what they do is in the targets below.
@main
struct Skein: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "skein",
        abstract: "Moves a PostgreSQL database into TimescaleDB or another PostgreSQL, from one plan file.",
        discussion: """
            Exit codes: 0 done; 1 failed, not resumable as it stands; 2 the command line, the plan or a check is \
            wrong; 3 verify found differences; 4 stopped, run the same command to resume. `plan --detailed-exitcode`: 0 \
            nothing to do, 2 tasks to run, 1 an error.
            """,
        version: Version.line,
        subcommands: [
            ValidateCommand.self, PlanCommand.self, MigrateCommand.self, StatusCommand.self, CutoverCommand.self,
            RollbackCommand.self, VerifyCommand.self, ReportCommand.self, RunbookCommand.self, CleanCommand.self,
            SchemaCommand.self,
            ExplainCommand.self, ManualCommand.self,
        ]
    )

    static func main() async {
        Console.holdStandardStreams()
        atexit(giveTerminalBack)
        let arguments = Array(CommandLine.arguments.dropFirst())
        do {
            // A script whose command is empty by mistake must not go on as if it had run.
            guard !arguments.isEmpty else {
                Console.error(helpMessage())
                leave(Exit.wrong.rawValue)
            }
            var command = try parseAsRoot(arguments)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let code as ExitCode {
            leave(code.rawValue)
        } catch {
            Usage.end(error, arguments)
        }
    }
}

/// The exit codes that scripts rely on.
enum Exit: Int32 {
    case done = 0
    case failed = 1
    case wrong = 2
    case differences = 3
    case stopped = 4

    /// To be thrown.
    var error: ExitCode { ExitCode(rawValue) }
}

/// However the process ends: cursor and echo. At the top level, where it belongs to no actor: `exit` may be called anywhere.
private func giveTerminalBack() { Console.abandonDisplay() }

/// `exit` by a name that `ParsableCommand` has no method of.
func leave(_ code: Int32) -> Never { exit(code) }
