import Testing

@Suite("Help and version")
struct HelpTests {
    static let commands = [
        "validate", "plan", "migrate", "status", "cutover", "rollback", "verify", "report", "runbook", "clean",
        "schema",
        "explain",
    ]

    @Test("each command's help is as it was reviewed, on stdout", arguments: commands)
    func help(_ command: String) async throws {
        try await CommandFolder.with { folder in
            let result = try await folder.skein(command, "--help")
            #expect(result.exitCode == 0)
            #expect(result.stderr == "")
            try Snapshot.check(result.stdout, "help-\(command)")
            let other = try await folder.skein("help", command)
            #expect(other.stdout == result.stdout)
        }
    }

    @Test("the program's own help names every command")
    func overview() async throws {
        try await CommandFolder.with { folder in
            let result = try await folder.skein("--help")
            #expect(result.exitCode == 0)
            #expect(result.stderr == "")
            try Snapshot.check(result.stdout, "help")
            for command in Self.commands { #expect(result.stdout.contains("  \(command) "), "\(command) is not in it") }
        }
    }

    @Test("nothing at all is wrong usage: the help goes to stderr")
    func nothing() async throws {
        try await CommandFolder.with { folder in
            let result = try await folder.skein([])
            #expect(result.exitCode == 2)
            #expect(result.stdout == "")
            #expect(result.stderr == (try await folder.skein("--help")).stdout)
        }
    }

    @Test("the version is told everywhere", arguments: [[]] + commands.map { [$0] })
    func version(_ command: [String]) async throws {
        try await CommandFolder.with { folder in
            let result = try await folder.skein(command + ["--version"])
            #expect(result.exitCode == 0)
            #expect(result.stderr == "")
            #expect(
                result.stdout.wholeMatch(
                    of: /skein \d+\.\d+\.\d+, commit ([0-9a-f]{10}\+?|unknown), libpq \d+\.\d+\n/) != nil,
                "\(result)")
        }
    }
}
