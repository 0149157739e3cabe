import ArgumentParser

/// Numbers of jobs on the command line.
enum JobsOption {
    static let range = 1...128

    static func check(_ name: String, _ value: Int?) throws {
        guard let value, !range.contains(value) else { return }
        throw ValidationError("\(name) takes a number from \(range.lowerBound) to \(range.upperBound), not \(value)")
    }
}
