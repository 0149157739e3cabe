private import Foundation
package import Postgres

/// The servers that integration tests run against, as `Tests/servers start` puts them into the environment.
///
/// Tests that need them carry `.enabled(if: TestServers.areAvailable)` and take theirs with
/// `try TestServers.requireSource()`. Where `SKEIN_TEST_REQUIRE_SERVERS` is 1 (CI), the condition always holds and the
/// second line fails: a missing server is a failure there, and a skip on a colleague's machine.
package enum TestServers {
    /// PostgreSQL 15, `SKEIN_TEST_SOURCE`.
    package static let source = target(named: "SKEIN_TEST_SOURCE")
    /// PostgreSQL 17 with TimescaleDB (Apache licence), `SKEIN_TEST_TARGET`.
    package static let target = target(named: "SKEIN_TEST_TARGET")
    /// PostgreSQL 18 with TimescaleDB (Apache licence), `SKEIN_TEST_TARGET18`; may be missing even in CI.
    package static let target18 = target(named: "SKEIN_TEST_TARGET18")

    /// Whether missing servers are a failure.
    package static let areRequired = environment("SKEIN_TEST_REQUIRE_SERVERS") == "1"

    /// Whether tests that need source and target shall run.
    package static let areAvailable = areRequired || (source != nil && target != nil)

    /// Whether tests that need PostgreSQL 18 shall run.
    package static let has18 = target18 != nil

    package static func requireSource() throws -> ConnectionTarget { try require(source, "SKEIN_TEST_SOURCE") }
    package static func requireTarget() throws -> ConnectionTarget { try require(target, "SKEIN_TEST_TARGET") }
    package static func requireTarget18() throws -> ConnectionTarget { try require(target18, "SKEIN_TEST_TARGET18") }

    /// An environment variable, nil where unset or empty.
    package static func environment(_ name: String) -> String? {
        ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    private static func target(named variable: String) -> ConnectionTarget? {
        environment(variable).flatMap { try? ConnectionTarget($0) }
    }

    private static func require(_ target: ConnectionTarget?, _ variable: String) throws -> ConnectionTarget {
        guard let target else { throw MissingServer(variable: variable) }
        return target
    }
}

/// A server that a test needs and the environment does not name.
package struct MissingServer: Error, CustomStringConvertible {
    package var variable: String
    package var description: String {
        "\(variable) is not set to a connection string: start the servers with `Tests/servers start DIR` and source "
            + "DIR/env"
    }
}
