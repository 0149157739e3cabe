import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// The `skein` binary, run as users run it: a process of its own, which may be signalled and killed.
final class SkeinProcess: Sendable {
    /// How a run ended, and what it said.
    struct Result: Sendable, CustomStringConvertible {
        var stdout: String
        var stderr: String
        /// Its exit code; nil where a signal ended it.
        var exitCode: Int32?
        var signal: Int32?
        var seconds: Double

        var description: String {
            let end = exitCode.map { "exit code \($0)" } ?? "signal \(signal ?? 0)"
            return "\(end) after \(seconds) s\n--- stdout\n\(stdout)\n--- stderr\n\(stderr)"
        }
    }

    /// It still runs after the time it was given; it has been killed.
    struct TooLong: Error, CustomStringConvertible {
        var description: String
    }

    /// Beside the test bundle, where SwiftPM builds it; `SKEIN_BINARY` names another.
    static let binary: String = {
        if let own = ProcessInfo.processInfo.environment["SKEIN_BINARY"], !own.isEmpty { return own }
        let bundle = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        return bundle.deletingLastPathComponent().appendingPathComponent("skein").path
    }()

    private let process: Process
    private let output: String
    private let clock = ContinuousClock()
    private let begun: ContinuousClock.Instant

    /// - Parameters:
    ///   - environment: added to this process's own, from which `SKEIN_FAULT` and libpq's defaults are taken away.
    ///   - folder: where it works and its output is kept; temporary.
    init(_ arguments: [String], environment: [String: String] = [:], in folder: String) throws {
        process = Process()
        output = "\(folder)/output.\(UUID().uuidString.prefix(8))"
        begun = clock.now
        let inherited = ProcessInfo.processInfo.environment.filter {
            $0.key != "SKEIN_FAULT" && !$0.key.hasPrefix("PG")
        }
        process.executableURL = URL(fileURLWithPath: Self.binary)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.environment = inherited.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        // Files, not pipes: nobody has to read them for the process to go on, and what it said outlives it.
        let files = try [Self.file(output + ".stdout"), Self.file(output + ".stderr")]
        process.standardOutput = files[0]
        process.standardError = files[1]
        // Foundation holds them for ever: hundreds of processes would use up what this one may open.
        defer { for file in files { try? file.close() } }
        try process.run()
    }

    private static func file(_ path: String) throws -> FileHandle {
        try Data().write(to: URL(fileURLWithPath: path))
        return try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    }

    var pid: Int32 { process.processIdentifier }
    var isRunning: Bool { process.isRunning }

    /// What it has said so far.
    var stdout: String { (try? String(contentsOfFile: output + ".stdout", encoding: .utf8)) ?? "" }
    var stderr: String { (try? String(contentsOfFile: output + ".stderr", encoding: .utf8)) ?? "" }

    func send(_ signal: Int32) { kill(pid, signal) }

    /// - Throws: `TooLong` where it runs for longer than `seconds`.
    func wait(atMost seconds: Double = 120) async throws -> Result {
        try await wait(atMost: seconds, for: "its end") { !isRunning }
        let status = process.terminationStatus
        let isKilled = process.terminationReason == .uncaughtSignal
        return Result(
            stdout: stdout, stderr: stderr, exitCode: isKilled ? nil : status, signal: isKilled ? status : nil,
            seconds: (clock.now - begun) / .seconds(1))
    }

    /// Until a line of stderr, or all of it together, contains `text`.
    func waitUntilSaid(_ text: String, atMost seconds: Double = 60) async throws {
        try await wait(atMost: seconds, for: "\"\(text)\"") { !isRunning || stderr.contains(text) }
        guard stderr.contains(text) else {
            throw TooLong(description: "skein ended without saying \"\(text)\":\n\(stderr)")
        }
    }

    private func wait(atMost seconds: Double, for what: String, until condition: () -> Bool) async throws {
        let deadline = clock.now + .seconds(seconds)
        while !condition() {
            guard clock.now < deadline, !Task.isCancelled else {
                send(SIGKILL)
                throw TooLong(description: "waited \(seconds) s for \(what) of skein:\n\(stdout)\n\(stderr)")
            }
            // A cancelled sleep ends at once; the next round throws.
            try? await Task.sleep(for: .milliseconds(10))
        }
    }
}
