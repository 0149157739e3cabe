import Foundation

/// Values of every kind that a plan could have anywhere, good or bad as the place wants it.
enum SampleValues {
    /// Computed, as JSON values cannot be shared between threads.
    static var all: [Any] {
        let objects: [Any] = [
            [String: Any](), ["include": ["a"]], ["exclude": ["a.b"]], ["include": "a"], ["uri": "service=a"],
            ["provider": "rds"], ["column": "a", "partitions": 3], ["column": "a"], ["drop-after": "3 days"],
            ["mode": "source"], ["a.b": "full"], ["a.b": "index c"], ["a": "full"], ["a.b": NSNull()], ["a.b": 1],
            ["schemas": ["include": ["a"]]], ["table-jobs": 3], ["after": "1 day"], ["migrate": true],
            ["owners": true], ["verify": "none"], ["plugin": "auto"],
        ]
        let lists: [Any] = [
            [Any](), ["a"], ["a.b"], ["a", "b"], [1], [true], [NSNull()], [""], [["a"]], ["a desc"], ["t", "c"],
            [["table": "a.b", "time-column": "t"]], [["table": "a.b"]], [["table": "a.b", "to": "table"]], ["*"],
        ]
        let others: [Any] = [NSNull(), true, false, 0, 1, 2, 64, 65, 32767, 32768, -1, 1.5, 5_000_000_000]
        return objects + lists + others + words + names + quantities + connections
    }

    static let words: [String] = [
        "", " ", "live", "offline", "Live", "auto", "postgres", "rds", "aurora", "timescaledb", "mst", "tiger-cloud",
        "binary", "text", "csv", "pgoutput", "wal2json", "test_decoding", "test-decoding", "disk", "source", "manual",
        "automatic", "none", "read-only", "read_only", "counts", "checksums", "full", "inserts-only", "index",
        "index a", "index  a", "index \"A b\"", "index a.b", "index a b", "full ", "table", "range-partitions",
        "true", "yes", "1", "null", "~", "1.5", "0x10",
    ]

    static let names: [String] = [
        "a", "A", "a1", "1a", "_a", "a$", "a-b", "-a", "ä", "日本", "a b", "a.b", "A.B", "a.b.c", ".a", "a.", "a..b",
        "\"a\"", "\"a b\"", "\"\"", "\"a", "a\"", "\"a\"\"b\"", "\"a\"b\"", "\"a.b\"", "\"a.b\".\"c\"\"d\"",
        "a.\"B c\"",
        "\"a\".b", "\"a\". b", "*", "a*", "a?", "*.*", "a.*", "a.b?", "\"*\".a", "a*.\"b\"", "a,b", "a;b", "a'b",
        "a@b", "a/b", "a\\b", "a\nb", "a\n", "\"a\nb\"", "a desc", "a asc", "a ASC", "a Desc", "a  desc",
        "a desc nulls last",
        "a nulls first", "a desc nulls", "a nulls last desc", "a desc, b", "\"a b\" desc", "a desc ", "iot-production",
        "IoT", "a--", "x_1",
        String(repeating: "a", count: 48), String(repeating: "a", count: 49),
    ]

    static let quantities: [String] = [
        "1 s", "1s", "1  s", "1 s ", " 1 s", "30 sec", "5 min", "5 m", "1 h", "1 hour", "7 days", "7 Days", "7 day",
        "1 d", "2 w",
        "1 week", "1 mon", "1 month", "2 years", "2 y", "500 ms", "5 us", "1 day 12 hours", "1 day12 hours",
        "1 day  12 hours", "1 day, 12 hours", "1.5 days", "-1 day", "0 s", "1 h 2 hours", "1", "s", "1 x", "P1D",
        "1:00",
        "10 GB", "10GB", "10  GB", "10 gb", "10 G", "10 GiB", "64 kB", "64 KB", "512 MB", "1 TB", "1 PB", "9999 PB",
        "1 B",
        "1 bytes", "1 byte", "1.5 GB", "0 GB", "99999999999999999999 s",
    ]

    static let connections: [String] = [
        "service=a", "host=a dbname=b", "postgresql://a", "postgresql://", "postgres://u@h:5432/d", "mysql://a",
        "host", "host=a b", "host='a", "postgresql://a:b/c", "./path", "/path",
    ]
}
