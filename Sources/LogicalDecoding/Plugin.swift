/// An output plugin whose messages `ChangeDecoder` reads.
package enum Plugin: String, Sendable, Hashable, CaseIterable {
    case pgoutput
    case wal2json
    case testDecoding = "test_decoding"

    /// The options to ask the plugin for, such that its messages carry all they can and nothing is lost.
    ///
    /// With `include-types` wal2json writes quoted type names that are no JSON (`pg_decode_write_tuple`), so types come
    /// as their ids. test_decoding's `skip-empty-xacts` stays off: up to PostgreSQL 15 it leaves out the begin and the
    /// commit around a transaction of nothing but messages, and a marker would stand alone.
    /// - Parameters:
    ///   - publications: pgoutput only; names as the catalogs hold them.
    ///   - binary: pgoutput of PostgreSQL 14 and later: values in binary form where their type has one.
    ///   - messages: pgoutput of PostgreSQL 14 and later: logical messages. The other plugins always send them.
    ///   - numbersAsText: wal2json 2.6 and later (`numeric-data-types-as-string`; earlier ones fail with 22023, "is
    ///     unknown"). Without it NaN and infinity in columns of type float4, float8 and numeric arrive as NULL.
    package func options(
        publications: [String] = [], binary: Bool = false, messages: Bool = false, numbersAsText: Bool = true,
    ) -> [(name: String, value: String)] {
        switch self {
        case .pgoutput:
            let names = publications.map { name in
                "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
            }
            return [("proto_version", "1"), ("publication_names", names.joined(separator: ","))]
                + (binary ? [("binary", "true")] : []) + (messages ? [("messages", "true")] : [])
        case .wal2json:
            return [
                ("format-version", "2"), ("include-xids", "true"), ("include-timestamp", "true"),
                ("include-lsn", "true"), ("include-types", "false"), ("include-type-oids", "true"),
            ] + (numbersAsText ? [("numeric-data-types-as-string", "true")] : [])
        case .testDecoding:
            return [("include-xids", "true"), ("include-timestamp", "true")]
        }
    }
}
