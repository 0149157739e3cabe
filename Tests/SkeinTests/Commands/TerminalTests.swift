import Foundation
import TestServers
import Testing

/// A run in a terminal of its own, which `script` (of util-linux, on every Debian) makes.
private struct Terminal {
    var folder: String

    /// - Parameters:
    ///   - typed: what somebody types, all at once.
    ///   - closed: redirections, as a shell has them.
    /// - Returns: what the terminal shows, with plain line feeds, and the exit code.
    func run(
        _ command: String, columns: Int = 80, typed: String = "", environment: [String: String] = [:],
    ) async throws -> (shown: String, exitCode: Int32) {
        let (folder, input) = (folder, folder + "/typed")
        try typed.write(toFile: input, atomically: true, encoding: .utf8)
        let line = "stty cols \(columns) rows 50; \(SkeinProcess.binary) \(command)"
        let log = folder + "/terminal"
        return try await TestServers.blocking {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/script")
            process.arguments = ["-qec", line, log]
            process.environment = ProcessInfo.processInfo.environment.merging(["NO_COLOR": ""]) { $1 }
                .merging(environment) { $1 }
            process.standardInput = try FileHandle(forReadingFrom: URL(fileURLWithPath: input))
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            let lines = try String(contentsOfFile: log, encoding: .utf8)
                .replacingOccurrences(of: "\r\n", with: "\n").split(separator: "\n", omittingEmptySubsequences: false)
            // `script` writes a line of its own before and after.
            let shown = lines.filter { !$0.hasPrefix("Script started") && !$0.hasPrefix("Script done") }
            return (shown.joined(separator: "\n"), process.terminationStatus)
        }
    }
}

@Suite(
    "In a terminal", .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/script")),
    .timeLimit(.minutes(2)))
struct TerminalTests {
    private func with(_ body: (Terminal) async throws -> Void) async throws {
        try await CommandFolder.with { folder in
            try folder.write(RefusalTests.plan("ofline"), to: "plan.yaml")
            try await body(Terminal(folder: String(folder.path.dropLast())))
        }
    }

    @Test("severities are coloured, unless that is not wanted")
    func colours() async throws {
        try await with { terminal in
            let plan = terminal.folder + "/plan.yaml"
            let coloured = try await terminal.run("validate \(plan)")
            #expect(coloured.exitCode == 2)
            #expect(coloured.shown.contains("\u{1B}[1;31merror\u{1B}[0m: "), "\(coloured)")
            for (arguments, environment) in [("--no-color", [:]), ("", ["NO_COLOR": "1"])] {
                let plain = try await terminal.run("validate \(plan) \(arguments)", environment: environment)
                #expect(!plain.shown.contains("\u{1B}"), "\(plain)")
            }
            let piped = try await terminal.run("validate \(plan) 2>&1 | cat")
            #expect(!piped.shown.contains("\u{1B}"), "\(piped)")
        }
    }

    @Test("a reader that goes away ends the command quietly")
    func closedPipe() async throws {
        try await with { terminal in
            let result = try await terminal.run("schema 2>&1 | head -1; echo end")
            #expect(result.shown.hasPrefix("{\nend"), "\(result)")
        }
    }

    @Test("streams that are closed or full are told")
    func unwritable() async throws {
        try await with { terminal in
            let full = try await terminal.run("schema > /dev/full")
            #expect(full.exitCode == 1)
            #expect(full.shown.contains("error: cannot write to stdout: No space left on device"))
            let closed = try await terminal.run("schema >&-")
            #expect(closed.exitCode == 1)
            #expect(closed.shown.contains("error: cannot write to stdout: "))
            #expect(try await terminal.run("validate \(terminal.folder)/plan.yaml 2>&-").exitCode == 2)
        }
    }
}

@Suite(
    "In a terminal, with servers",
    .enabled(if: TestServers.areAvailable && FileManager.default.isExecutableFile(atPath: "/usr/bin/script")),
    .timeLimit(.minutes(2)))
struct TerminalMigrationTests {
    @Test("what is dangerous is asked, and anything but yes is no", arguments: ["", "n\n", "\n", "maybe\n", "y\n"])
    func questions(_ typed: String) async throws {
        try await Migration.with("cli", sql: CommandSource.sql) { migration in
            try await TestServers.execute("create table public.notes (mine int)", on: migration.target)
            let terminal = Terminal(folder: migration.folder)
            let result = try await terminal.run("migrate \(migration.planFile) --drop-if-exists", typed: typed)
            #expect(result.shown.contains("  table public.notes\n"), "\(result)")
            #expect(result.shown.contains("Drop them, rows and all? [y/N] "), "\(result)")
            let isYes = typed == "y\n"
            #expect(result.exitCode == (isYes ? 0 : 2), "\(result)")
            #expect(result.shown.contains("nothing was dropped") == !isYes, "\(result)")
        }
    }

    @Test("the plan keeps to the terminal's width", arguments: [80, 100])
    func width(_ columns: Int) async throws {
        try await Migration.with("cli", sql: CommandSource.sql) { migration in
            let terminal = Terminal(folder: migration.folder)
            let result = try await terminal.run("plan \(migration.planFile) 2> /dev/null", columns: columns)
            #expect(result.exitCode == 0)
            // The heading names both databases, and those of tests have long names.
            for line in result.shown.split(separator: "\n").dropFirst() { #expect(line.count <= columns, "\(line)") }
        }
    }
}
