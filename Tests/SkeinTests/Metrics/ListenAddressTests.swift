import Testing

@testable import Skein

@Suite("Addresses to listen at")
struct ListenAddressTests {
    @Test(
        "are a host and a port; a port alone is on loopback",
        arguments: [
            ("127.0.0.1:9187", "127.0.0.1:9187"), ("9187", "127.0.0.1:9187"), (":9187", "127.0.0.1:9187"),
            ("[::1]:0", "[::1]:0"), ("localhost:1", "localhost:1"), ("0.0.0.0:65535", "0.0.0.0:65535"),
        ])
    func good(_ written: String, _ meant: String) {
        #expect(ListenAddress(parsing: written)?.description == meant)
    }

    @Test(
        "are nothing else",
        arguments: [
            "", "host", "127.0.0.1", "127.0.0.1:", "::1", "::1:9187", "[::1]", "[::1]9187", "[127.0.0.1]:1", "65536",
            "-1", "a b:1", "http://127.0.0.1:1", "127.0.0.1:9187/metrics", "+5", "１",
        ])
    func bad(_ written: String) { #expect(ListenAddress(parsing: written) == nil) }
}
