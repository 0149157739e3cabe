private import Foundation

/// The most memory that a process and its descendants held at once, by looking again and again.
///
/// `ru_maxrss` will not do: it is that of the largest process alone, and starts with what the parent held at the fork.
struct MemoryPeak {
    /// Between two looks, milliseconds. One costs some 50 µs per process.
    static let interval: Int32 = 50

    /// Bytes. Pages that several of the processes share are counted once, those of others' in proportion (PSS).
    private(set) var bytes = 0

    mutating func sample(_ process: Int32) {
        var together = 0
        var open = [process]
        while let process = open.popLast() {
            open += Self.children(of: process)
            together += Self.kilobytes(of: "Pss:", in: "/proc/\(process)/smaps_rollup")
            // The kernel's own mark of one process's highest also sees what lies between two looks.
            bytes = max(bytes, Self.kilobytes(of: "VmHWM:", in: "/proc/\(process)/status") * 1024)
        }
        bytes = max(bytes, together * 1024)
    }

    /// Each thread has a list of the processes that it started.
    private static func children(of process: Int32) -> [Int32] {
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")) ?? []
        return threads.flatMap { thread in
            text("/proc/\(process)/task/\(thread)/children").split(separator: " ").compactMap { Int32($0) }
        }
    }

    private static func kilobytes(of key: String, in path: String) -> Int {
        for line in text(path).split(separator: "\n") where line.hasPrefix(key) {
            return line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        }
        return 0
    }

    /// Empty where the process has ended meanwhile.
    private static func text(_ path: String) -> String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }
}
