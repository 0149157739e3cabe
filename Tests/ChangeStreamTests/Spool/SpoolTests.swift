import Foundation
import LogicalDecoding
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

    @Test func `cut off at any byte keeps the transactions that are whole`() throws {
        try SpoolFixture.with { fixture in
            do {
                let writer = try fixture.open().writer()
                for end in [200, 300] as [LSN] { try writer.transaction(end, rows: 2) }
                try writer.cover(350)
                try writer.transaction(400, rows: 2)
                try writer.sync()
            }
            let path = try #require(fixture.segments.first)
            let whole = try fixture.bytes(path)
            let first = try #require(try SegmentHeader.read(whole, path: path)).size
            var seen: Set<LSN> = []
            for length in 0...whole.count {
                try fixture.write(Array(whole[..<length]), path)
                let spool = try fixture.open()
                seen.insert(spool.covered)
                if length < first { #expect(spool.covered == 100) }
                let writer = spool.writer()
                let expected = ([200, 300, 400] as [LSN]).filter { $0 <= spool.covered }
                #expect(try commits(spool.reader(from: 100).rest()) == expected, "cut at \(length)")
                try writer.transaction(500)
                try writer.sync()
                #expect(try commits(spool.reader(from: 100).rest()) == expected + [500], "cut at \(length)")
                for segment in fixture.segments.dropFirst() { try FileManager.default.removeItem(atPath: segment) }
            }
            #expect(seen == [100, 200, 300, 350, 400])
        }
    }

    @Test func `ends before bytes that a crash left unwritten`() throws {
        try SpoolFixture.with { fixture in
            do {
                let writer = try fixture.open().writer()
                for end in [200, 300] as [LSN] { try writer.transaction(end) }
                try writer.sync()
            }
            let path = try #require(fixture.segments.first)
            let whole = try fixture.bytes(path)
            for zeros in [1, 17, 100, 5000] {
                try fixture.write(whole + [UInt8](repeating: 0, count: zeros), path)
                let spool = try fixture.open()
                #expect(spool.covered == 300 && spool.tornAt == whole.count)
                #expect(try fixture.bytes(path) == whole)
            }
        }
    }

    @Test func `with a flipped bit in its newest segment ends before it, in an older one is damaged`() throws {
        try SpoolFixture.with { fixture in
            do {
                let writer = try fixture.open().writer()
                for end in [200, 300] as [LSN] { try writer.transaction(end) }
                try writer.sync()
            }
            let path = try #require(fixture.segments.first)
            let whole = try fixture.bytes(path)
            let first = try #require(try SegmentHeader.read(whole, path: path)).size
            for byte in first..<whole.count {
                var bytes = whole
                bytes[byte] ^= 1 << UInt8(byte % 8)
                try fixture.write(bytes, path)
                do {
                    let spool = try fixture.open()
                    #expect(spool.covered < 300 && spool.tornAt != nil, "byte \(byte)")
                    let read = try commits(spool.reader(from: 100).rest())
                    #expect(read == ([200] as [LSN]).filter { $0 <= spool.covered }, "byte \(byte)")
                }
                try fixture.write(whole, path)
                do {
                    let writer = try fixture.open().writer()
                    try writer.transaction(400)
                    try writer.sync()
                }
                try fixture.write(bytes, path)
                let reader = try fixture.open().reader(from: 100)
                let error = #expect(throws: SpoolError.self) { try reader.rest() }
                guard case .damaged(path, let offset) = error else {
                    Issue.record("\(String(describing: error)) at byte \(byte)")
                    return
                }
                #expect(offset <= byte)
                for segment in fixture.segments.dropFirst() { try FileManager.default.removeItem(atPath: segment) }
            }
        }
    }

    @Test func `of another migration, slot, plugin or format is named and refused`() throws {
        try SpoolFixture.with { fixture in
            do {
                let writer = try fixture.open().writer()
                try writer.transaction(200)
                try writer.sync()
            }
            let path = try #require(fixture.segments.first)
            var other = fixture
            other.identity.migration = "m2"
            #expect(throws: SpoolError.otherMigration(path: path, found: "m1", expected: "m2")) { try other.open() }
            other = fixture
            other.identity.generation = 2
            #expect(throws: SpoolError.otherGeneration(path: path, found: 1, expected: 2)) { try other.open() }
            other = fixture
            other.identity.plugin = .wal2json
            #expect(throws: SpoolError.otherPlugin(path: path, found: "pgoutput", expected: "wal2json")) {
                try other.open()
            }
            var bytes = try fixture.bytes(path)
            bytes[8] = 9
            try fixture.write(bytes, path)
            #expect(throws: SpoolError.unknownFormat(path: path, version: 9)) { try fixture.open() }
            try fixture.write(Array("something else, longer than a header".utf8), path)
            #expect(throws: SpoolError.unknownFormat(path: path, version: nil)) { try fixture.open() }
            #expect(fixture.segments.count == 1)
        }
    }

    @Test func `begins a segment only between transactions`() throws {
        try SpoolFixture.with { fixture in
            let spool = try fixture.open(segmentSize: 1000)
            let writer = spool.writer()
            try writer.transaction(200, rows: 100, size: 100)
            #expect(fixture.segments.count == 1)
            for end in 3..<10 { try writer.transaction(LSN(rawValue: UInt64(end) * 100), rows: 2, size: 300) }
            try writer.sync()
            #expect(fixture.segments.count == 5)
            let all = ([200, 300, 400, 500, 600, 700, 800, 900] as [LSN])
            #expect(try commits(spool.reader(from: 100).rest()) == all)
            #expect(spool.bytesInUse == (try fixture.segments.map { try fixture.bytes($0).count }.reduce(0, +)))
        }
    }

    @Test func `gives its descriptions to whoever begins at a later segment, once`() throws {
        try SpoolFixture.with { fixture in
            let spool = try fixture.open(segmentSize: 1)
            let writer = spool.writer()
            try writer.transaction(200, relation: 7)
            try writer.transaction(300, relation: 8)
            try writer.transaction(400, relation: 7)
            try writer.transaction(500)
            try writer.sync()
            func descriptions(_ from: LSN) throws -> Int {
                try spool.reader(from: from).rest().filter { $0.text.first == "R" }.count
            }
            #expect(try descriptions(100) == 3)
            #expect(try descriptions(200) == 3)
            #expect(try descriptions(300) == 3)
            #expect(try descriptions(400) == 2)
            let late = try spool.reader(from: 450).rest()
            #expect(late.map(\.text.first) == ["R", "R", "B", "I", "C"])
        }
    }

    @Test func `deletes whole segments that are applied, never the one written to`() throws {
        try SpoolFixture.with { fixture in
            do {
                let spool = try fixture.open(segmentSize: 1)
                let writer = spool.writer()
                for end in [200, 300, 400] as [LSN] { try writer.transaction(end) }
                try writer.sync()
                try spool.release(before: 150)
                #expect(fixture.segments.count == 3)
                try spool.release(before: 299)
                #expect(fixture.segments.count == 2)
                #expect(throws: SpoolError.startsTooLate(path: fixture.folder, oldest: 200, needed: 150)) {
                    try spool.reader(from: 150)
                }
                #expect(try commits(spool.reader(from: 250).rest()) == [300, 400])
                try spool.release(before: 1000)
                #expect(fixture.segments.count == 1)
            }
            let oldest = try #require(fixture.segments.first)
            #expect(throws: SpoolError.startsTooLate(path: oldest, oldest: 300, needed: 250)) {
                try fixture.open(start: 250)
            }
            // All of it is applied: what comes next is received from there.
            #expect(try fixture.open(start: 450).covered == 450)
            #expect(fixture.segments.isEmpty)
        }
    }

    @Test func `misses a segment that was taken away`() throws {
        try SpoolFixture.with { fixture in
            do {
                let writer = try fixture.open(segmentSize: 1).writer()
                for end in [200, 300, 400] as [LSN] { try writer.transaction(end) }
                try writer.sync()
            }
            let taken = fixture.segments[1]
            try FileManager.default.removeItem(atPath: taken)
            #expect(throws: SpoolError.deleted(path: taken)) { try fixture.open() }
            #expect(fixture.segments.count == 2)
            // What was left of an unfinished release is no gap.
            #expect(try fixture.open(start: 350).covered == 400)
            #expect(fixture.segments.count == 1)
        }
    }

    @Test(arguments: ["segment", "older", "folder"])
    func `notices at the next sync that it was deleted`(_ what: String) throws {
        try SpoolFixture.with { fixture in
            let writer = try fixture.open(segmentSize: 250).writer()
            try writer.transaction(200, size: 200)
            try writer.transaction(300)
            try writer.sync()
            let gone = fixture.segments[what == "older" ? 0 : 1]
            try FileManager.default.removeItem(atPath: what == "folder" ? fixture.folder : gone)
            try writer.append("B", 400)
            let error = #expect(throws: SpoolError.self) { try writer.sync() }
            guard case .deleted = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test func `as scratch is emptied when it is opened`() throws {
        try SpoolFixture.with { fixture in
            do {
                let writer = try fixture.open(mode: .source).writer()
                try writer.transaction(200)
                try writer.sync()
            }
            var other = fixture
            other.identity.migration = "m2"
            #expect(throws: SpoolError.self) { try other.open(mode: .source) }
            #expect(fixture.segments.count == 1)
            let spool = try fixture.open(start: 150, mode: .source)
            #expect(spool.covered == 150 && fixture.segments.isEmpty)
        }
    }

    @Test func `never trusts what a failed sync left`() throws {
        try SpoolFixture.with { fixture in
            do {
                let spool = try fixture.open()
                let writer = spool.writer()
                try writer.transaction(200)
                try writer.sync()
                try writer.transaction(300, size: 400_000)
                writer.nextSyncFailure = 5
                #expect(throws: SpoolError.self) { try writer.sync() }
                #expect(writer.mustReceiveAgain && spool.covered == 200)
                writer.dropOpenTransaction()
                try writer.transaction(301)
                try writer.sync()
                #expect(try commits(spool.reader(from: 100).rest()) == [200, 301])
            }
            // Also where the cut itself was lost.
            let first = fixture.segments[0]
            try fixture.write(try fixture.bytes(first) + Array("anything".utf8), first)
            let spool = try fixture.open()
            #expect(try commits(spool.reader(from: 100).rest()) == [200, 301])
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
                    try await blocking {
                        var found: [LSN] = []
                        while found.last != last, let message = try unsafe mine.next(timeout: .seconds(20)) {
                            if message.text.first == "C" { found.append(message.position) }
                        }
                        return found
                    }
                }
            }
            group.addTask {
                try await blocking {
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

    @Test func `is deleted with all that is in it`() throws {
        try SpoolFixture.with { fixture in
            do {
                let writer = try fixture.open().writer()
                try writer.transaction(200)
                try writer.sync()
            }
            for _ in 0..<2 { try Spool.delete(directory: fixture.directory, plan: "plan") }
            #expect(!FileManager.default.fileExists(atPath: fixture.folder))
        }
    }
}

func blocking<R: Sendable>(_ body: @escaping @Sendable () throws -> R) async throws -> R {
    try await withCheckedThrowingContinuation { done in
        DispatchQueue.global().async { done.resume(with: Result(catching: body)) }
    }
}
