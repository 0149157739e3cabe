import PlanFile
import Planning
import Postgres
import TestServers
import Testing

@Suite("Connections that fail")
struct ConnectDiagnosticsTests {
    private typealias Failure = ConnectDiagnostics.Failure

    @Test(
        "each sentence is recognised",
        arguments: [
            ("connection to server at \"db\" (10.0.0.1), port 5432 failed: Connection refused", Failure.unreachable),
            ("connection to server at \"db\", port 5432 failed: timeout expired", .unreachable),
            ("could not translate host name \"nowhere\" to address: Name or service not known", .unknownHost),
            ("failed: FATAL:  password authentication failed for user \"app\"", .password),
            ("failed: fe_sendauth: no password supplied", .password),
            ("failed: FATAL:  database \"iot\" does not exist", .noDatabase),
            ("failed: FATAL:  role \"mover\" does not exist", .role),
            ("failed: FATAL:  role \"mover\" is not permitted to log in", .role),
            (
                "failed: FATAL:  no pg_hba.conf entry for host \"10.0.0.9\", user \"u\", database \"d\", SSL off",
                .notAdmitted
            ),
            ("failed: FATAL:  sorry, too many clients already", .full),
            ("failed: FATAL:  remaining connection slots are reserved for roles with SUPERUSER", .full),
            ("failed: FATAL:  too many connections for role \"u\"", .full),
            ("failed: server does not support SSL, but SSL was required", .encryption),
            ("failed: SSL error: certificate verify failed", .encryption),
            ("failed: FATAL:  the database system is starting up", .notReady),
            ("failed: something else", .other),
        ])
    func recognised(_ message: String, _ expected: ConnectDiagnostics.Failure) {
        #expect(ConnectDiagnostics.failure(message, nil) == expected)
    }

    @Test("every failure is explained and has its own code")
    func explained() {
        #expect(Set(Failure.allCases.map(\.code)).count == Failure.allCases.count)
        for failure in Failure.allCases {
            #expect(Checks.explanation(of: failure.code)?.title == failure.title)
            #expect(failure.explanation.hasSuffix("."))
        }
    }

    @Test("the finding names side, server, place and cure")
    func finding() {
        let place = SourceLocation(file: "plan.yaml", line: 5, column: 9)
        let finding = ConnectDiagnostics.diagnose(
            message: "connection failed: FATAL:  database \"My iot\" does not exist\n", sqlState: "3D000",
            side: .target, server: "postgres@db:5432/My iot", at: place)
        #expect(finding.code == "SK313")
        #expect(finding.summary == "the database of the target, \"My iot\", does not exist")
        #expect(finding.detail?.hasSuffix("database \"My iot\" does not exist") == true)
        #expect(finding.statement == "create database \"My iot\";")
        #expect(finding.location == place)
    }

    @Test("a connection string that libpq quotes is not quoted")
    func unparsed() {
        let finding = ConnectDiagnostics.diagnose(
            message: "invalid percent-encoded token: \"s%3cret%zz\"", sqlState: nil, side: .source, server: "source",
            at: nil)
        #expect(finding.code == "SK319")
        #expect(!"\(finding)".contains("s%3cret"))
    }

    /// What a real attempt says, as the commands see it.
    private func diagnose(_ target: ConnectionTarget) async throws -> Diagnostic {
        do {
            try await TestServers.execute("select 1", on: target)
        } catch PostgresError.connect(let message, let sqlState) {
            return ConnectDiagnostics.diagnose(
                message: message, sqlState: sqlState, side: .target, server: target.description, at: nil)
        }
        throw Connected()
    }
    private struct Connected: Error {}

    @Test("real refusals are recognised", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(2)))
    func real() async throws {
        let server = try TestServers.requireTarget().with(database: "postgres")
        func code(_ target: ConnectionTarget) async throws -> String { try await diagnose(target).code }
        #expect(try await code(server.with("port", "1")) == "SK310")
        #expect(try await code(server.with("host", "no-such-host.invalid")) == "SK311")
        #expect(try await code(server.with("user", "skein_password").with("password", "wrong")) == "SK312")
        #expect(try await code(server.with("user", "skein_password").with("passfile", "/nonexistent")) == "SK312")
        #expect(try await code(server.with(database: "no such database")) == "SK313")
        #expect(try await code(server.with("user", "no such role")) == "SK314")
        #expect(try await code(server.with("sslmode", "require")) == "SK317")
        let secret = try await diagnose(server.with("user", "skein_password").with("password", "hush-hush"))
        #expect(!"\(secret)".contains("hush-hush"))
    }

    @Test(
        "roles without login or room, and their cures", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(2)))
    func roles() async throws {
        let server = try TestServers.requireTarget().with(database: "postgres")
        try await withLogin("checks Shut out", on: server) {
            let target = server.with("user", "checks Shut out")
            try await TestServers.execute("alter role \"checks Shut out\" connection limit 0", on: server)
            #expect(try await diagnose(target).code == "SK316")
            try await TestServers.execute("alter role \"checks Shut out\" connection limit -1 nologin", on: server)
            let finding = try await diagnose(target)
            #expect(finding.code == "SK314")
            try await TestServers.execute(try #require(finding.statement), on: server)
            await #expect(throws: Connected.self) { try await diagnose(target) }
        }
    }

    @Test("a missing database is created by the statement", .enabled(if: TestServers.areAvailable))
    func database() async throws {
        let server = try TestServers.requireTarget().with(database: "postgres")
        let target = server.with(database: "checks Created \"here\"")
        let finding = try await diagnose(target)
        #expect(finding.code == "SK313")
        // The server does not escape quotes in its sentence, so the name is cut there and no statement can be right.
        let plain = server.with(database: "checks Created")
        try await TestServers.execute(try #require(try await diagnose(plain).statement), on: server)
        await #expect(throws: Connected.self) { try await diagnose(plain) }
        try await TestServers.execute("drop database \"checks Created\"", on: server)
    }
}
