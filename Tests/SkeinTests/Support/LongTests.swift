import TestServers

/// `Tests/run --long`: more of the same, for nights.
enum LongTests {
    static let areWanted = TestServers.environment("SKEIN_TEST_LONG") == "1"
}
