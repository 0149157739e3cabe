import Testing

/// A command line that cannot be meant, and what has to be said of it.
struct WrongUsage: Sendable, CustomTestStringConvertible {
    var arguments: [String]
    var says: String
    var testDescription: String { arguments.joined(separator: " ") }

    init(_ arguments: String, says: String) {
        self.arguments = arguments.split(separator: " ").map { String($0.replacing("_", with: " ")) }
        self.says = says
    }

    static let all = [
        WrongUsage("vlaidate x", says: "there is no command `vlaidate`; did you mean `validate`?"),
        WrongUsage("qqqqqqqq", says: "there is no command `qqqqqqqq`\n"),
        WrongUsage("--bogus", says: "--bogus"),
        WrongUsage("plan", says: "Missing expected argument '<plan>'"),
        WrongUsage("migrate", says: "Missing expected argument '<plan>'"),
        WrongUsage("plan a b", says: "Unexpected argument 'b'"),
        WrongUsage("plan a --bogus", says: "Unknown option '--bogus'"),
        WrongUsage("plan a --graph png", says: "one of 'mermaid' and 'dot'"),
        WrongUsage("plan a --graph dot --json", says: "--graph and --json exclude each other"),
        WrongUsage("plan a --out", says: "Missing value for '--out <file>'"),
        WrongUsage("plan a --out=", says: "Missing value for '--out <file>'"),
        WrongUsage("status a --log-level loud", says: "'error', 'warning', 'info' or 'debug'"),
        WrongUsage("migrate a --retry-for banana", says: "--retry-for takes a duration such as `10 min` or `30 s`"),
        WrongUsage("migrate a --retry-for 0_s", says: "--retry-for takes a duration"),
        WrongUsage("migrate a --table-jobs 0", says: "--table-jobs takes a number from 1 to 128, not 0"),
        WrongUsage("migrate a --index-jobs 129", says: "--index-jobs takes a number from 1 to 128, not 129"),
        WrongUsage("migrate a --table-jobs many", says: "The value 'many' is invalid"),
        WrongUsage(
            "migrate a --resync readings", says: "--resync takes a table such as public.readings, not `readings`"),
        WrongUsage("migrate a --resync", says: "Missing value for '--resync <table>'"),
        WrongUsage("migrate a --drop-if-exists --repair", says: "--drop-if-exists starts over"),
        WrongUsage("migrate a --metrics-listen nowhere", says: "--metrics-listen takes an address such as"),
        WrongUsage("cutover a --log-file=", says: "Missing value for '--log-file <file>'"),
        WrongUsage("cutover", says: "Missing expected argument '<plan>'"),
        WrongUsage("cutover a --wait banana", says: "--wait takes a duration such as `30 s` or `5 min`, not `banana`"),
        WrongUsage("verify a --table-jobs 0", says: "--table-jobs takes a number from 1 to 128, not 0"),
        WrongUsage("verify a --tables", says: "Missing value for '--tables <table>'"),
        WrongUsage("verify a --tables readings", says: "--tables takes names such as public.readings"),
        WrongUsage("explain SK101 --all", says: "--all and a code exclude each other"),
        WrongUsage("schema --markdown --json", says: "--markdown and --json exclude each other"),
        WrongUsage("schema events --markdown", says: "--markdown is for the schema of plan files"),
        WrongUsage("schema nothing", says: "one of 'plan' and 'events'"),
    ]
}

@Suite("Wrong command lines")
struct UsageTests {
    @Test("exit with 2 and say why on stderr alone", arguments: WrongUsage.all)
    func wrong(_ usage: WrongUsage) async throws {
        try await CommandFolder.with { folder in
            let result = try await folder.skein(usage.arguments)
            #expect(result.exitCode == 2)
            #expect(result.stdout == "" || usage.arguments.contains("--json"))
            #expect(result.stderr.hasPrefix("error: "), "\(result)")
            #expect(result.stderr.contains(usage.says), "\(result)")
            #expect(result.stderr.contains("Usage: skein"), "\(result)")
        }
    }

    @Test("are told as a document, too, with --json", arguments: ["plan", "migrate", "status", "bogus", "verify x y"])
    func json(_ line: String) async throws {
        try await CommandFolder.with { folder in
            let result = try await folder.skein(line.split(separator: " ").map(String.init) + ["--json"])
            #expect(result.exitCode == 2)
            let document = try result.document(Documents.Failure.self)
            #expect(document.exit_code == 2)
            #expect(document.diagnostics.map(\.code) == ["SK901"])
            #expect(result.stderr.hasPrefix("error: "))
        }
    }
}
