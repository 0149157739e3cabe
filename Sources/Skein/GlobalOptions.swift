import ArgumentParser
import FoundationEssentials
import PlanFile

#if canImport(Glibc)
    import Glibc
#endif

/// What every command takes.
struct GlobalOptions: ParsableArguments {
    enum LogLevel: String, ExpressibleByArgument, CaseIterable { case error, warning, info, debug }

    @Flag(help: "Print the result as JSON on stdout.")
    var json = false

    @Option(help: ArgumentHelp("How much to say on stderr: error, warning, info or debug.", valueName: "level"))
    var logLevel = LogLevel.info

    @Flag(help: "No colours. NO_COLOR and a stderr that is no terminal have the same effect.")
    var noColor = false

    var usesColour: Bool {
        !noColor && Console.isErrorTerminal && (ProcessInfo.processInfo.environment["NO_COLOR"] ?? "").isEmpty
    }

    /// Prints diagnostics on stderr, as compilers do, and counts them.
    func report(_ diagnostics: [Diagnostic]) {
        let shown = diagnostics.filter { diagnostic in
            switch logLevel {
            case .error: diagnostic.severity == .error
            case .warning: diagnostic.severity <= .warning
            case .info, .debug: true
            }
        }
        guard !shown.isEmpty else { return }
        var renderer = DiagnosticRenderer(colour: usesColour)
        Console.error(renderer.text(shown))
    }
}

typealias ProcessEnvironment = [String: String]

extension ProcessEnvironment {
    static var current: ProcessEnvironment { ProcessInfo.processInfo.environment }
}
