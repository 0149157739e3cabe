import Foundation
import LogicalDecoding
import Testing

@testable import ChangeStream

@Suite("A spool's segments")
struct SpoolSegmentTests {
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
            #expect(try descriptions(400) == 3)
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

    /// A cutover's marker is the last that was applied when its process ends; the next one has to find it again.
    @Test func `hands out what ends where a later segment begins`() throws {
        try SpoolFixture.with { fixture in
            for end in [200, 300, 400] as [LSN] {
                let writer = try fixture.open().writer()
                if end == 200 { try writer.transaction(end) } else { try writer.cover(end) }
                try writer.sync()
            }
            #expect(fixture.segments.count == 3)
            #expect(try commits(fixture.open().reader(from: 200).rest()) == [200])
        }
    }
}
