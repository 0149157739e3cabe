import ChangeStream
import LogicalDecoding
import Postgres
import TestServers

/// A slot's changes, peeked at by SQL.
final class SlotSource: MessageSource {
    struct Slot: Sendable {
        var database: ConnectionTarget
        var name: String
        var plugin: Plugin
        var isBinary = false
        var publication: String

        var options: [(name: String, value: String)] {
            plugin.options(publications: [publication], binary: isBinary, messages: true, numbersAsText: false)
        }
    }

    /// Minor releases of 2026 refuse it by default; a superuser's session may say otherwise.
    static let allowWal2json = """
        select set_config(name, 'pgoutput, test_decoding, wal2json', false) from pg_settings
        where name = 'output_plugin_libraries'
        """

    private let slot: Slot
    private let connection: Connection
    private var messages: [StreamMessage] = []
    private var next = 0
    private var seen = LSN(rawValue: 0)
    private var lastPeek = ContinuousClock.now - .seconds(1)
    /// What `end` says, where a test wants the applier to think that it is far behind.
    private let pretendedEnd: LSN?

    init(_ slot: Slot, pretendedEnd: LSN? = nil) throws {
        self.slot = slot
        self.pretendedEnd = pretendedEnd
        connection = try Connection(slot.database, applicationName: "skein tests")
        if slot.plugin == .wal2json { try connection.execute(Self.allowWal2json) }
    }

    var end: LSN { pretendedEnd ?? messages.last?.position ?? LSN(rawValue: 0) }

    func next(timeout: Duration) throws -> StreamMessage? {
        if next == messages.count { try peek() }
        guard next < messages.count else { return nil }
        defer { next += 1 }
        return messages[next]
    }

    private func peek() throws {
        guard ContinuousClock.now - lastPeek > .milliseconds(50) else { return }
        lastPeek = .now
        let options = slot.options.map { "\(Self.literal($0.name)), \(Self.literal($0.value))" }.joined(separator: ", ")
        let isBinary = slot.plugin == .pgoutput
        let rows = try connection.query(
            """
            select lsn, \(isBinary ? "encode(data, 'hex')" : "data")
            from pg_logical_slot_peek_\(isBinary ? "binary_" : "")changes('\(slot.name)', null, null, \(options))
            """)
        var transaction: [StreamMessage] = []
        messages = []
        next = 0
        for row in rows.indices {
            let position = LSN(rows.text(row, 0)) ?? LSN(rawValue: 0)
            let text = rows.text(row, 1)
            let bytes = isBinary ? Self.bytes(text) : Array(text.utf8)
            // Before and behind the message are bytes of others.
            let block = StreamBlock([0x55] + bytes + [0xAA])
            transaction.append(StreamMessage(block: block, range: 1..<bytes.count + 1, position: position))
            let isCommit =
                switch slot.plugin {
                case .pgoutput: bytes.first == UInt8(ascii: "C")
                case .testDecoding: text.hasPrefix("COMMIT")
                case .wal2json: text.hasPrefix("{\"action\":\"C\"")
                }
            guard isCommit else { continue }
            if position > seen { messages += transaction }
            seen = max(seen, position)
            transaction = []
        }
    }

    private static func literal(_ text: String) -> String { "'" + text.replacing("'", with: "''") + "'" }

    private static func bytes(_ hex: String) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(hex.utf8.count / 2)
        var high: UInt8?
        for digit in hex.utf8 {
            let value = digit < 0x3A ? digit - 0x30 : digit - 0x61 + 10
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return bytes
    }
}
