/// What a client sends until its request is complete, and what it is answered: a value without sockets.
///
/// Enough of HTTP/1.1 (RFC 9112) for whoever scrapes metrics: one request a connection, no bodies.
struct HTTPExchange {
    /// Longer heads are refused.
    static let longest = 8_192

    private var head: [UInt8] = []

    /// Takes what has arrived.
    /// - Parameter metrics: what `/metrics` holds now; asked for at most once.
    /// - Returns: the whole answer once there is one.
    mutating func receive(_ bytes: some Sequence<UInt8>, metrics: () -> String) -> [UInt8]? {
        head.append(contentsOf: bytes)
        // TLS, mostly, which would wait for an answer of its own.
        if let first = head.first(where: { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\n") }), first < 0x20 {
            return Self.answer(400, "Bad Request")
        }
        guard let end = Self.end(of: head) else {
            return head.count > Self.longest ? Self.answer(431, "Request Header Fields Too Large") : nil
        }
        guard end <= Self.longest else { return Self.answer(431, "Request Header Fields Too Large") }
        let first = head.drop { $0 <= 0x20 }.prefix { $0 != UInt8(ascii: "\n") }
        let line = String(decoding: first, as: UTF8.self).split(separator: " ", omittingEmptySubsequences: false)
            .map { $0.last == "\r" ? $0.dropLast() : $0 }
        guard line.count == 3, !line[0].isEmpty, !line[1].isEmpty, line[2].hasPrefix("HTTP/1.") else {
            return Self.answer(400, "Bad Request")
        }
        guard Self.path(String(line[1])) == "/metrics" else {
            return Self.answer(404, "Not Found", body: "Metrics are at /metrics.\n")
        }
        guard line[0] == "GET" || line[0] == "HEAD" else {
            return Self.answer(405, "Method Not Allowed", more: ["Allow: GET, HEAD"])
        }
        return Self.answer(
            200, "OK", type: "text/plain; version=0.0.4; charset=utf-8", body: metrics(), hasBody: line[0] == "GET")
    }

    /// To a client that took too long.
    static let timeout = answer(408, "Request Timeout")

    /// Without a query; an absolute URI's without scheme and host.
    private static func path(_ target: String) -> String {
        var target = target[...]
        if let scheme = target.firstRange(of: "://"), target.first != "/" {
            target = target[scheme.upperBound...].drop { $0 != "/" }
        }
        return String(target.prefix { $0 != "?" && $0 != "#" })
    }

    /// Behind the empty line that ends the head.
    private static func end(of head: [UInt8]) -> Int? {
        var isEmpty = true
        for (index, byte) in head.enumerated() {
            switch byte {
            case UInt8(ascii: "\n"):
                // Empty lines before a request are to be skipped.
                if isEmpty, index > 1, head[..<index].contains(where: { $0 > 0x20 }) { return index + 1 }
                isEmpty = true
            case UInt8(ascii: "\r"): break
            default: isEmpty = false
            }
        }
        return nil
    }

    private static func answer(
        _ status: Int, _ words: String, type: String = "text/plain; charset=utf-8", body: String? = nil,
        hasBody: Bool = true, more: [String] = [],
    ) -> [UInt8] {
        let body = body ?? words + "\n"
        let lines =
            [
                "HTTP/1.1 \(status) \(words)", "Content-Type: \(type)", "Content-Length: \(body.utf8.count)",
                "Cache-Control: no-store", "Connection: close",
            ] + more
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n" + (hasBody ? body : "")).utf8)
    }
}
