import Foundation
import LogicalDecoding
import Postgres
import TestServers
import Testing

@testable import ChangeStream

#if canImport(Glibc)
    import Glibc
#endif

/// A file system of its own, of a given size: full and read-only disks as they are.
struct SmallDisk {
    let path: String

    static func with<R>(megabytes: Int, _ body: (SmallDisk) async throws -> R) async throws -> R {
        let disk = SmallDisk(path: NSTemporaryDirectory() + "stream-disk-" + UUID().uuidString)
        try FileManager.default.createDirectory(atPath: disk.path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: disk.path) }
        guard unsafe mount("skein", disk.path, "tmpfs", 0, "size=\(megabytes)m") == 0 else {
            throw Missed(what: "a mounted tmpfs: errno \(errno); tests run as root")
        }
        // Files may still be open.
        defer { unsafe umount2(disk.path, Int32(MNT_DETACH)) }
        return try await body(disk)
    }

    func set(readOnly: Bool) throws {
        let flags = MS_REMOUNT | (readOnly ? MS_RDONLY : 0)
        guard unsafe mount("skein", path, "tmpfs", UInt(flags), nil) == 0 else {
            throw Missed(what: "remounting: errno \(errno)")
        }
    }
}

@Suite("A disk", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(2)), .serialized)
struct ReceiverDiskTests {
    @Test func `that is full stops the receiving only, until the target has applied what is there`() async throws {
        try await SmallDisk.with(megabytes: 2) { disk in
            try await ReceiverFixture.with(TestServers.requireSource()) { fixture in
                let spool = try fixture.spool(segmentSize: 200_000, in: disk.path)
                let run = ReceiverRun(fixture.options(), spool)
                try await run.during {
                    try await fixture.insert(1...600, perTransaction: 5, size: 10_000)
                    try await run.wait("pause") { if case .paused(.disk(.diskFull)) = $0 { true } else { false } }
                    let before = try await fixture.value("select clock_timestamp()")
                    try await until("an answer while paused") {
                        try await fixture.value(
                            """
                            select count(*) from pg_stat_replication
                            where application_name = '\(ReceiverFixture.name)' and reply_time > '\(before ?? "")'
                            """) != "0"
                    }
                    let read = try await fixture.read(spool, last: 600) { end in
                        run.applied.value = end
                        try spool.release(before: end)
                    }
                    #expect(read.numbers == Array(1...600))
                    #expect(run.seen.contains(.resumed))
                    #expect(!run.seen.contains { if case .disconnected = $0 { true } else { false } })
                }
                spool.close()
            }
        }
    }

    @Test func `that is full with what is applied makes room for itself`() async throws {
        try await SmallDisk.with(megabytes: 4) { disk in
            try await ReceiverFixture.with(TestServers.requireSource()) { fixture in
                // One segment takes the whole disk: it can be released only once another is begun.
                let spool = try fixture.spool(in: disk.path)
                let run = ReceiverRun(fixture.options(), spool)
                try await run.during {
                    try await fixture.insert(1...300, perTransaction: 100, size: 10_000)
                    try await fixture.insert(301...600, perTransaction: 300, size: 10_000)
                    let read = try await fixture.read(spool, last: 600) { end in
                        run.applied.value = end
                        try spool.release(before: end)
                    }
                    #expect(read.numbers == Array(1...600))
                }
                spool.close()
            }
        }
    }

    @Test func `that is full shows readers what is whole in the file`() async throws {
        try await SmallDisk.with(megabytes: 2) { disk in
            let spool = try SpoolFixture(directory: disk.path).open()
            let writer = spool.writer()
            try writer.transaction(200, size: 1 << 20)
            try writer.transaction(300, size: 700_000)
            try writer.append("B", 400)
            #expect(throws: SpoolError.self) {
                for _ in 0..<100 { try writer.append([UInt8](repeating: 0x49, count: 50_000), 400) }
            }
            #expect(throws: SpoolError.self) { try writer.sync() }
            #expect(!writer.mustReceiveAgain)
            #expect(try commits(spool.reader(from: 100).rest()) == [200, 300])
            try spool.release(before: 300)
            try writer.makeReleasable()
            #expect(writer.mustReceiveAgain && spool.bytesInUse < 1000)
            writer.dropOpenTransaction()
            try writer.transaction(400, size: 1 << 20)
            try writer.sync()
            #expect(try commits(spool.reader(from: 300).rest()) == [400])
        }
    }

    @Test func `that is read-only is named`() async throws {
        try await SmallDisk.with(megabytes: 2) { disk in
            try disk.set(readOnly: true)
            let fixture = SpoolFixture(directory: disk.path)
            #expect(throws: SpoolError.readOnly(path: fixture.folder)) { try fixture.open() }
            try disk.set(readOnly: false)
            try fixture.open().close()
            try disk.set(readOnly: true)
            #expect(throws: SpoolError.readOnly(path: fixture.folder + "/lock")) { try fixture.open() }
        }
    }
}
