private import FoundationEssentials
private import Glibc

extension SavedPlan {
    /// The system's reason why a file cannot be written.
    package struct Unwritable: Error {
        package var reason: String
    }

    /// Writes it to a file that only its owner reads, in one step: what is there is whole.
    /// - Throws: `Unwritable`; the encoder's errors.
    package func write(to path: String) throws {
        let bytes = try encoded()
        let part = path + ".part"
        // Never through a link that somebody else laid there.
        _ = unsafe unlink(part)
        let file = unsafe open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Self.unwritable() }
        var start = 0
        while start < bytes.count {
            let count = unsafe bytes[start...].withUnsafeBytes { buffer in
                unsafe Glibc.write(file, buffer.baseAddress, buffer.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let problem = Self.unwritable()
                close(file)
                _ = unsafe unlink(part)
                throw problem
            }
            start += count
        }
        let isSafe = fsync(file) == 0
        guard close(file) == 0, isSafe, unsafe rename(part, path) == 0 else {
            let problem = Self.unwritable()
            _ = unsafe unlink(part)
            throw problem
        }
    }

    private static func unwritable() -> Unwritable { Unwritable(reason: unsafe String(cString: strerror(errno))) }

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
