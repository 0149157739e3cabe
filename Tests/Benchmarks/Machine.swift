private import Foundation

/// Where it was measured.
struct Machine: CustomStringConvertible {
    /// Such as `2 cores (AMD EPYC), 24 GB of memory`.
    var description: String {
        let information = ProcessInfo.processInfo
        let memory = (Double(information.physicalMemory) / 1e9).formatted(.number.precision(.fractionLength(0)))
        return "\(information.activeProcessorCount) cores (\(processor)), \(memory) GB of memory"
    }

    private var processor: String {
        let lines = ((try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? "").split(separator: "\n")
        guard let line = lines.first(where: { $0.hasPrefix("model name") }) else { return "unknown" }
        return line.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown"
    }
}
