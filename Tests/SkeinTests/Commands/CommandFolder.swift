import Foundation
import Testing

/// A folder of its own for files that commands are given, without any server.
struct CommandFolder: Sendable {
    /// With `/` at its end.
    let path: String

    static func with(_ body: (CommandFolder) async throws -> Void) async throws {
        let path = NSTemporaryDirectory() + "skein-commands-\(UUID().uuidString.prefix(8).lowercased())/"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await body(CommandFolder(path: path))
    }

    func write(_ text: String, to name: String) throws {
        try text.write(toFile: path + name, atomically: true, encoding: .utf8)
    }

    /// Runs `skein` to its end. `@name` among the arguments stands for a file of this folder, which is taken out of
    /// what is said, so that the same is said in every folder.
    func skein(_ arguments: [String], environment: [String: String] = [:]) async throws -> SkeinProcess.Result {
        let arguments = arguments.map { $0.hasPrefix("@") ? path + $0.dropFirst() : $0 }
        // Help is as wide as the terminal.
        let environment = environment.merging(["COLUMNS": "80"]) { own, _ in own }
        var result = try await SkeinProcess(arguments, environment: environment, in: path).wait(atMost: 60)
        result.stdout = result.stdout.replacingOccurrences(of: path, with: "")
        result.stderr = result.stderr.replacingOccurrences(of: path, with: "")
        return result
    }

    func skein(_ arguments: String..., environment: [String: String] = [:]) async throws -> SkeinProcess.Result {
        try await skein(arguments, environment: environment)
    }
}

/// A text that is kept in `Snapshots`, so that a change of it is seen by whoever reviews it. `SKEIN_RECORD=1` writes
/// what is said now.
enum Snapshot {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Snapshots")

    static func check(_ text: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let file = folder.appendingPathComponent(name + ".txt")
        if ProcessInfo.processInfo.environment["SKEIN_RECORD"] == "1" {
            try text.write(to: file, atomically: true, encoding: .utf8)
            return
        }
        let kept = try String(contentsOf: file, encoding: .utf8)
        #expect(text == kept, "not as \(file.path) has it", sourceLocation: sourceLocation)
    }
}
