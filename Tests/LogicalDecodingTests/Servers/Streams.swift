import LogicalDecoding
import Postgres
import TestServers

/// One workload as each plugin tells it.
struct Streams: Sendable {
    var pgoutput: [OwnedChange]
    var pgoutputBinary: [OwnedChange]
    var wal2json: [OwnedChange]
    var testDecoding: [OwnedChange]
    /// Whether it does not know `numeric-data-types-as-string`: Debian 12's 2.5.
    var wal2jsonLosesNaN: Bool
    /// The rows of table `types` right after they were inserted, in the order of insertion: text by column.
    var types: [[String: String?]]

    /// Runs the workload between slots of each plugin and reads them. Reading does not consume, so one slot of pgoutput
    /// serves for text and binary.
    static func read(from database: ConnectionTarget) async throws -> Streams {
        try await TestServers.withConnection(to: database, settings: ["search_path": "public"]) { connection in
            for plugin in Plugin.allCases {
                try connection.query(createSlot, ["decoding_\(plugin.rawValue)", plugin.rawValue])
            }
            defer {
                for plugin in Plugin.allCases {
                    _ = try? connection.query("select pg_drop_replication_slot($1)", ["decoding_\(plugin.rawValue)"])
                }
            }
            var types: [[String: String?]] = []
            for (number, step) in Workload.steps.enumerated() {
                try connection.execute("begin; \(step); commit")
                if number == 0 || number == 1 { types = try rows(connection) }
            }
            let losesNaN = (try? changes(.wal2json, connection)) == nil
            return Streams(
                pgoutput: try changes(.pgoutput, connection),
                pgoutputBinary: try changes(.pgoutput, connection, binary: true),
                wal2json: try changes(.wal2json, connection, numbersAsText: !losesNaN),
                testDecoding: try changes(.testDecoding, connection),
                wal2jsonLosesNaN: losesNaN, types: types)
        }
    }

    private static let createSlot = "select pg_create_logical_replication_slot($1, $2)"

    private static let peek = """
        select encode(data, 'hex')
        from pg_logical_slot_peek_binary_changes($1, null, null, variadic $2::text[])
        """

    private static func changes(
        _ plugin: Plugin, _ connection: Connection, binary: Bool = false, numbersAsText: Bool = true,
    ) throws -> [OwnedChange] {
        let options = plugin.options(
            publications: Workload.publications, binary: binary, messages: true, numbersAsText: numbersAsText)
        let words = PostgresArray.literal(options.flatMap { [$0.name, $0.value] })
        let rows = try connection.query(peek, ["decoding_\(plugin.rawValue)", words])
        return try decode(plugin, rows.indices.map { unhex(rows.text($0, 0)) })
    }

    private static func rows(_ connection: Connection) throws -> [[String: String?]] {
        let names = try connection.query(
            "select attname from pg_attribute where attrelid = 'types'::regclass and attnum > 0 order by attnum")
        let columns = names.indices.map { names.text($0, 0) }
        let rows = try connection.query("select * from types order by ctid")
        return rows.indices.map { row in
            Dictionary(uniqueKeysWithValues: columns.enumerated().map { ($1, rows[row, $0]) })
        }
    }

    private static func unhex(_ text: String) -> [UInt8] {
        func nibble(_ digit: UInt8) -> UInt8 { digit < 0x3A ? digit - 0x30 : digit - 0x57 }
        let digits = Array(text.utf8)
        return stride(from: 0, to: digits.count - 1, by: 2).map { nibble(digits[$0]) << 4 | nibble(digits[$0 + 1]) }
    }
}
