import ArgumentParser

/// Where else than in the terminal a run is told.
struct WatchOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            Serve Prometheus metrics at http://ADDRESS/metrics: `9187` (on loopback), `127.0.0.1:9187`, `[::1]:0`, \
            `0.0.0.0:9187`. Whoever reaches it can read them.
            """,
            valueName: "address"))
    var metricsListen: String?

    @Option(
        help: ArgumentHelp(
            """
            Add a JSON line to this file for everything that happens; --log-level debug: every second, too. SIGHUP opens \
            it anew. A full disk does not end the migration.
            """,
            valueName: "file"),
        completion: .file())
    var logFile: String?

    var address: ListenAddress? { metricsListen.flatMap { ListenAddress(parsing: $0) } }

    func validate() throws {
        if let metricsListen, address == nil {
            throw ValidationError(
                "--metrics-listen takes an address such as 127.0.0.1:9187 or a port, not `\(metricsListen)`")
        }
        if logFile?.isEmpty == true { throw ValidationError("--log-file takes the name of a file") }
    }
}
