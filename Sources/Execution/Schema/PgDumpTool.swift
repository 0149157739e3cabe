private import FoundationEssentials
private import Glibc

/// An installed pg_dump, with the pg_restore that reads what it writes.
package struct PgDumpTool: Sendable, Equatable {
    package var path: String
    package var restorePath: String
    /// As `server_version_num` counts: 15.
    package var major: Int
    package var minor: Int

    package init(path: String, restorePath: String, major: Int, minor: Int) {
        self.path = path
        self.restorePath = restorePath
        self.major = major
        self.minor = minor
    }

    package var version: String { "\(major).\(minor)" }

    /// The tool for a source and a target (major versions): a pg_dump refuses newer servers, and a newer one than the
    /// target writes what the target does not know. The oldest that fits, since every version past the target's own is
    /// a risk; where none is old enough for the target, the oldest that can read the source.
    package static func choose(_ candidates: [PgDumpTool], source: Int, target: Int) -> PgDumpTool? {
        candidates.filter { $0.major >= source }.min { left, right in
            // Both keys in turn: whether it suits the target, age, and then the newest minor release.
            let (leftFits, rightFits) = (left.major <= max(source, target), right.major <= max(source, target))
            if leftFits != rightFits { return leftFits }
            return (left.major, -left.minor) < (right.major, -right.minor)
        }
    }

    /// Every pg_dump on PATH and in the places of Debian's and the PostgreSQL project's own packages, by version. Runs
    /// each once; those that do not run are left out. Blocks for some hundredths of a second.
    package static func installed() -> [PgDumpTool] {
        let dumps = programs("pg_dump")
        let restores = programs("pg_restore")
        var tools: [PgDumpTool] = []
        for dump in dumps {
            // The archive format is pg_dump's: an older pg_restore may refuse it.
            let fitting = restores.filter { $0.major >= dump.major }
            let sibling = fitting.first { $0.folder == dump.folder }
            guard let restore = sibling ?? fitting.min(by: { $0.major < $1.major }) else { continue }
            tools.append(
                PgDumpTool(path: dump.path, restorePath: restore.path, major: dump.major, minor: dump.minor))
        }
        return tools.sorted { ($0.major, $0.minor) < ($1.major, $1.minor) }
    }

    private struct Program {
        var path: String
        var folder: String
        var major: Int
        var minor: Int
    }

    private static func programs(_ name: String) -> [Program] {
        let paths = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
        let packaged = versionFolders("/usr/lib/postgresql/", "/bin") + versionFolders("/usr/pgsql-", "/bin")
        var seen: Set<String> = []
        // Packaged ones first: Debian's /usr/bin/pg_dump is a script that chooses among them anew at each call.
        return (packaged + paths).compactMap { folder in
            let path = folder + "/" + name
            guard seen.insert(path).inserted, unsafe access(path, X_OK) == 0 else { return nil }
            var text: [UInt8] = []
            let command = ChildPipeline.Command(executable: path, arguments: ["--version"])
            guard let endings = try? ChildPipeline.run([command], output: { text += $0 }), endings[0].code == 0,
                let (major, minor) = version(in: String(decoding: text, as: UTF8.self))
            else { return nil }
            return Program(path: path, folder: folder, major: major, minor: minor)
        }
    }

    private static func versionFolders(_ prefix: String, _ suffix: String) -> [String] {
        (12...40).map { prefix + String($0) + suffix }
    }

    /// `pg_dump (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)`; a beta has no minor number.
    static func version(in text: String) -> (major: Int, minor: Int)? {
        guard let name = text.firstRange(of: "(PostgreSQL) ") else { return nil }
        let numbers = text[name.upperBound...].prefix { $0 == "." || $0.isNumber }.split(separator: ".")
        guard let major = numbers.first.flatMap({ Int($0) }) else { return nil }
        return (major, numbers.dropFirst().first.flatMap { Int($0) } ?? 0)
    }
}
