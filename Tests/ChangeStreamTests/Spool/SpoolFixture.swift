import Foundation
import LogicalDecoding

@testable import ChangeStream

/// A folder of its own for a test's spool, and messages to put into it.
struct SpoolFixture {
    let directory: String
    var identity: SpoolIdentity
    var folder: String { identity.folder }

    static func with<R>(_ plugin: Plugin = .pgoutput, _ body: (SpoolFixture) throws -> R) throws -> R {
        let directory = NSTemporaryDirectory() + "stream-spool-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: directory) }
        return try body(SpoolFixture(directory: directory, plugin))
    }

    init(directory: String, _ plugin: Plugin = .pgoutput) {
        self.directory = directory
        identity = SpoolIdentity(directory: directory, plan: "plan", migration: "m1", generation: 1, plugin: plugin)
    }

    func open(
        start: LSN = 100, mode: SpoolMode = .disk, maximumSize: Int? = nil, segmentSize: Int = 64 << 20,
    ) throws -> Spool {
        try Spool(identity, mode: mode, start: start, maximumSize: maximumSize, segmentSize: segmentSize)
    }

    var segments: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { $0.hasSuffix(".segment") }
            .sorted().map { folder + "/" + $0 }
    }

    func bytes(_ path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) }
    func write(_ bytes: [UInt8], _ path: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }
}

extension LSN: ExpressibleByIntegerLiteral {
    public init(integerLiteral value: UInt64) { self.init(rawValue: value) }
}

extension SpoolWriter {
    func append(_ text: String, _ position: LSN) throws(SpoolError) { try append(Array(text.utf8), position) }

    func append(_ bytes: [UInt8], _ position: LSN) throws(SpoolError) {
        unsafe try bytes.span.bytes.withUnsafeBytes { (bytes) throws(SpoolError) in
            unsafe try append(bytes, at: position)
        }
    }

    /// A transaction of pgoutput that ends at `end`, with rows of `size` bytes.
    func transaction(_ end: LSN, rows: Int = 1, size: Int = 10, relation: UInt32? = nil) throws(SpoolError) {
        try append("B\(end)", end)
        if let relation {
            let oid = unsafe withUnsafeBytes(of: relation.bigEndian) { unsafe Array($0) }
            try append(Array("R".utf8) + oid + Array("relation".utf8), end)
        }
        for row in 0..<rows {
            try append("I\(end) \(row) " + String(repeating: "x", count: size), end)
        }
        try append("C\(end)", end)
    }
}

extension SpoolReader {
    /// All messages that are there now.
    func rest() throws -> [StreamMessage] {
        var messages: [StreamMessage] = []
        while let message = try next(timeout: .zero) { messages.append(message) }
        return messages
    }
}

extension StreamMessage {
    var text: String { String(decoding: block.bytes[range], as: UTF8.self) }
}

/// Where the commits in some messages are, and whether each begin has its commit.
func commits(_ messages: [StreamMessage]) -> [LSN]? {
    var (commits, isInside): ([LSN], Bool) = ([], false)
    for message in messages {
        switch message.text.first {
        case "B":
            guard !isInside else { return nil }
            isInside = true
        case "C":
            guard isInside else { return nil }
            isInside = false
            commits.append(message.position)
        default: break
        }
    }
    return isInside ? nil : commits
}
