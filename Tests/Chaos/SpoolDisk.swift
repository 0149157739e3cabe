import Foundation
import TestServers

/// A small disk for the spool, that becomes full and is enlarged: a tmpfs.
struct SpoolDisk {
    let folder: String

    /// - Parameter bytes: room for the spool; nil: the folder is an ordinary one.
    init(_ folder: String, bytes: Int?) throws {
        self.folder = folder
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        guard let bytes else { return }
        try run("/bin/mount", ["-t", "tmpfs", "-o", "size=\(bytes / 1024)k,mode=0700", "tmpfs", folder])
    }

    func enlarge() throws { try run("/bin/mount", ["-o", "remount,size=2g", folder]) }

    func remove() {
        _ = ChildProcess.run("/bin/umount", ["--lazy", "--quiet", folder], outputTo: "/dev/null")
    }

    private func run(_ path: String, _ arguments: [String]) throws {
        let log = folder + ".mount.log"
        guard ChildProcess.run(path, arguments, outputTo: log) == 0 else {
            throw ChaosFailure(
                "\(path) \(arguments.joined(separator: " ")): \((try? String(contentsOfFile: log, encoding: .utf8)) ?? "")"
            )
        }
    }
}
