import LogicalDecoding

#if canImport(Glibc)
    private import Glibc
#endif

/// An open file of the spool: closed when it goes. Every failure is a fact with the file's path.
final class SpoolFile: Sendable {
    let path: String
    private let descriptor: Int32

    private init(path: String, descriptor: Int32) {
        self.path = path
        self.descriptor = descriptor
    }
    deinit { close(descriptor) }

    /// A new file, 0600: it holds rows.
    static func create(_ path: String) throws(SpoolError) -> SpoolFile {
        let descriptor = unsafe Glibc.open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("creating a file", path) }
        return SpoolFile(path: path, descriptor: descriptor)
    }

    static func open(_ path: String, isWritten: Bool = false) throws(SpoolError) -> SpoolFile {
        let descriptor = unsafe Glibc.open(path, (isWritten ? O_RDWR : O_RDONLY) | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw errno == ENOENT ? .deleted(path: path) : failure("opening", path)
        }
        return SpoolFile(path: path, descriptor: descriptor)
    }

    /// The file that whoever writes to the spool holds a lock on; the lock ends with the process, however it ends.
    static func lock(_ path: String) throws(SpoolError) -> SpoolFile {
        let descriptor = unsafe Glibc.open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("creating a file", path) }
        let file = SpoolFile(path: path, descriptor: descriptor)
        // A process that was just killed, or a value that is just going, may hold it for a moment.
        for _ in 0..<10 {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return file }
            usleep(50_000)
        }
        throw .inUse(path: path)
    }

    /// Writes all bytes at `offset`. On failure any number of them may be written.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(SpoolError) {
        var done = 0
        while done < bytes.count {
            let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[done...])
            let count = unsafe pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.failure("writing", path, count == 0 ? ENOSPC : errno) }
            done += count
        }
    }

    func write(_ bytes: [UInt8], at offset: Int) throws(SpoolError) {
        unsafe try bytes.span.bytes.withUnsafeBytes { (bytes) throws(SpoolError) in unsafe try write(bytes, at: offset)
        }
    }

    /// Reads up to `bytes.count` bytes at `offset`; fewer only at the file's end.
    func read(into bytes: UnsafeMutableRawBufferPointer, at offset: Int) throws(SpoolError) -> Int {
        var done = 0
        while done < bytes.count {
            let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[done...])
            let count = unsafe pread(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Self.failure("reading", path) }
            if count == 0 { break }
            done += count
        }
        return done
    }

    func cut(to size: Int) throws(SpoolError) {
        guard ftruncate(descriptor, off_t(size)) == 0 else { throw Self.failure("cutting off", path) }
    }

    /// Makes what is written durable.
    func sync() throws(SpoolError) {
        guard fdatasync(descriptor) == 0 else { throw Self.failure("fdatasync", path) }
    }

    func size() throws(SpoolError) -> Int {
        var facts = stat()
        guard unsafe fstat(descriptor, &facts) == 0 else { throw Self.failure("fstat", path) }
        return Int(facts.st_size)
    }

    /// Whether the path still leads to this file.
    var isInPlace: Bool {
        var (mine, named) = (stat(), stat())
        guard unsafe fstat(descriptor, &mine) == 0, unsafe stat(path, &named) == 0 else { return false }
        return mine.st_nlink > 0 && mine.st_ino == named.st_ino && mine.st_dev == named.st_dev
    }

    static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    /// Deletes a file; one that is gone already is deleted.
    static func delete(_ path: String) throws(SpoolError) {
        guard unsafe unlink(path) == 0 || errno == ENOENT else { throw failure("deleting", path) }
    }

    fileprivate static func failure(_ operation: String, _ path: String, _ number: Int32 = errno) -> SpoolError {
        switch number {
        case ENOSPC, EDQUOT: .diskFull(path: path)
        case EROFS: .readOnly(path: path)
        default: .failed(path: path, operation: operation, errno: number)
        }
    }
}

/// The folder that a spool lies in.
enum SpoolFolder {
    /// Makes the folder (0700) and what is missing above it.
    static func make(_ path: String) throws(SpoolError) {
        guard !SpoolFile.exists(path) else { return }
        let parent = parent(of: path)
        if parent != path { try make(parent) }
        guard unsafe mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw SpoolFile.failure("making a folder", path)
        }
        try sync(parent)
    }

    /// Makes names in the folder durable: of files that were made or deleted.
    static func sync(_ path: String) throws(SpoolError) {
        let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw errno == ENOENT ? .deleted(path: path) : SpoolFile.failure("opening", path)
        }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw SpoolFile.failure("fsync", path) }
    }

    /// Names of what is in the folder; empty where there is no folder.
    static func names(_ path: String) throws(SpoolError) -> [String] {
        guard let folder = unsafe opendir(path) else {
            if errno == ENOENT { return [] }
            throw SpoolFile.failure("reading a folder", path)
        }
        defer { unsafe closedir(folder) }
        var names: [String] = []
        while let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            names.append(name)
        }
        return names
    }

    static func delete(_ path: String) throws(SpoolError) {
        guard unsafe rmdir(path) == 0 || errno == ENOENT || errno == ENOTEMPTY else {
            throw SpoolFile.failure("deleting", path)
        }
    }

    private static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
