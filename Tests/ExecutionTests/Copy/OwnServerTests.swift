import ChangeStream
import Glibc
import LogicalDecoding
import PlanFile
import Planning
import Postgres
import TestServers
import Testing

@testable import Execution

/// What only a server of one's own lets happen.
@Suite(
    "Copying and the source's own troubles", .serialized,
    .enabled(if: TestServers.areAvailable && OwnServers.canStart), .timeLimit(.minutes(5)))
struct OwnServerTests {
    private static let table = [LiveFixture.Table(name: "t")]

    /// EXACTNESS.md, 2: a transaction that waits for a synchronous standby while the slot becomes consistent is in no
    /// stream, and hidden from snapshots.
    @Test func `What the slot counts as past is not missed while it waits for a standby`() async throws {
        try await OwnServers.with([.source], configuration: [.source: "wal_level = logical\n"]) { servers in
            let server = try servers.target(.source)
            try await LiveFixture.with(
                source: server, sql: LiveCopyTests.sql, rowsSQL: LiveCopyTests.rowsSQL, tables: Self.table
            ) { live in
                // The slot's snapshot is built in three steps, each of which waits for what ran at the one before.
                let first = HeldSession(live.source)
                let second = HeldSession(live.source)
                let local = "set synchronous_commit = local; begin; select pg_current_xact_id()"
                try await first.execute(local)
                let slot = Task {
                    try await TestServers.blocking {
                        let walsender = try Connection(
                            live.source.with("replication", "database"), applicationName: "walsender")
                        // When it exports its snapshot, 15.20 waits for the transaction by itself.
                        _ = try walsender.simpleQuery(
                            "CREATE_REPLICATION_SLOT livecopy LOGICAL test_decoding NOEXPORT_SNAPSHOT")
                    }
                }
                let waits = """
                    select exists (
                        select from pg_stat_activity where application_name = 'walsender' and wait_event = 'transactionid')
                    """
                try await live.wait(waits, live.source)
                try await second.execute(local)
                let secondID = try await second.value("select pg_current_xact_id()::text")
                try await first.execute("commit")
                try await live.wait(
                    """
                    select exists (
                        select from pg_locks where locktype = 'transactionid' and not granted
                            and transactionid::text = '\(secondID)')
                    """, live.source)
                try await live.execute(
                    "alter system set synchronous_standby_names = 'nobody'", live.source.with(database: "postgres"))
                try await live.execute("select pg_reload_conf()", live.source)
                try await live.wait("select current_setting('synchronous_standby_names') = 'nobody'", live.source)
                let waiting = Task { try await live.execute("insert into public.t values (101, 1)", live.source) }
                try await live.wait(
                    "select exists (select from pg_stat_activity where wait_event = 'SyncRep')", live.source)
                try await second.execute("commit")
                try await slot.value
                let streamed = try await TestServers.column(
                    "select data from pg_logical_slot_peek_changes('livecopy', null, null)", on: live.source)
                #expect(!streamed.contains { $0?.contains("101") == true }, "the slot sends the transaction")
                let hidden = try await live.value("select count(*) from public.t where id = 101", live.source)
                #expect(hidden == "0", "the transaction is not hidden")
                // What the slot would have exported, without that care.
                let id = try #require(
                    UInt64(
                        try await live.value(
                            "select backend_xid from pg_stat_activity where wait_event = 'SyncRep'", live.source)))
                try await live.setSlot(snapshot: "\(id + 1):\(id + 1):")

                let copy = Task { try await live.run(0) }
                try await live.expectToWait()
                try await live.execute(
                    "alter system set synchronous_standby_names = ''", live.source.with(database: "postgres"))
                try await live.execute("select pg_reload_conf()", live.source)
                #expect(try await copy.value.rows == 101)
                try await waiting.value
                #expect(try await live.areEqual("t"))
                await first.close()
                await second.close()
                try await live.execute("select pg_drop_replication_slot('livecopy')", live.source)
            }
        }
    }

    /// EXACTNESS.md, 4: with asynchronous commits a crash of the source takes rows back that a snapshot has shown.
    @Test func `What a crash of the source takes back was not copied`() async throws {
        // Neither commits nor pages of others flush it.
        let configuration = "autovacuum = off\nbgwriter_lru_maxpages = 0\n"
        try await OwnServers.with([.source], configuration: [.source: configuration]) { servers in
            let server = try servers.target(.source)
            try await LiveFixture.with(
                source: server, sql: LiveCopyTests.sql, rowsSQL: LiveCopyTests.rowsSQL, tables: Self.table
            ) { live in
                try await live.execute("checkpoint", live.source)
                // Nobody writes what asynchronous commits leave: not the WAL writer, and not we.
                try await live.execute(
                    """
                    set allow_system_table_mods = on;
                    alter function pg_catalog.pg_logical_emit_message(boolean, text, text) rename to gone;
                    alter function pg_catalog.pg_logical_emit_message(boolean, text, bytea) rename to gone
                    """, live.source)
                let writer = try #require(
                    pid_t(
                        try await live.value(
                            "select pid from pg_stat_activity where backend_type = 'walwriter'", live.source)))
                try #require(kill(writer, SIGSTOP) == 0)
                defer { kill(writer, SIGCONT) }
                try await live.execute(
                    "set synchronous_commit = off; insert into public.t values (101, 1)", live.source)
                let copy = Task { try await live.run(0) }
                try await live.expectToWait()
                try await servers.restart(.source, mode: .immediate)
                await #expect(throws: (any Error).self) { try await copy.value }
                #expect(try await live.value("select count(*) from public.t where id = 101", live.source) == "0")
                #expect(try await live.value("select count(*) from public.t", live.target) == "0")
                #expect(try await live.run(0).rows == 100)
                #expect(try await live.areEqual("t"))
            }
        }
    }

    /// The WAL writer leaves a page that is not full alone while no asynchronous commit lies on it.
    @Test func `A position behind an open transaction's last record is flushed soon`() async throws {
        try await LiveFixture.with(
            sql: LiveCopyTests.sql, rowsSQL: LiveCopyTests.rowsSQL, tables: Self.table
        ) { live in
            let application = HeldSession(live.source)
            try await application.execute("begin; insert into public.t values (101, 1)")
            let begun = ContinuousClock.now
            try await live.run(0)
            #expect(ContinuousClock.now - begun < .seconds(30))
            await application.close()
        }
    }

    /// A quiet source, or one that commits asynchronously, is not waited for: its WAL writer may take its time.
    @Test func `What nobody flushes is flushed by us, and means nothing in the stream`() async throws {
        try await OwnServers.with(
            [.source], configuration: [.source: "wal_level = logical\nwal_writer_delay = 10s\n"]
        ) { servers in
            let source = try servers.target(.source)
            try await TestServers.blocking {
                let connection = try Connection(source, applicationName: "flush")
                try connection.execute("create table public.t (id int)")
                try connection.execute("select pg_create_logical_replication_slot('flush', 'test_decoding')")
                let begun = ContinuousClock.now
                for id in 1...5 {
                    try connection.execute(
                        "begin; set local synchronous_commit = off; insert into public.t values (\(id)); commit")
                    let position = try connection.scalar("select pg_current_wal_insert_lsn()").flatMap { LSN($0) }
                    try ServerFlush.wait(connection, for: try #require(position))
                }
                #expect(ContinuousClock.now - begun < .seconds(8))
                let sent = try connection.query(
                    "select data from pg_logical_slot_get_changes('flush', null, null) where data like 'message%'")
                let isPulse = sent.indices.allSatisfy { sent.text($0, 0).contains("prefix: skein-pulse, sz: 0") }
                #expect(sent.count > 0 && isPulse)
                try connection.execute("select pg_drop_replication_slot('flush')")
            }
        }
    }

    /// On a shared server, other databases' transactions count as well.
    @Test func `When a block holder is lost and nothing was written, the table goes on`() async throws {
        try await OwnServers.with([.source], configuration: [.source: "autovacuum = off\n"]) { servers in
            try await BlockCopyTests.with(source: try servers.target(.source)) { live in
                let first = try await live.run(0)
                try await live.execute(BlockCopyTests.endHolder, live.source)
                let second = try await live.run(1)
                #expect(second.copied?.watermark == first.copied?.watermark)
                try await live.run(2)
                #expect(try await live.areEqual("b"))
            }
        }
    }
}
