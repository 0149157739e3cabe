import LogicalDecoding
import Postgres
import TestServers
import Testing

/// The plugins of real servers. Their own, because wal2json must be allowed and `wal_level` be logical.
@Suite(.enabled(if: TestServers.areAvailable && OwnServers.canStart), .serialized)
struct ServerTests {
    static let names: [OwnServers.Name] = TestServers.has18 ? [.source, .target, .target18] : [.source, .target]

    @Test(arguments: names) func `All plugins tell the same changes`(name: OwnServers.Name) async throws {
        try await OwnServers.with([name], configuration: [name: Self.settings]) { servers in
            let server = try servers.target(name)
            try await Self.allowWal2json(server)
            try await TestServers.withScratchDatabase(on: server, prefix: "decoding", sql: Workload.schema) {
                database in
                let streams = try await Streams.read(from: database)
                try check(streams)
            }
        }
    }

    private static let settings = "wal_level = logical\nmax_wal_senders = 8\nmax_replication_slots = 8\n"

    /// Minor releases of 2026 refuse it by default.
    private static func allowWal2json(_ server: ConnectionTarget) async throws {
        let known = try await TestServers.column(
            "select 1 from pg_settings where name = 'output_plugin_libraries'", on: server)
        guard !known.isEmpty else { return }
        try await TestServers.execute(
            "alter system set output_plugin_libraries = 'pgoutput', 'test_decoding', 'wal2json'",
            "select pg_reload_conf()", "select pg_sleep(0.5)", on: server)
    }

    private func check(_ streams: Streams) throws {
        let plain = StreamText(streams.pgoutput).lines
        expectSame(plain, StreamText(streams.testDecoding).lines, "test_decoding")
        let finite = StreamText(streams.pgoutput, losesNaN: streams.wal2jsonLosesNaN).lines
        expectSame(finite, StreamText(streams.wal2json).lines, "wal2json")
        #expect(plain.count > 150)

        checkPositions(streams)
        checkBinary(streams)
        checkTypes(streams)
        checkTruncations(streams.pgoutput, cascade: true)
        checkTruncations(streams.testDecoding, cascade: true)
        checkShapes(streams)
        checkIdentities(streams)
    }

    private func expectSame(_ left: [String], _ right: [String], _ plugin: String) {
        #expect(left.count == right.count, "\(plugin)")
        let differing = zip(left, right).filter { $0 != $1 }
        for (left, right) in differing.prefix(5) { #expect(left == right, "\(plugin)") }
    }

    /// wal2json tells the same positions and times as pgoutput; test_decoding the same times.
    private func checkPositions(_ streams: Streams) {
        func commits(_ changes: [OwnedChange]) -> [UInt32: Commit] {
            var commits: [UInt32: Commit] = [:]
            var begin: Begin?
            for change in changes {
                if case .begin(let next) = change { begin = next }
                guard case .commit(var commit) = change, let xid = begin?.xid else { continue }
                if let lsn = begin?.finalLSN, let time = begin?.commitTime {
                    #expect(lsn == commit.commitLSN && time == commit.commitTime)
                }
                #expect(commit.xid == nil || commit.xid == xid)
                commit.xid = nil
                commits[xid] = commit
            }
            return commits
        }
        let (plain, json, test) =
            (commits(streams.pgoutput), commits(streams.wal2json), commits(streams.testDecoding))
        #expect(plain.count >= 50)
        for (xid, commit) in plain {
            #expect(json[xid] == commit)
            #expect(test[xid]?.commitTime == commit.commitTime)
            #expect(commit.endLSN.map { end in commit.commitLSN.map { $0 < end } ?? false } == true)
        }
    }

    /// The binary stream is the text stream in other bytes: the same changes, NULLs and unchanged values.
    private func checkBinary(_ streams: Streams) {
        func shapes(_ changes: [OwnedChange]) -> [String] {
            StreamText(
                changes.map { change in
                    switch change {
                    case .insert(let relation, let new): .insert(relation, new: new.map(hidden))
                    default: change
                    }
                }
            ).lines.filter { $0.hasPrefix("insert ") || $0.hasPrefix("begin ") }
        }
        expectSame(shapes(streams.pgoutput), shapes(streams.pgoutputBinary), "binary")
        let keys = streams.pgoutputBinary.compactMap { change -> OwnedChange.Value? in
            guard case .insert(let relation, let new) = change, relation.name == "types" else { return nil }
            return new[0]
        }
        #expect(keys.contains(.binary([0x80, 0, 0, 0, 0, 0, 0, 0])))
        #expect(keys.contains(.binary([0x7F, 255, 255, 255, 255, 255, 255, 255])))
    }

    private func hidden(_ value: OwnedChange.Value) -> OwnedChange.Value {
        switch value {
        case .text, .binary: .text("…")
        default: value
        }
    }

    /// Values as the server itself writes them.
    private func checkTypes(_ streams: Streams) {
        for (changes, losesNaN) in [
            (streams.pgoutput, false), (streams.testDecoding, false), (streams.wal2json, streams.wal2jsonLosesNaN),
        ] {
            let rows = changes.compactMap { change -> [String: OwnedChange.Value]? in
                guard case .insert(let relation, let new) = change, relation.name == "types" else { return nil }
                return named(relation, new)
            }
            #expect(rows.count == streams.types.count)
            for (row, expected) in zip(rows, streams.types) {
                for (column, value) in expected {
                    let expected = value.map { OwnedChange.Value.text($0) } ?? .null
                    #expect(row[column] == (losesNaN ? StreamText.withoutNaN(expected) : expected), "\(column)")
                }
            }
        }
    }

    private func checkTruncations(_ changes: [OwnedChange], cascade: Bool) {
        let truncations = changes.compactMap { change -> String? in
            guard case .truncate(let relations, let cascade, let restart) = change else { return nil }
            let names = relations.map(\.name).sorted().joined(separator: ",")
            return "\(names) \(cascade == true) \(restart == true)"
        }
        #expect(
            truncations == [
                "by_full false false", "child,parent true true", "child,no_key,toasted false true",
            ])
    }

    /// DDL in between shows as new generations, in each plugin.
    private func checkShapes(_ streams: Streams) {
        for changes in [streams.pgoutput, streams.wal2json, streams.testDecoding] {
            let shapes = changes.compactMap { change -> Relation? in
                guard case .insert(let relation, _) = change, relation.name == "changing" else { return nil }
                return relation
            }
            #expect(
                shapes.map { $0.columns.map(\.name).joined(separator: ",") } == [
                    "id,a,b", "id,a,b,c", "id,a,b,c", "id,a,c", "id,a,c", "id,renamed,c",
                ])
            let distinct = [0, 1, 3, 4, 5].map { shapes[$0].generation }
            #expect(Set(distinct).count == 5 && distinct == distinct.sorted())
        }
        let updates = streams.pgoutput.contains { change in
            guard case .relation(let relation, .changed) = change else { return false }
            return relation.name == "changed" && relation.namespace == Workload.hostileNames[0]
        }
        #expect(updates)
    }

    private func checkIdentities(_ streams: Streams) {
        func keys(_ name: String) -> Set<String>? {
            streams.pgoutput.lazy.compactMap { change -> Set<String>? in
                guard case .relation(let relation, _) = change, relation.name == name else { return nil }
                return Set(relation.columns.filter(\.isKey).map(\.name))
            }.first
        }
        #expect(keys("by_index") == ["a", "b"])
        #expect(keys("by_full") == ["a", "b", "c"])
        #expect(keys("parted_a") == ["id", "region"])
        #expect(keys("no_key") == [])
        let bare = streams.testDecoding.contains { change in
            guard case .delete(let relation, nil) = change else { return false }
            return relation.name == "no_key"
        }
        #expect(bare, "test_decoding tells of deletes without identity")
    }
}
