@testable import Execution
import Foundation
import JSONSchemas
import PlanFile
import TestServers
import Testing

@testable import Skein

@Suite("The schema of events")
struct EventSchemaTests {
    @Test("schemas/events.schema.json is what `skein schema events` prints")
    func file() async throws {
        try Repository.check("schemas/events.schema.json", holds: EventSchema.text)
        try await CommandFolder.with { folder in
            let printed = try await folder.skein("schema", "events")
            #expect(printed.stdout == EventSchema.text)
        }
    }

    @Test("knows every kind of event, with each key that it can have")
    func kinds() throws {
        let status = FollowStatus(
            phase: .following, sourceEnd: "0/2", received: "0/2", durable: "0/2", applied: "0/1", lagBytes: 1,
            lagSeconds: 0.5, sourceBytesPerSecond: 1, appliedBytesPerSecond: 1, changesPerSecond: 1,
            appliedTransactions: 1, appliedChanges: 1, spoolBytes: 1, retainedBytes: 1, secondsToCatchUp: 1,
            paused: "why")
        let progress = RunEvent.Progress(
            done: 1, tasks: 2, running: 1, copiedBytes: 1, totalBytes: 2, bytesPerSecond: 1.5, elapsedSeconds: 1)
        let events: [RunEvent] = [
            .begun(tasks: 1, done: 0, isResumed: false), .begun(tasks: 1, done: 0, isResumed: true),
            .started(id: "a", attempt: 1), .finished(id: "a", rows: 1, bytes: 1, seconds: 1),
            .finished(id: "a", rows: nil, bytes: nil, seconds: 1), .retrying(id: "a", reason: "b", after: 1),
            .failed(id: "a", reason: "b"), .warning(id: "a", text: "b"),
            .snapshotRenewed(generation: 1, isUnchanged: true), .rechecked(id: "a", isKept: true),
            .stalled(seconds: 30, waitingFor: "b"), .progress(progress), .following(status), .streamNotice("a"),
            .cutover(.ready), .cutover(.begun), .cutover(.abandoned), .cutover(.completed(downtimeSeconds: 1)),
        ]
        let finding = Diagnostic(
            .error, "SK101", "a", detail: "b", cure: "c", statement: "d", object: "e",
            at: SourceLocation(file: "f", line: 1, column: 2))
        var lines = try events.map { try Self.line(EventDocument($0)) }
        lines.append(try Self.line(CheckedDocument(diagnostics: [finding])))
        lines.append(try Self.line(EndDocument(CommandFailure(.failed, [finding]))))
        #expect(try Self.check(lines) == Set(EventSchema.kinds.map(\.name)))
    }

    @Test(
        "holds for every line of a real run, offline and live", .enabled(if: TestServers.areAvailable),
        .timeLimit(.minutes(4)), arguments: ["offline", "live"])
    func realRun(_ mode: String) async throws {
        let more = mode == "live" ? "cutover: {approval: automatic}\nreplication: {spool: {directory: ./spool}}" : ""
        try await Migration.with("ops_events", sql: CommandSource.sql, plan: more, mode: mode) { migration in
            // Killed once, so that there is a run that goes on.
            let killed = try await migration.skein(
                "migrate", "--json", environment: ["SKEIN_FAULT": "task.committed:6"])
            #expect(killed.exitCode == nil)
            let result = try await migration.skein("migrate", "--json")
            #expect(result.exitCode == 0, "\(result)")
            let again = try await migration.skein("migrate", "--json")
            var kinds: Set<String> = []
            for run in [killed, result, again] {
                kinds.formUnion(try Self.check(run.stdout.split(separator: "\n").map(String.init)))
            }
            let expected: Set = ["checked", "begun", "resumed", "started", "finished", "progress", "end"]
            #expect(kinds.isSuperset(of: expected), "\(kinds)")
            if mode == "live" {
                #expect(kinds.isSuperset(of: ["following", "cutover-begun", "cutover-completed"]), "\(kinds)")
            }
            // Nothing is left on either server.
            let cleaned = try await migration.skein("clean", "--yes", "--prune")
            #expect(cleaned.exitCode == 0)
        }
    }

    private static func line(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// Holds each line against the schema of its kind, and looks that nothing in it is undocumented.
    /// - Returns: the kinds that there were.
    private static func check(_ lines: [String]) throws -> Set<String> {
        let schema = try JSONSchema(EventSchema.text)
        var kinds: Set<String> = []
        for line in lines {
            let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            let kind = try #require(object["event"] as? String, "\(line)")
            kinds.insert(kind)
            #expect(EventSchema.kinds.contains { $0.name == kind }, "\(kind) is not documented")
            let (isKnown, isOfItsKind) = (
                try schema.accepts(object), try schema.accepts(object, definition: "event-" + kind)
            )
            #expect(isKnown && isOfItsKind, "\(line)")
            #expect(schema.unknownKeys(object, definition: "event-" + kind) == [], "\(line)")
            let time = object["time"] as? String ?? ""
            #expect(time.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil, "\(time)")
        }
        return kinds
    }
}
