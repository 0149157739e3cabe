package import PlanFile

/// Why no connection could be made, as a finding: libpq's or the server's sentence, recognised.
package enum ConnectDiagnostics {
    package enum Side: String, Sendable { case source, target }

    /// What can stand between us and a server.
    package enum Failure: String, Sendable, CaseIterable {
        case unreachable = "SK310"
        case unknownHost = "SK311"
        case password = "SK312"
        case noDatabase = "SK313"
        case role = "SK314"
        case notAdmitted = "SK315"
        case full = "SK316"
        case encryption = "SK317"
        case notReady = "SK318"
        case other = "SK319"

        package var code: String { rawValue }

        package var title: String {
            switch self {
            case .unreachable: "Nothing answers where the server should be"
            case .unknownHost: "The host's name is not known"
            case .password: "The password is wrong or missing"
            case .noDatabase: "The database does not exist"
            case .role: "The role does not exist or may not log in"
            case .notAdmitted: "The server does not admit this machine"
            case .full: "The server has no connection left"
            case .encryption: "Server and client do not agree on encryption"
            case .notReady: "The server is starting or stopping"
            case .other: "The connection failed"
            }
        }

        package var explanation: String {
            switch self {
            case .unreachable:
                """
                The host answered that nothing listens on the port, or nothing answered in time: the server is down, the \
                port is wrong, or a firewall or security group is in between. `pg_isready -h HOST -p PORT` from this \
                machine tells the same without Skein. A migration that has begun waits for a server that comes back.
                """
            case .unknownHost:
                """
                Name resolution failed: the host in the URI is misspelt, or its name is known only elsewhere, as inside \
                a VPC. `getent hosts NAME` tries it. A `%` or `@` in a password of the URI must be written `%25`, `%40`.
                """
            case .password:
                """
                Passwords come from the URI, `PGPASSWORD`, `~/.pgpass` (mode 0600) or a libpq service; the one found \
                was refused, or none was. Try the same with `psql`, which looks in the same places.
                """
            case .noDatabase:
                """
                Skein creates no databases: the target's must exist, empty, with the encoding and collation that you \
                want (`create database NAME template template0`). The name may be misspelt.
                """
            case .role: "The role in the URI does not exist on the server, or lacks LOGIN: `alter role NAME login`."
            case .notAdmitted:
                """
                `pg_hba.conf` of the server has no line for this machine, role, database and kind of connection. Add \
                one and reload (`select pg_reload_conf()`); managed services do it by their allow list or security \
                group, and may want `sslmode=require` in the URI.
                """
            case .full:
                """
                `max_connections`, or the role's or database's own limit (`connection limit`), is reached. End idle \
                sessions, raise the limit, or lower `table-jobs` and `index-jobs`: `plan` prints how many connections \
                are needed on each side.
                """
            case .encryption:
                """
                `sslmode` asks for TLS that the server does not offer, or the server's certificate is not trusted. Give \
                the provider's root certificate (`sslrootcert=…`), or an `sslmode` that both agree on.
                """
            case .notReady:
                """
                The server answers, and says that it is starting up, shutting down or recovering. Wait and run the same \
                command again; a standby that refuses connections needs `hot_standby = on`.
                """
            case .other:
                """
                The server's or libpq's own sentence, which the message shows, says why. Try the same connection with \
                `psql`.
                """
            }
        }
    }

    /// - Parameters:
    ///   - message: libpq's, which may hold several lines (one for each address tried).
    ///   - server: the connection as `user@host:port/database`, without password.
    ///   - location: where the plan says the URI.
    package static func diagnose(
        message: String, sqlState: String?, side: Side, server: String, at location: SourceLocation?,
    ) -> Diagnostic {
        let failure = failure(message, sqlState)
        let names = Names(message)
        let (summary, cure, statement) = words(failure, side, names)
        return Diagnostic(
            .error, failure.code, summary,
            detail: "\(server): \(isAboutTheText(message) ? unparsed : oneLine(message))",
            cure: Wording.sentence(cure, leadsTo: statement), statement: statement, object: server, at: location)
    }

    /// Whether the same connection may be made a little later.
    package static func isTransient(_ diagnostic: Diagnostic) -> Bool {
        let failure = Failure(rawValue: diagnostic.code)
        return failure == .unreachable || failure == .full || failure == .notReady
    }

    /// By the server's code, then by its or libpq's sentence (from PostgreSQL's `fe-connect.c`, `fe-secure-openssl.c`,
    /// `auth.c`, `postinit.c`).
    package static func failure(_ message: String, _ sqlState: String?) -> Failure {
        func says(_ parts: String...) -> Bool { parts.contains { message.contains($0) } }
        if says("no pg_hba.conf entry", "rejects connection") { return .notAdmitted }
        if says("password authentication failed", "no password supplied", "password file") || sqlState == "28P01" {
            return .password
        }
        if sqlState == "53300" || says("too many clients", "too many connections", "remaining connection slots") {
            return .full
        }
        if sqlState == "57P03" || says("the database system is") { return .notReady }
        if says("could not translate host name", "Name or service not known", "No address associated") {
            return .unknownHost
        }
        if sqlState == "3D000" || (says("database \"") && says("does not exist")) { return .noDatabase }
        if says("is not permitted to log in") || (says("role \"") && says("does not exist")) { return .role }
        if says("SSL", "certificate", "GSSAPI encryption") { return .encryption }
        if says(
            "Connection refused", "No such file or directory", "timeout expired", "timed out", "No route to host",
            "Network is unreachable", "server closed the connection unexpectedly", "Connection reset")
        {
            return .unreachable
        }
        if sqlState == "28000" { return .role }
        return .other
    }

    private static func words(_ failure: Failure, _ side: Side, _ names: Names) -> (String, String, String?) {
        switch failure {
        case .unreachable:
            ("the \(side) does not answer", "see that it runs and can be reached from here; correct \(side).uri", nil)
        case .unknownHost: ("the host of the \(side) is not known", "correct the host in \(side).uri", nil)
        case .password:
            (
                names.isPasswordMissing
                    ? "the \(side) wants a password, and there is none"
                    : "the \(side) refuses the password" + (names.role.map { " of role \($0)" } ?? ""),
                "set it in the environment (`PGPASSWORD`), `~/.pgpass` or a libpq service", nil
            )
        case .noDatabase:
            (
                "the database of the \(side)" + (names.database.map { ", \($0)," } ?? "") + " does not exist",
                side == .target
                    ? "correct the database in target.uri, or create it: run in another database of the target"
                    : "correct the database in source.uri",
                side == .target ? names.rawDatabase.map { "create database \(QualifiedName.quoted($0));" } : nil
            )
        case .role:
            (
                "the role" + (names.role.map { " \($0)" } ?? "") + " does not exist on the \(side) or may not log in",
                "correct the role in \(side).uri, or run on the \(side) as a superuser",
                names.rawRole.map { role in
                    names.isForbiddenToLogIn
                        ? "alter role \(QualifiedName.quoted(role)) login;"
                        : "create role \(QualifiedName.quoted(role)) login;"
                }
            )
        case .notAdmitted:
            (
                "the \(side) does not admit this machine",
                "add a line for it to the server's pg_hba.conf and reload it; on a managed service, admit this "
                    + "machine's address, or add `sslmode=require` to \(side).uri", nil
            )
        case .full:
            ("the \(side) has no connection left", "end idle sessions on the \(side), or raise max_connections", nil)
        case .encryption:
            ("the encrypted connection to the \(side) failed", "correct sslmode and sslrootcert in \(side).uri", nil)
        case .notReady: ("the \(side) is starting up or shutting down", "wait until it is up", nil)
        case .other: ("no connection to the \(side) could be made", "correct \(side).uri", nil)
        }
    }

    /// libpq's lines as one, each said once.
    private static func oneLine(_ message: String) -> String {
        var lines: [Substring] = []
        for line in message.split(whereSeparator: \.isNewline) {
            // libpq indents its second thoughts.
            let line = line.drop(while: \.isWhitespace)
            if !lines.contains(line) { lines.append(line) }
        }
        return lines.joined(separator: "; ")
    }

    private static let unparsed = "it is no connection string that libpq understands"

    /// Whether libpq complains about the connection string itself, and so may quote it, password included.
    private static func isAboutTheText(_ message: String) -> Bool {
        ["connection info string", "in URI", "percent-encoded", "connection option"].contains { message.contains($0) }
    }

    /// The role and the database that the server's sentence names: `database "x" does not exist`, `role "x" …`,
    /// `password authentication failed for user "x"`.
    private struct Names {
        let rawRole: String?
        let rawDatabase: String?
        let isForbiddenToLogIn: Bool
        let isPasswordMissing: Bool

        init(_ message: String) {
            rawRole = Self.quoted(after: "role \"", in: message) ?? Self.quoted(after: "user \"", in: message)
            rawDatabase = Self.quoted(after: "database \"", in: message)
            isForbiddenToLogIn = message.contains("is not permitted to log in")
            isPasswordMissing = message.contains("no password supplied")
        }

        var role: String? { rawRole.map(QualifiedName.quotedIfNeeded) }
        var database: String? { rawDatabase.map(QualifiedName.quotedIfNeeded) }

        private static func quoted(after start: String, in message: String) -> String? {
            // libpq itself says `database "x"` never; the server does not escape quotes, so names end at `" `.
            guard let range = message.ranges(of: start).first else { return nil }
            let rest = message[range.upperBound...]
            guard let end = rest.firstIndex(of: "\"") else { return nil }
            return String(rest[..<end])
        }
    }
}
