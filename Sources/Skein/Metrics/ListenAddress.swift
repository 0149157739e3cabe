/// Where a server listens: `127.0.0.1:9187`, `[::1]:0`, `localhost:9187`; a port alone means loopback.
struct ListenAddress: Equatable, CustomStringConvertible {
    var host: String
    var port: UInt16

    init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Nil where `text` is none.
    init?(parsing text: String) {
        let (host, port): (Substring, Substring)
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]"), text[end...].dropFirst().first == ":" else { return nil }
            (host, port) = (text[text.index(after: text.startIndex)..<end], text[end...].dropFirst(2))
            guard host.contains(":") else { return nil }
        } else if let colon = text.lastIndex(of: ":") {
            (host, port) = (text[..<colon], text[colon...].dropFirst())
            // Which colon would be the port's?
            guard !host.contains(":") else { return nil }
        } else {
            (host, port) = ("", text[...])
        }
        guard !port.isEmpty, port.allSatisfy({ ("0"..."9").contains($0) }), let number = UInt16(port),
            !host.contains(where: { $0.isWhitespace || $0 == "/" })
        else { return nil }
        self.init(host: host.isEmpty ? "127.0.0.1" : String(host), port: number)
    }

    var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
