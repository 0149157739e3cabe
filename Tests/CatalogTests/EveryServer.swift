import Postgres
import TestServers
import Testing

/// The servers that a parameterised test runs on.
enum Server: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case source, target, target18

    /// Without PostgreSQL 18 where it cannot be had.
    static var all: [Server] { TestServers.has18 ? [.source, .target, .target18] : [.source, .target] }

    var target: ConnectionTarget {
        get throws {
            switch self {
            case .source: try TestServers.requireSource()
            case .target: try TestServers.requireTarget()
            case .target18: try TestServers.requireTarget18()
            }
        }
    }

    var major: Int {
        switch self {
        case .source: 15
        case .target: 17
        case .target18: 18
        }
    }

    var testDescription: String { "PostgreSQL \(major)" }
}
