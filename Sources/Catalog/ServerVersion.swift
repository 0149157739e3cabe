/// A PostgreSQL version, as `server_version_num` counts: 150020 is 15.20, 90624 was 9.6.24.
package struct ServerVersion: Hashable, Sendable, Comparable, CustomStringConvertible {
    package var number: Int
    package init(number: Int) { self.number = number }

    /// 15 of 15.20. Before 10, when two numbers made a major version, the first of them.
    package var major: Int { number / 10_000 }
    /// 20 of 15.20.
    package var minor: Int { number % 10_000 }

    /// `15.20`, without what packagers add.
    package var description: String {
        number >= 100_000 ? "\(major).\(minor)" : "\(major).\(number / 100 % 100).\(number % 100)"
    }

    package static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}

extension Catalog.Server {
    /// `versionNumber`, to compare and to show.
    package var serverVersion: ServerVersion { ServerVersion(number: versionNumber) }
}
