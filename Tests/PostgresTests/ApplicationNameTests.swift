import TestServers
import Testing

@testable import Postgres

@Suite("A session's name")
struct ApplicationNameTests {
    private static let names: [(name: String, shown: String)] = [
        ("", ""),
        ("skein/iot/copy:public.readings:0017", "skein/iot/copy:public.readings:0017"),
        (String(repeating: "a", count: 63), String(repeating: "a", count: 63)),
        (
            "skein/\(String(repeating: "a", count: 60))/copy:public.readings:0017",
            "skein/\(String(repeating: "a", count: 34))~y:public.readings:0017"
        ),
        ("skein/na\u{EF}ve\n\u{7F}", "skein/na??ve??"),
        ("\u{1F418}", "????"),
    ]

    @Test(arguments: names)
    func `is what the server shows: 63 bytes of ASCII, the piece at its end`(_ name: String, _ shown: String) {
        #expect(Connection.shortened(name) == shown)
    }

    @Test(.enabled(if: TestServers.areAvailable))
    func `is shown by the server as it is, and can be changed`() async throws {
        try await TestServers.withConnection(to: TestServers.requireSource()) { connection in
            let shown =
                "select application_name from pg_catalog.pg_stat_activity where pid = pg_catalog.pg_backend_pid()"
            for name in ["skein/ü/copy:\(String(repeating: "x", count: 80)):0001", "skein/b/'quoted'"] {
                try connection.setApplicationName(name)
                let seen = try connection.scalar(shown)
                #expect(seen == Connection.shortened(name))
            }
        }
    }
}

@Suite("What a failed connection means")
struct ConnectFailureTests {
    @Test(arguments: [
        ("FATAL:  sorry, too many clients already", "53300"),
        ("FATAL:  too many connections for database \"app\"", "53300"),
        ("FATAL:  too many connections for role \"app\"", "53300"),
        ("FATAL:  remaining connection slots are reserved for non-replication superuser connections", "53300"),
        ("FATAL:  database \"app\" does not exist", "3D000"), ("FATAL:  role \"app\" does not exist", "28000"),
        ("FATAL:  password authentication failed for user \"app\"", "28P01"),
        ("FATAL:  the database system is starting up", "57P03"),
        ("FATAL:  the database system is in recovery mode", "57P03"),
    ])
    func `is told by the server's sentence`(_ message: String, _ sqlState: String) {
        #expect(ConnectFailure.sqlState(of: message) == sqlState)
        let isTransient = sqlState == "53300" || sqlState == "57P03"
        #expect(
            PostgresError.connect(message, sqlState: ConnectFailure.sqlState(of: message)).isTransient == isTransient)
    }

    @Test(arguments: ["Connection refused", "timeout expired", "could not translate host name", "No route to host"])
    func `is transient where no server answered`(_ message: String) {
        #expect(ConnectFailure.sqlState(of: message) == nil)
        #expect(PostgresError.connect(message, sqlState: nil).isTransient)
    }
}
