import Foundation
import LogicalDecoding
import Testing

@testable import ChangeStream

@Suite("A spool that was damaged, or is another's")
struct SpoolDamageTests {
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

    @Test func `goes on with another writer after one that failed`() throws {
        try SpoolFixture.with { fixture in
            do {
                let spool = try fixture.open()
                for end in [200, 300, 400] as [LSN] {
                    let failing = spool.writer()
                    try failing.transaction(end, size: end == 300 ? 10 : 400_000)
                    let writer = spool.writer()
                    try writer.transaction(end)
                    try writer.sync()
                    try failing.append("B", 900)
                }
                #expect(try commits(spool.reader(from: 100).rest()) == [200, 300, 400])
            }
            #expect(try commits(fixture.open().reader(from: 100).rest()) == [200, 300, 400])
        }
    }
}
