import Foundation
import Postgres
import TestServers

/// A condition did not become true in time.
struct NotInTime: Error, CustomStringConvertible {
    var condition: String
    var description: String { "not in time: \(condition)" }
}

extension Migration {
    /// Asks `database` again and again until the query's first value is true. A query that fails, or a server that
    /// cannot be reached, is asked again, too.
    /// - Returns: seconds that it took.
    @discardableResult
    func wait(
        on database: ConnectionTarget, atMost seconds: Double = 60, until query: String,
    ) async throws -> Double {
        try await TestServers.blocking {
            let begun = Date()
            var connection: Connection?
            while true {
                if connection?.isUp != true {
                    connection = try? Connection(database, applicationName: "skein tests")
                }
                if (try? connection?.scalar(query)) == "t" { return Date().timeIntervalSince(begun) }
                guard Date().timeIntervalSince(begun) < seconds else { throw NotInTime(condition: query) }
                Thread.sleep(forTimeInterval: 0.01)
            }
        }
    }

    /// Until rows of some table are under way to the target.
    func waitForCopy() async throws {
        try await wait(
            on: target,
            until: """
                select count(*) > 0 from pg_catalog.pg_stat_progress_copy
                where datname = current_database() and tuples_processed > 200
                """)
    }

    /// Until so many copies are done.
    func waitForCopies(done count: Int) async throws {
        try await wait(
            on: target,
            until: "select count(*) >= \(count) from skein.task where id like 'copy:%' and state = 'done'")
    }

    /// Sessions of this migration whose name behind `skein/NAME/` is `like` the pattern.
    func sessions(like pattern: String = "%") -> String {
        "from pg_catalog.pg_stat_activity where application_name like \(literal("skein/\(name)/" + pattern)) "
            + "and datname = current_database()"
    }

    /// Ends sessions of this migration on one of its databases.
    /// - Returns: how many.
    @discardableResult
    func terminate(like pattern: String = "%", on database: ConnectionTarget) async throws -> Int {
        let ended = try await TestServers.column(
            "select pg_catalog.pg_terminate_backend(pid) \(sessions(like: pattern))", on: database)
        return ended.count
    }

    private func literal(_ text: String) -> String { "'" + text.replacingOccurrences(of: "'", with: "''") + "'" }
}
