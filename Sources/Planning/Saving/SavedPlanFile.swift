private import FoundationEssentials
private import Glibc

extension SavedPlan {
    /// Writes it to a file that only its owner reads, in one step: what is there is whole.
    /// - Throws: Foundation's error where the file cannot be written.
    package func write(to path: String) throws {
        let data = Data(try encoded())
        let part = path + ".part"
        try? FileManager.default.removeItem(atPath: part)
        guard FileManager.default.createFile(atPath: part, contents: data, attributes: [.posixPermissions: 0o600])
        else { throw CocoaError(.fileWriteUnknown) }
        do {
            if FileManager.default.fileExists(atPath: path) { try FileManager.default.removeItem(atPath: path) }
            try FileManager.default.moveItem(atPath: part, toPath: path)
        } catch {
            try? FileManager.default.removeItem(atPath: part)
            throw error
        }
    }

    /// Reads a saved plan; nil where the file is none (a plan file, or not there at all, which is for the plan loader to
    /// tell).
    package static func read(_ path: String) throws(Unreadable) -> SavedPlan? {
        // Anything but a regular file may block or never end. A large file is mapped, not read, until it looks right.
        guard isRegularFile(path), let data = try? Data(contentsOf: URL(filePath: path), options: .alwaysMapped),
            looksLikeOne(data.prefix(64))
        else { return nil }
        return try decoded(Array(data))
    }

    private static func isRegularFile(_ path: String) -> Bool {
        var status = stat()
        return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    /// What keeps this plan from being run now, in words; empty where nothing does.
    /// - Parameters:
    ///   - source: the source's fingerprint as it is now.
    ///   - target: the target's.
    package func drift(source now: Fingerprint, target nowOnTarget: Fingerprint) -> [String] {
        func words(_ side: String, _ differences: [Fingerprint.Difference]) -> [String] {
            differences.map { difference in
                switch difference.kind {
                case .added: "\(side): \(difference.object) is new"
                case .removed: "\(side): \(difference.object) is gone"
                case .changed: "\(side): \(difference.object) has changed"
                }
            }
        }
        return words("source", source.differences(to: now)) + words("target", target.differences(to: nowOnTarget))
    }
}
