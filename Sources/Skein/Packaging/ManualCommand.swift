import ArgumentParser

/// For packages: `skein manual` prints the page that `man skein` shows.
struct ManualCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "manual", abstract: "Prints the manual page skein(1), for packages.", shouldDisplay: false)

    @Option(help: ArgumentHelp("The page's date, as 2026-11-21.", valueName: "date"))
    var date = ""

    func run() throws { Console.output(ManualPage(try ArgumentDump.read(), date: date).text) }
}
