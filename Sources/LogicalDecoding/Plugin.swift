/// An output plugin whose messages `ChangeDecoder` reads.
package enum Plugin: String, Sendable, Hashable, CaseIterable {
    case pgoutput
    case wal2json
    case testDecoding = "test_decoding"

    /// The options to ask the plugin for, such that its messages carry all they can and nothing is lost.
    ///
    /// Without `numeric-data-types-as-string` wal2json writes NaN and infinity as null; with `include-types` it writes
    /// quoted type names that are no JSON (`pg_decode_write_tuple`), so types come as their ids.
    /// - Parameters:
    ///   - publications: pgoutput only; names as the catalogs hold them.
    ///   - binary: pgoutput of PostgreSQL 14 and later: values in binary form where their type has one.
    ///   - messages: pgoutput of PostgreSQL 14 and later: logical messages. The other plugins always send them.
    package func options(
        publications: [String] = [], binary: Bool = false, messages: Bool = false,
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
                ("numeric-data-types-as-string", "true"),
            ]
        case .testDecoding:
            return [("include-xids", "true"), ("include-timestamp", "true"), ("skip-empty-xacts", "true")]
        }
    }
}
