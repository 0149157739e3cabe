private import CLibPQ

/// Where to connect: a parsed libpq URI, keyword string or service, with what we add to it.
///
/// Never prints its password: `description` is for messages and leaves it out.
package struct ConnectionTarget: Sendable, Equatable, CustomStringConvertible {
    /// libpq's keywords and values, as given; defaults, environment, `.pgpass` and services are libpq's to add.
    package private(set) var parameters: [String: String]

    /// Parses without connecting.
    /// - Throws: libpq's own sentence where `text` is not a connection string.
    package init(_ text: String) throws(PostgresError) {
        var message: UnsafeMutablePointer<CChar>?
        guard let options = unsafe PQconninfoParse(text, &message) else {
            defer { unsafe PQfreemem(message) }
            let reason = unsafe message.map { unsafe String(cString: $0) } ?? "out of memory"
            throw .connect(reason.trimmingNewline(), sqlState: nil)
        }
        defer { unsafe PQconninfoFree(options) }
        parameters = [:]
        var option = unsafe options
        while let keyword = unsafe option.pointee.keyword {
            if let value = unsafe option.pointee.val {
                unsafe parameters[String(cString: keyword)] = String(cString: value)
            }
            unsafe option += 1
        }
    }

    /// The same server and role, another database.
    package func with(database: String) -> ConnectionTarget {
        var copy = self
        copy.parameters["dbname"] = database
        return copy
    }

    package func with(_ keyword: String, _ value: String) -> ConnectionTarget {
        var copy = self
        copy.parameters[keyword] = value
        return copy
    }

    package var password: String? { parameters["password"] }

    /// The parameters without passwords, for a child process that gets the first through `PGPASSWORD`. A client key's
    /// (`sslpassword`) has no such way, so that a child cannot use a key that needs one.
    package var conninfoWithoutPassword: String {
        parameters.filter { $0.key != "password" && $0.key != "sslpassword" }.sorted { $0.key < $1.key }
            .map { keyword, value in
                let escaped = value.split(separator: "\\", omittingEmptySubsequences: false).joined(separator: "\\\\")
                    .split(separator: "'", omittingEmptySubsequences: false).joined(separator: "\\'")
                return "\(keyword)='\(escaped)'"
            }
            .joined(separator: " ")
    }

    /// `user@host:port/database`, of what is given.
    package var description: String {
        if let service = parameters["service"], parameters["host"] == nil { return "service \(service)" }
        let host = parameters["host"] ?? parameters["hostaddr"] ?? "localhost"
        let user = parameters["user"].map { $0 + "@" } ?? ""
        let port = parameters["port"].map { ":" + $0 } ?? ""
        return user + host + port + "/" + (parameters["dbname"] ?? "")
    }
}

extension String {
    /// libpq ends its messages with line feeds.
    func trimmingNewline() -> String {
        var text = self[...]
        while let last = text.last, last.isNewline || last == " " { text.removeLast() }
        return String(text)
    }
}
