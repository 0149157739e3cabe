import Foundation
import Glibc
import TestServers
import Testing

/// A shell with job control in a terminal that `script` (of util-linux) makes; somebody types into it.
private final class TypedTerminal {
    private let process = Process()
    private let input = Pipe()
    private let log: String

    init(folder: String, columns: Int = 80) throws {
        log = folder + "/terminal.\(UUID().uuidString.prefix(6))"
        process.executableURL = URL(fileURLWithPath: "/usr/bin/script")
        process.arguments = ["-qefc", "stty cols \(columns) rows 30; exec bash --norc --noprofile -i", log]
        process.environment = ProcessInfo.processInfo.environment.merging(
            ["TERM": "xterm", "LC_ALL": "C.UTF-8", "NO_COLOR": ""]
        ) { $1 }
        process.standardInput = input
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    func type(_ text: String) throws { try input.fileHandleForWriting.write(contentsOf: Data(text.utf8)) }

    /// All that the terminal was sent.
    var shown: String {
        (try? Data(contentsOf: URL(fileURLWithPath: log))).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// Until what was shown since `mark` contains `text`.
    /// - Returns: a mark behind what was shown by then.
    @discardableResult
    func wait(for text: String, since mark: Int = 0, atMost seconds: Double = 40) async throws -> Int {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while true {
            let shown = Array(shown.utf8)
            let new = String(decoding: shown[min(mark, shown.count)...], as: UTF8.self)
            if new.contains(text) { return shown.count }
            guard ContinuousClock.now < deadline else {
                throw SkeinProcess.TooLong(description: "waited for \"\(text)\" in the terminal:\n\(new)")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// The terminal is closed, as a window is, or as a connection is lost.
    func close() {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    deinit { if process.isRunning { close() } }
}

private let (hidden, visible) = ("\u{1B}[?25l", "\u{1B}[?25h")

@Suite(
    "The live display in a terminal",
    .enabled(if: TestServers.areAvailable && FileManager.default.isExecutableFile(atPath: "/usr/bin/script")),
    .timeLimit(.minutes(3)))
struct TerminalDisplayTests {
    private func with(_ body: (Migration, TypedTerminal) async throws -> Void) async throws {
        try await Migration.with("faults", sql: FaultSource.slow, plan: FaultSource.plan) { migration in
            let terminal = try TypedTerminal(folder: migration.folder)
            try await terminal.wait(for: "bash-")
            try await body(migration, terminal)
            terminal.close()
        }
    }

    private func finished(_ migration: Migration, atMost seconds: Double = 60) async throws {
        try await migration.wait(
            on: migration.target, atMost: seconds,
            until: "select count(*) = 1 from skein.migration where finished is not null")
    }

    @Test("shows bars, and leaves cursor, echo and the result behind")
    func whole() async throws {
        try await with { migration, terminal in
            try terminal.type("\(SkeinProcess.binary) migrate \(migration.planFile); echo \"ended: $?\"\n")
            let copying = try await terminal.wait(for: "copying rows")
            try await terminal.wait(for: "copy:public.")
            let end = try await terminal.wait(for: "ended: 0", since: copying)
            let shown = terminal.shown
            #expect(shown.contains(hidden) && shown.contains("▕"))
            let last = try #require(shown.range(of: visible, options: .backwards))
            #expect(shown[last.upperBound...].range(of: hidden) == nil)
            #expect(shown[last.upperBound...].contains("migrated 5 tables"), "\(shown[last.upperBound...])")
            try terminal.type("stty -a\n")
            try await terminal.wait(for: " echo ", since: end)
        }
    }

    @Test("Ctrl-C ends the run and gives cursor and echo back")
    func interrupted() async throws {
        try await with { migration, terminal in
            try terminal.type("\(SkeinProcess.binary) migrate \(migration.planFile); echo \"ended: $?\"\n")
            try await terminal.wait(for: "copying rows")
            try await migration.waitForCopy()
            try terminal.type("\u{3}")
            let end = try await terminal.wait(for: "ended: 4")
            let shown = terminal.shown
            let last = try #require(shown.range(of: visible, options: .backwards))
            #expect(shown[last.upperBound...].range(of: hidden) == nil)
            #expect(shown.contains("Run the same command to go on"))
            try terminal.type("stty -a\n")
            try await terminal.wait(for: " echo ", since: end)
        }
    }

    @Test("Ctrl-Z gives the terminal back, fg draws it again")
    func suspended() async throws {
        try await with { migration, terminal in
            try terminal.type("\(SkeinProcess.binary) migrate \(migration.planFile)\n")
            let copying = try await terminal.wait(for: "copying rows")
            try terminal.type("\u{1A}")
            let stopped = try await terminal.wait(for: "Stopped", since: copying)
            #expect(terminal.shown.components(separatedBy: hidden).count == 2)
            #expect(terminal.shown.components(separatedBy: visible).count == 2)
            try terminal.type("stty -a\n")
            let asked = try await terminal.wait(for: " echo ", since: stopped)
            try terminal.type("fg; echo \"ended: $?\"\n")
            let again = try await terminal.wait(for: hidden, since: asked)
            try await terminal.wait(for: "ended: 0", since: again)
            try await terminal.wait(for: visible, since: again)
            try await finished(migration)
        }
    }

    @Test("a lost terminal does not end the migration")
    func lost() async throws {
        try await with { migration, terminal in
            try terminal.type("\(SkeinProcess.binary) migrate \(migration.planFile)\n")
            try await terminal.wait(for: "copying rows")
            try await migration.waitForCopy()
            terminal.close()
            try await finished(migration)
            #expect(try await migration.differences() == [])
        }
    }

    @Test(
        "lines are what a dumb terminal, a pipe and --json get",
        arguments: ["TERM=dumb \(0)", "\(1) 2>&1 | cat", "\(2) --json 2>/dev/null | cat"])
    func lines(_ how: String) async throws {
        try await with { migration, terminal in
            let command = "\(SkeinProcess.binary) migrate \(migration.planFile)"
            let line =
                how.replacing(" 0", with: " " + command).replacing("1 2>", with: command + " 2>")
                .replacing("2 --", with: command + " --")
            try terminal.type(line + "; echo \"ended: $?\"\n")
            try await terminal.wait(for: "ended: 0")
            #expect(!terminal.shown.contains(hidden))
        }
    }

    @Test("status --watch shows the same from elsewhere, until the migration ends")
    func watched() async throws {
        try await with { migration, terminal in
            let run = try migration.start("migrate")
            try await migration.waitForCopy()
            try terminal.type("\(SkeinProcess.binary) status \(migration.planFile) --watch 0.5; echo \"ended: $?\"\n")
            try await terminal.wait(for: "copying rows")
            try await terminal.wait(for: "ended: 0")
            #expect(terminal.shown.contains(": finished"))
            #expect(try await run.wait().exitCode == 0)
        }
    }
}
