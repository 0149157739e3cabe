import Foundation
import Testing

/// What commands refuse without having seen a server.
@Suite("Refusals without a server")
struct RefusalTests {
    /// A plan for servers that nothing answers for: port 1 is reserved, and nobody listens there.
    static func plan(_ mode: String, name: String = "nowhere") -> String {
        """
        version: 1
        name: \(name)
        mode: \(mode)
        source: {uri: "host=127.0.0.1 port=1 user=me dbname=old"}
        target: {uri: "host=127.0.0.1 port=1 user=me dbname=new"}

        """
    }

    /// A command on `offline.yaml`, `live.yaml` or something else, and the golden file of what it says.
    struct Refusal: Sendable, CustomTestStringConvertible {
        var snapshot: String
        var arguments: [String]
        var testDescription: String { arguments.joined(separator: " ") }
        /// Whoever asks for a cutover has a migration, and its server is away for a moment.
        var exit: Int32 { snapshot == "target-down-live" && arguments[0] == "cutover" ? 4 : 2 }
        init(_ snapshot: String, _ arguments: String...) {
            self.snapshot = snapshot
            self.arguments = arguments
        }
    }

    static let refusals = [
        Refusal("no-such-plan", "validate", "@nope.yaml"), Refusal("plan-is-a-folder", "validate", "@folder"),
        Refusal("plan-is-empty", "plan", "@empty.yaml"), Refusal("plan-is-wrong", "validate", "@wrong.yaml"),
        Refusal("both-servers-down", "plan", "@offline.yaml"),
        Refusal("both-servers-down", "migrate", "@offline.yaml"),
        Refusal("both-servers-down", "verify", "@offline.yaml"), Refusal("target-down", "status", "@offline.yaml"),
        Refusal("target-down", "clean", "@offline.yaml"), Refusal("cutover-offline", "cutover", "@offline.yaml"),
        Refusal("target-down-live", "cutover", "@live.yaml"), Refusal("target-down-live", "status", "@live.yaml"),
        Refusal("target-down-live", "cutover", "@live.yaml", "--abort"),
        Refusal("both-servers-down-live", "migrate", "@live.yaml"),
        Refusal("repair-offline", "migrate", "@offline.yaml", "--repair"),
        Refusal("resync-offline", "migrate", "@offline.yaml", "--resync", "public.a"),
        Refusal("saved-cut-off", "migrate", "@cut.json"),
        Refusal("out-over-plan", "plan", "@offline.yaml", "--out", "@offline.yaml"),
        Refusal("explain-unknown", "explain", "SK000"), Refusal("explain-no-such-range", "explain", "SK899"),
        Refusal("explain-no-code", "explain", "jabberwocky"),
    ]

    private func with(_ body: (CommandFolder) async throws -> Void) async throws {
        try await CommandFolder.with { folder in
            try folder.write(Self.plan("offline"), to: "offline.yaml")
            try folder.write(Self.plan("live"), to: "live.yaml")
            try folder.write("", to: "empty.yaml")
            try folder.write(Self.plan("ofline") + "copy: {tabel-jobs: 4}\n", to: "wrong.yaml")
            try folder.write(#"{"createdWith":"0.1.0","format":1,"#, to: "cut.json")
            try FileManager.default.createDirectory(
                atPath: folder.path + "folder", withIntermediateDirectories: true)
            try await body(folder)
        }
    }

    @Test("say what, where, why and the cure, print nothing on stdout", arguments: refusals)
    func texts(_ refusal: Refusal) async throws {
        try await with { folder in
            let result = try await folder.skein(refusal.arguments)
            #expect(result.exitCode == refusal.exit)
            #expect(result.stdout == "")
            try Snapshot.check(result.stderr, "refusal-" + refusal.snapshot)
        }
    }

    @Test("with --json print one document that says the same", arguments: refusals)
    func documents(_ refusal: Refusal) async throws {
        try await with { folder in
            let result = try await folder.skein(refusal.arguments + ["--json"])
            #expect(result.exitCode == refusal.exit)
            let found: [Documents.Finding]
            if refusal.arguments[0] == "validate" {
                let document = try result.document(Documents.Validation.self)
                #expect(!document.valid)
                found = document.diagnostics
            } else {
                let document = try result.document(Documents.Failure.self)
                #expect(document.exit_code == refusal.exit)
                found = document.diagnostics
            }
            #expect(!found.isEmpty)
            for finding in found {
                #expect(finding.severity == "error")
                #expect(result.stderr.contains(finding.summary))
                #expect(result.stderr.contains("[\(finding.code)]"))
            }
        }
    }

    @Test("at --log-level error lack warnings and notes")
    func levels() async throws {
        try await CommandFolder.with { folder in
            let plan = Self.plan("offline").replacing("user=me dbname=new", with: "user=me dbname=new password=s3cret")
            try folder.write(plan, to: "plan.yaml")
            for (level, warns) in [("error", false), ("warning", true), ("info", true), ("debug", true)] {
                let result = try await folder.skein("plan", "@plan.yaml", "--log-level", level)
                #expect(result.stderr.contains("a password is written in the plan") == warns, "\(level): \(result)")
                #expect(result.stderr.contains("error: the target does not answer"))
                #expect(!result.stderr.contains("s3cret"))
            }
        }
    }

    @Test(
        "never show a password, wherever it came from and whatever is wrong with it",
        arguments: [
            "postgresql://me:s3cret@127.0.0.1:1/db", "postgresql://me:s3c%zzret@127.0.0.1/db",
            "postgresql://me:s3cret@127.0.0.1:99999/db", "host=127.0.0.1 port=1 password=s3cret",
            "host=127.0.0.1 passwrod=s3cret", "host=127.0.0.1 password='s3cret", "s3cret",
            "jdbc:postgresql://me:s3cret@h/db",
            "postgresql://me:s3cret@127.0.0.1:1/db?bogus=1", "postgresql://127.0.0.1:1/db?password=s3cret",
        ])
    func passwords(_ uri: String) async throws {
        try await CommandFolder.with { folder in
            try folder.write(
                """
                version: 1
                name: secret
                mode: offline
                source: {uri: "${OLD}"}
                target: {uri: "${NEW}"}

                """, to: "plan.yaml")
            try folder.write(
                """
                version: 1
                name: secret
                mode: offline
                source: {uri: "\(uri)"}
                target: {uri: "\(uri)"}

                """, to: "written.yaml")
            for file in ["@plan.yaml", "@written.yaml"] {
                for command in ["validate", "plan", "migrate", "status", "verify"] {
                    // Errors are on stderr in both cases.
                    let result = try await folder.skein(command, file, "--json", environment: ["OLD": uri, "NEW": uri])
                    #expect(result.exitCode == 2 || command == "validate", "\(result)")
                    #expect(!"\(result)".contains("s3c"), "\(command) \(file): \(result)")
                }
            }
        }
    }
}
