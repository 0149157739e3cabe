private import Foundation
import Glibc

/// A client that runs beside what is measured: `skein migrate`, an application.
final class BackgroundProcess {
    private let pid: Int32
    private var status: Int32?
    /// What it prints, on either stream.
    let log: String

    /// - Parameters:
    ///   - command: program, looked up on PATH, and arguments.
    ///   - environment: on top of this process's own.
    init(_ command: [String], environment: [String: String] = [:], log: String) throws(BenchmarkFailure) {
        self.log = log
        let output = unsafe open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard output >= 0 else { throw BenchmarkFailure("\(log) cannot be written: errno \(errno)") }
        defer { close(output) }
        pid = try ClientProcess.spawn(command, environment, output: output)
    }

    deinit { if poll() == nil { end(SIGKILL) } }

    /// The exit code, nil while it runs; 128 and the signal's number where one ended it.
    func poll() -> Int32? {
        if status == nil {
            var raw: Int32 = 0
            if unsafe waitpid(pid, &raw, WNOHANG) == pid { status = Self.code(raw) }
        }
        return status
    }

    /// Signals it and waits for its end.
    @discardableResult
    func end(_ signal: Int32 = SIGTERM) -> Int32 {
        if let status { return status }
        kill(pid, signal)
        return wait()
    }

    @discardableResult
    func wait() -> Int32 {
        if let status { return status }
        var raw: Int32 = 0
        while unsafe waitpid(pid, &raw, 0) < 0, errno == EINTR {}
        status = Self.code(raw)
        return Self.code(raw)
    }

    private static func code(_ raw: Int32) -> Int32 { raw & 0x7F == 0 ? raw >> 8 & 0xFF : 128 + raw & 0x7F }

    var said: String { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }

    /// Resident memory now and at its highest, bytes.
    var memory: (now: Int, highest: Int) {
        let text = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
        func bytes(_ key: String) -> Int {
            for line in text.split(separator: "\n") where line.hasPrefix(key) {
                return (line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 1024
            }
            return 0
        }
        return (bytes("VmRSS:"), bytes("VmHWM:"))
    }
}
