import Testing

@testable import Skein

@Suite("Requests for metrics")
struct HTTPExchangeTests {
    private func answer(_ request: String, inPartsOf size: Int = .max) -> String? {
        var exchange = HTTPExchange()
        var rest = Array(request.utf8)[...]
        while !rest.isEmpty {
            let part = rest.prefix(size)
            rest = rest.dropFirst(part.count)
            if let answer = exchange.receive(part, metrics: { "up 1\n" }) {
                return String(decoding: answer, as: UTF8.self)
            }
        }
        return nil
    }

    @Test(
        "are answered with the text once they are complete, in however many parts they come", arguments: [1, 3, 4_096])
    func complete(_ size: Int) throws {
        let said = try #require(answer("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n", inPartsOf: size))
        #expect(said.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(said.contains("\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"))
        #expect(said.contains("\r\nContent-Length: 5\r\n") && said.contains("\r\nConnection: close\r\n"))
        #expect(said.hasSuffix("\r\n\r\nup 1\n"))
    }

    @Test("with HEAD get the same without the text")
    func head() throws {
        let said = try #require(answer("HEAD /metrics HTTP/1.1\r\n\r\n"))
        #expect(said.hasPrefix("HTTP/1.1 200 ") && said.contains("Content-Length: 5") && said.hasSuffix("\r\n\r\n"))
    }

    @Test(
        "get what they deserve",
        arguments: [
            ("GET /metrics?a=b HTTP/1.0\n\n", "200"), ("GET http://host:1/metrics HTTP/1.1\r\n\r\n", "200"),
            ("\r\nGET /metrics HTTP/1.1\r\n\r\n", "200"), ("GET / HTTP/1.1\r\n\r\n", "404"),
            ("GET /metrics/ HTTP/1.1\r\n\r\n", "404"), ("POST /metrics HTTP/1.1\r\nContent-Length: 3\r\n\r\n", "405"),
            ("DELETE /x HTTP/1.1\r\n\r\n", "404"), ("hello\r\n\r\n", "400"), ("GET  /metrics HTTP/1.1\r\n\r\n", "400"),
            ("PRI * HTTP/2.0\r\n\r\n", "400"), ("\u{16}\u{3}\u{1}\u{2}\n\n", "400"),
            ("GET /metrics HTTP/1.1\r\nX: " + String(repeating: "x", count: 9_000), "431"),
            (String(repeating: "x", count: 9_000) + "\r\n\r\n", "431"),
        ])
    func status(_ request: String, _ status: String) throws {
        #expect(try #require(answer(request)).hasPrefix("HTTP/1.1 \(status) "), "\(request.prefix(40))")
    }

    @Test("that are not complete wait", arguments: ["", "GET", "GET /metrics HTTP/1.1\r\nHost: a\r\n", "\r\n\r\n\r\n"])
    func incomplete(_ request: String) { #expect(answer(request) == nil) }
}
