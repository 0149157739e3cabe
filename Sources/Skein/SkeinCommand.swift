import ArgumentParser

/// A command of ours: it parses and prints, and what goes wrong is told in one way.
///
/// Stdout gets the result or, with `--json`, one JSON document also where there is none; everything else goes to
/// stderr.
protocol SkeinCommand: AsyncParsableCommand {
    var options: GlobalOptions { get }

    /// Does it and prints the result.
    /// - Throws: what `CommandFailure` makes sense of; `ExitCode` where the printed result says it all.
    func perform() async throws

    /// Prints on stdout that there is no result. Only called with `--json`.
    func printFailure(_ failure: CommandFailure) throws
}

extension SkeinCommand {
    func run() async throws {
        do {
            try await perform()
        } catch let code as ExitCode {
            throw code
        } catch {
            let failure = CommandFailure(error)
            options.report(failure.diagnostics)
            if options.json { try printFailure(failure) }
            throw failure.exit.error
        }
    }

    func printFailure(_ failure: CommandFailure) throws { try Console.json(FailureDocument(failure)) }
}
