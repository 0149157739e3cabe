/// The settings that every session of ours pins, so that no default of a server, database or role changes what a
/// statement means or ends it in the middle (DESIGN.md, section 10).
package enum SessionSettings {
    /// libpq parameters: a peer that vanished is noticed within about a minute.
    static let keepalives = [
        "keepalives": "1", "keepalives_idle": "15", "keepalives_interval": "5", "keepalives_count": "6",
        "tcp_user_timeout": "60000", "connect_timeout": "10",
    ]

    private static let pinned: [(name: String, value: String)] = [
        ("statement_timeout", "0"), ("lock_timeout", "0"), ("idle_in_transaction_session_timeout", "0"),
        ("idle_session_timeout", "0"), ("transaction_timeout", "0"), ("search_path", ""), ("DateStyle", "ISO, YMD"),
        ("IntervalStyle", "postgres"), ("TimeZone", "UTC"), ("extra_float_digits", "3"), ("bytea_output", "hex"),
        ("row_security", "off"), ("synchronize_seqscans", "off"), ("default_transaction_read_only", "off"),
        ("default_transaction_isolation", "read committed"), ("default_transaction_deferrable", "off"),
        ("standard_conforming_strings", "on"), ("quote_all_identifiers", "off"), ("lc_monetary", "C"),
        ("lc_numeric", "C"), ("lc_messages", "C"), ("xmloption", "content"), ("check_function_bodies", "off"),
        ("client_min_messages", "warning"), ("array_nulls", "on"), ("backslash_quote", "safe_encoding"),
        ("transform_null_equals", "off"), ("escape_string_warning", "off"),
        // A killed process's sessions end while they build an index, not after (PostgreSQL 14 and later).
        ("client_connection_check_interval", "1000"),
    ]

    /// One statement, because each round trip costs; joined with `pg_settings`, because versions lack some of them.
    static func pinningStatement(_ extra: [String: String]) -> String {
        let own = pinned.filter { extra[$0.name] == nil }
        let values = (own + extra.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) })
            .map { "('\($0.name)', '\($0.value)')" }.joined(separator: ", ")
        // lc_messages wants a superuser before PostgreSQL 16 and is a comfort only.
        return """
            select pg_catalog.set_config(s.name, v.value, false)
            from (values \(values)) as v (name, value)
            join pg_catalog.pg_settings s on lower(s.name) = lower(v.name)
            where s.context = 'user' or (select rolsuper from pg_catalog.pg_roles where rolname = current_user)
            """
    }
}
