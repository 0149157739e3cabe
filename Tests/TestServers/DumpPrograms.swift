private import Foundation

/// pg_dump and pg_restore of the servers that are newer than this machine's own: those of the chroots that
/// `Tests/servers` makes, as programs on a PATH.
package enum DumpPrograms {
    /// The environment for a process that needs pg_dump of this major version; nil where there is none to be had.
    package static func environment(major: Int) -> [String: String]? {
        if FileManager.default.isExecutableFile(atPath: "/usr/lib/postgresql/\(major)/bin/pg_dump") { return [:] }
        guard let root = root(major) else { return nil }
        let folder = NSTemporaryDirectory() + "skein-pg_dump-\(major)-\(ProcessInfo.processInfo.processIdentifier)"
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            for program in ["pg_dump", "pg_restore"] {
                let text = "#!/bin/sh\nexec chroot '\(root)' /usr/lib/postgresql/\(major)/bin/\(program) \"$@\"\n"
                let path = "\(folder)/\(program)"
                try text.write(toFile: path, atomically: true, encoding: .utf8)
                try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
            }
        } catch {
            return nil
        }
        return ["PATH": folder + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")]
    }

    private static func root(_ major: Int) -> String? {
        let chroots = TestServers.environment("SKEIN_CHROOTS") ?? "/var/tmp/skein/chroots"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: chroots)) ?? []
        return names.sorted().map { "\(chroots)/\($0)" }.first { root in
            FileManager.default.isExecutableFile(atPath: "\(root)/usr/lib/postgresql/\(major)/bin/pg_dump")
        }
    }
}
