import Foundation
import Glibc
import TestServers

/// A `skein` command, run as users run it: a process of its own, which may be killed.
final class SkeinChild {
    /// How it ended.
    enum End: Equatable, CustomStringConvertible {
        case exit(Int32)
        case signal(Int32)
        var description: String {
            switch self {
            case .exit(let code): "exit code \(code)"
            case .signal(let signal): "signal \(signal)"
            }
        }
    }

    let words: [String]
    /// What it says, stdout and stderr together.
    let log: String
    private let pid: Int32
    private(set) var end: End?

    /// - Parameters:
    ///   - binary: the path of `skein`.
    ///   - fault: `SKEIN_FAULT`.
    init(_ binary: String, _ words: [String], fault: String? = nil, log: String) throws {
        self.words = words
        self.log = log
        let cleared = ProcessInfo.processInfo.environment.keys.filter { $0.hasPrefix("PG") || $0 == "SKEIN_FAULT" }
        let environment = cleared.flatMap { ["-u", $0] } + (fault.map { ["SKEIN_FAULT=\($0)"] } ?? [])
        pid = ChildProcess.start("/usr/bin/env", environment + [binary] + words, outputTo: log)
        guard pid > 0 else { throw ChaosFailure("\(binary) cannot be started") }
    }

    /// Looks without waiting.
    func poll() -> End? {
        if end == nil { end = ChildProcess.poll(pid).map(Self.end) }
        return end
    }

    private static func end(_ status: Int32) -> End { status >= 128 ? .signal(status - 128) : .exit(status) }

    func send(_ signal: Int32) { if end == nil { ChildProcess.signal(pid, signal) } }

    /// - Throws: where it still runs then; it is killed.
    func wait(atMost seconds: Double) throws -> End {
        let deadline = Date(timeIntervalSinceNow: seconds)
        while true {
            if let end = poll() { return end }
            guard Date() < deadline else {
                kill()
                throw ChaosFailure("`skein \(words[0])` still ran after \(seconds) s; its output: \(log)")
            }
            usleep(10_000)
        }
    }

    /// At once, and waits for its end.
    func kill() {
        send(SIGKILL)
        if end == nil { end = Self.end(ChildProcess.wait(for: pid)) }
    }

    var said: String { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }
}
