/// The settings that every session of ours pins, so that no default of a server, database or role changes what a
/// statement means or ends it in the middle (DESIGN.md, section 10).
package enum SessionSettings {
    /// libpq parameters: a peer that vanished is noticed within about a minute.
    static let keepalives = [
        "keepalives": "1", "keepalives_idle": "15", "keepalives_interval": "5", "keepalives_count": "6",
        "tcp_user_timeout": "60000", "connect_timeout": "10",
    ]

    private struct Pin {
        var name: String
        var value: String
        /// The first `server_version_num` that has it.
        var since = 0
    }

    private static let pinned = [
        Pin(name: "statement_timeout", value: "0"), Pin(name: "lock_timeout", value: "0"),
        Pin(name: "idle_in_transaction_session_timeout", value: "0"),
        Pin(name: "idle_session_timeout", value: "0", since: 140_000),
        Pin(name: "transaction_timeout", value: "0", since: 170_000), Pin(name: "search_path", value: ""),
        Pin(name: "datestyle", value: "ISO, YMD"), Pin(name: "intervalstyle", value: "postgres"),
        Pin(name: "timezone", value: "UTC"), Pin(name: "extra_float_digits", value: "3"),
        Pin(name: "bytea_output", value: "hex"), Pin(name: "row_security", value: "off"),
        Pin(name: "synchronize_seqscans", value: "off"), Pin(name: "default_transaction_read_only", value: "off"),
        Pin(name: "default_transaction_isolation", value: "read committed"),
        Pin(name: "default_transaction_deferrable", value: "off"),
        Pin(name: "standard_conforming_strings", value: "on"), Pin(name: "quote_all_identifiers", value: "off"),
        Pin(name: "lc_monetary", value: "C"), Pin(name: "lc_numeric", value: "C"),
        Pin(name: "xmloption", value: "content"), Pin(name: "check_function_bodies", value: "off"),
        Pin(name: "client_min_messages", value: "warning"), Pin(name: "array_nulls", value: "on"),
        Pin(name: "backslash_quote", value: "safe_encoding"), Pin(name: "transform_null_equals", value: "off"),
        Pin(name: "escape_string_warning", value: "off"),
        // A killed process's sessions end while they build an index, not after.
        Pin(name: "client_connection_check_interval", value: "1000", since: 140_000),
    ]

    /// One round trip for all. Our own settings, so nothing in them needs quoting.
    /// - Parameters:
    ///   - version: `server_version_num`.
    ///   - isSuperuser: its session can be told to answer in English, and to look sooner what a lock waits for: only then
    ///     does an autovacuum that is in the way give up.
    static func pinningStatement(version: Int, isSuperuser: Bool, _ extra: [String: String]) -> String {
        let own = pinned.filter { $0.since <= version && extra[$0.name] == nil }.map { ($0.name, $0.value) }
        let privileged = isSuperuser ? [("lc_messages", "C"), ("deadlock_timeout", "100ms")] : []
        return (own + privileged + extra.sorted { $0.key < $1.key })
            .map { "set \($0.0) = '\($0.1)'" }.joined(separator: "; ")
    }
}
