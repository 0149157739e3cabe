import Foundation
import LogicalDecoding
import TestServers
import Testing

@testable import ChangeStream

@Suite("A spool")
struct SpoolTests {
    @Test func `hands out what is durable, in its order, and no transaction before its commit`() throws {
        try SpoolFixture.with { fixture in
            let spool = try fixture.open()
            let (writer, reader) = (spool.writer(), try spool.reader(from: 100))
            try writer.transaction(200)
            #expect(try reader.rest().isEmpty)
            try writer.sync()
            #expect(spool.covered == 200 && reader.end == 200)
            #expect(
                try reader.rest().map(\.text)
                    == ["B200", "I200 0 xxxxxxxxxx", "C200"].map { $0.replacing("200", with: "0/C8") })
            try writer.append("B", 300)
            try writer.append("I", 300)
            try writer.sync()
            #expect(try reader.rest().isEmpty)
            try writer.append("C", 300)
            try writer.append("M", 310)
            try writer.cover(400)
            try writer.sync()
            let rest = try reader.rest()
            #expect(rest.map(\.text) == ["B", "I", "C", "M"])
            #expect(rest.map(\.position) == [300, 300, 300, 310])
            #expect(spool.covered == 400)
        }
    }

    @Test func `checks with CRC-32C`() {
        var sum = CRC32C()
        unsafe Array("123456789".utf8).withUnsafeBytes { unsafe sum.add($0) }
        #expect(sum.value == 0xE306_9283)
    }

    @Test func `is 0600 in 0700`() throws {
        try SpoolFixture.with { fixture in
            let spool = try fixture.open()
            let writer = spool.writer()
            try writer.transaction(200)
            func mode(_ path: String) throws -> Int? {
                try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            }
            #expect(try mode(fixture.folder) == 0o700)
            #expect(try fixture.segments.map { try mode($0) } == [0o600])
        }
    }

    @Test func `goes on after it was closed`() throws {
        try SpoolFixture.with { fixture in
            do {
                let writer = try fixture.open().writer()
                try writer.transaction(200)
                try writer.sync()
            }
            do {
                let spool = try fixture.open()
                #expect(spool.covered == 200 && spool.tornAt == nil)
                let writer = spool.writer()
                try writer.transaction(300)
                try writer.sync()
                #expect(try commits(spool.reader(from: 100).rest()) == [200, 300])
            }
            #expect(try fixture.open().covered == 300)
            #expect(fixture.segments.count == 2)
        }
    }

    @Test func `has one writing process at a time`() throws {
        try SpoolFixture.with { fixture in
            let spool = try fixture.open()
            #expect(throws: SpoolError.inUse(path: fixture.folder + "/lock")) { try fixture.open() }
            withExtendedLifetime(spool) {}
        }
    }

    @Test func `drops a transaction that did not come whole, and takes it again`() throws {
        try SpoolFixture.with { fixture in
            let spool = try fixture.open()
            let writer = spool.writer()
            for size in [10, 300_000] {
                let end = LSN(rawValue: UInt64(size))
                try writer.append("B", end)
                try writer.append([UInt8](repeating: 0x49, count: size), end)
                if size > 100 { try writer.sync() }
                writer.dropOpenTransaction()
                #expect(!writer.isInTransaction)
            }
            try writer.transaction(400_000)
            try writer.sync()
            #expect(try commits(spool.reader(from: 100).rest()) == [400_000])
        }
    }

    @Test func `holds messages larger than a block`() throws {
        try SpoolFixture.with { fixture in
            let sizes = [1 << 20, (1 << 20) - 17, 3 << 20, 5, 300_000, 256 << 10, (256 << 10) - 17]
            let spool = try fixture.open()
            let writer = spool.writer()
            try writer.append("B", 200)
            for size in sizes { try writer.append([UInt8](repeating: UInt8(size & 0x7F), count: size), 200) }
            try writer.append("C", 200)
            try writer.sync()
            let rows = try spool.reader(from: 100).rest().dropFirst().dropLast()
            #expect(rows.map(\.range.count) == sizes)
            for (row, size) in zip(rows, sizes) {
                #expect(row.block.bytes[row.range].allSatisfy { $0 == UInt8(size & 0x7F) })
            }
        }
    }

    @Test(arguments: [Plugin.wal2json, .testDecoding])
    func `knows the transactions of the other plugins`(_ plugin: Plugin) throws {
        let (begin, commit, other) =
            plugin == .wal2json
            ? (#"{"action":"B","xid":5}"#, #"{"action":"C","xid":5}"#, #"{"action":"M"}"#)
            : ("BEGIN 5", "COMMIT 5", "message: transactional: 0 prefix: COMMIT")
        try SpoolFixture.with(plugin) { fixture in
            let spool = try fixture.open()
            let (writer, reader) = (spool.writer(), try spool.reader(from: 100))
            try writer.append(other, 150)
            try writer.append(begin, 200)
            try writer.append(other, 200)
            try writer.sync()
            #expect(try reader.rest().map(\.text) == [other])
            try writer.append(commit, 200)
            try writer.sync()
            #expect(try reader.rest().map(\.text) == [begin, other, commit])
            #expect(throws: SpoolError.self) { try writer.append(commit, 300) }
        }
    }

    @Test func `is read while it is written, by several at once, from where each likes`() async throws {
        let directory = NSTemporaryDirectory() + "stream-spool-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let spool = try SpoolFixture(directory: directory).open(segmentSize: 20_000)
        let last: LSN = 200_100
        try await withThrowingTaskGroup(of: [LSN].self) { group in
            for _ in 0..<3 {
                let reader = try spool.reader(from: 100)
                nonisolated(unsafe) let mine = reader
                group.addTask {
                    try await TestServers.blocking {
                        var found: [LSN] = []
                        while found.last != last, let message = try unsafe mine.next(timeout: .seconds(20)) {
                            if message.text.first == "C" { found.append(message.position) }
                        }
                        return found
                    }
                }
            }
            group.addTask {
                try await TestServers.blocking {
                    let writer = spool.writer()
                    for number in 1...2000 {
                        let end = LSN(rawValue: UInt64(100 + number * 100))
                        try writer.transaction(end, rows: number % 7, size: number % 501)
                        if number % 13 == 0 { try writer.sync() }
                        if number % 400 == 0 { try writer.cover(LSN(rawValue: end.rawValue + 50)) }
                    }
                    try writer.sync()
                    return []
                }
            }
            let expected = (1...2000).map { LSN(rawValue: UInt64(100 + $0 * 100)) }
            for try await found in group where !found.isEmpty { #expect(found == expected) }
        }
        let middle = try spool.reader(from: 100_100).rest()
        #expect(commits(middle)?.contains(100_200) == true)
        #expect(middle.count < 6000)
    }
}
