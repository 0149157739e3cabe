import ArgumentParser
import FoundationEssentials
import PlanFile

/// What every command takes.
struct GlobalOptions: ParsableArguments {
    enum LogLevel: String, ExpressibleByArgument, CaseIterable { case error, warning, info, debug }

    @Flag(help: "Print the result as JSON on stdout.")
    var json = false

    @Option(help: ArgumentHelp("How much to say on stderr: error, warning, info or debug.", valueName: "level"))
    var logLevel = LogLevel.info

    @Flag(help: "No colours. NO_COLOR and a stderr that is no terminal have the same effect.")
    var noColor = false

    /// Of those that every command takes, the parser's own too: told once in the manual.
    static let names = ["json", "log-level", "no-color", "version", "help"]

    var usesColour: Bool {
        !noColor && Console.isErrorTerminal && (ProcessInfo.processInfo.environment["NO_COLOR"] ?? "").isEmpty
    }

    /// Prints diagnostics on stderr, as compilers do.
    func report(_ diagnostics: [Diagnostic]) {
        let shown = diagnostics.filter { isShown($0.severity) }
        guard !shown.isEmpty else { return }
        // In a log a sentence is one line, to be found by its words.
        let width = Console.errorColumns.map { min(120, max(60, $0)) }
        var renderer = DiagnosticRenderer(colour: usesColour, width: width)
        Console.styled(renderer.text(shown))
    }

    /// Whether something of this weight is said on stderr.
    func isShown(_ severity: Diagnostic.Severity) -> Bool {
        switch logLevel {
        case .error: severity == .error
        case .warning: severity <= .warning
        case .info, .debug: true
        }
    }
}

typealias ProcessEnvironment = [String: String]

extension ProcessEnvironment {
    static var current: ProcessEnvironment { ProcessInfo.processInfo.environment }
}
