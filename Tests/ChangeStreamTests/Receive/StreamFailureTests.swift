import LogicalDecoding
import Postgres
import TestServers
import Testing

@testable import ChangeStream

@Suite("A failure of the stream")
struct StreamFailureTests {
    static let cases: [(String, String, StreamFailure)] = [
        ("42704", "replication slot \"s\" does not exist", .broken(.slotMissing(slot: "s"))),
        (
            "42704", "publication \"p\" does not exist",
            .broken(.publicationMissing(message: "publication \"p\" does not exist"))
        ),
        (
            "55000", "can no longer get changes from replication slot \"s\"",
            .broken(.slotInvalidated(slot: "s", reason: "can no longer get changes from replication slot \"s\""))
        ),
        (
            "55000", "can no longer access replication slot \"s\"",
            .broken(.slotInvalidated(slot: "s", reason: "can no longer access replication slot \"s\""))
        ),
        (
            "XX000", "could not map filenode \"base/1/2\" to relation OID",
            .broken(.undecodable(slot: "s", message: "could not map filenode \"base/1/2\" to relation OID"))
        ),
        ("55006", "replication slot \"s\" is active for PID 12", .passing),
        ("57P01", "terminating connection due to administrator command", .passing),
        ("53300", "number of requested standby connections exceeds max_wal_senders", .passing),
        ("42501", "must be superuser or replication role to start walsender", .final),
        ("22023", "option \"x\" = \"y\" is unknown", .final),
    ]

    @Test(arguments: cases)
    func `is told by its code`(_ state: String, _ message: String, _ meaning: StreamFailure) {
        let error = PostgresError.server(ServerError(sqlState: state, message: message))
        #expect(StreamFailure(error, slot: "s") == meaning)
    }

    @Test func `is a warning, too, where it is about a publication`() {
        let message = "skipped loading publication \"p\""
        func meaning(_ severity: String, _ message: String) -> StreamBroken? {
            StreamFailure.broken(by: ServerNotice(severity: severity, sqlState: "55000", message: message))
        }
        #expect(meaning("WARNING", message) == .publicationMissing(message: message))
        #expect(meaning("NOTICE", message) == nil && meaning("WARNING", "something else") == nil)
    }

    @Test(.enabled(if: TestServers.areAvailable && OwnServers.canStart), .timeLimit(.minutes(3)))
    func `is for good where the source threw the slot's WAL away`() async throws {
        try await OwnServers.with([.source], configuration: [.source: "wal_level = logical\nmin_wal_size = 32MB\n"]) {
            servers in
            let server = try servers.target(.source)
            try await ReceiverFixture.with(server) { fixture in
                try await fixture.insert(1...10)
                try await TestServers.execute(
                    "alter system set max_slot_wal_keep_size = '1MB'", "select pg_reload_conf()",
                    "select pg_sleep(0.5)",
                    on: server)
                for _ in 0..<5 {
                    try await TestServers.execute(
                        "select pg_logical_emit_message(false, 'x', repeat('x', 100000))", "select pg_switch_wal()",
                        "checkpoint", on: server)
                }
                let run = ReceiverRun(fixture.options(), try fixture.spool())
                let error = await #expect(throws: StreamBroken.self) { try await run.receiver.run() }
                guard case .slotInvalidated(fixture.slot, _) = error else {
                    Issue.record("\(String(describing: error))")
                    return
                }
            }
        }
    }
}

@Suite("What the source is told")
struct FeedbackTests {
    private func feedback(_ mode: SpoolMode, durable: LSN, lastCommit: LSN, applied: LSN) -> [LSN] {
        let told = Feedback(mode: mode, received: 500, durable: durable, lastCommit: lastCommit, applied: applied)
        return [told.written, told.flushed, told.applied]
    }

    @Test func `is what is durable in the spool and applied on the target`() {
        #expect(feedback(.disk, durable: 400, lastCommit: 400, applied: 300) == [500, 400, 300])
        #expect(feedback(.source, durable: 400, lastCommit: 400, applied: 300) == [500, 300, 300])
    }

    @Test func `is everything where nothing is left to apply`() {
        #expect(feedback(.disk, durable: 450, lastCommit: 400, applied: 400) == [500, 450, 450])
        #expect(feedback(.source, durable: 450, lastCommit: 400, applied: 400) == [500, 450, 450])
        // A commit that is not durable yet is left.
        #expect(feedback(.source, durable: 350, lastCommit: 400, applied: 300) == [500, 300, 300])
    }

    @Test func `is never more than what is durable`() {
        #expect(feedback(.disk, durable: 300, lastCommit: 400, applied: 400) == [500, 300, 300])
        #expect(feedback(.source, durable: 300, lastCommit: 450, applied: 400) == [500, 300, 300])
    }
}
