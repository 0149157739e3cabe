import PlanFile
import Planning
import Postgres
import TestServers
import Testing

@testable import Execution

@Suite("Sequences at the cutover", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(1)))
struct SequenceMarginTests {
    private static let sql = """
        create sequence public.up; create sequence public.down increment by -2 maxvalue 100 minvalue -100000;
        create sequence public.cached cache 500; create sequence public.bounded maxvalue 50;
        create sequence public.fresh; create sequence public.far maxvalue 9223372036854775807;
        """
    private static let moved = """
        select setval('public.up', 7), setval('public.down', 40), setval('public.cached', 3), setval('public.bounded', 9),
            setval('public.far', 9223372036854775800)
        """
    private static let names = ["up", "down", "cached", "bounded", "fresh", "far"]
        .map { QualifiedName(schema: "public", name: $0) }
    private static let action = Action.setSequences(names)

    private func values(_ fixture: CutoverFixture) async throws -> [String] {
        var values: [String] = []
        for name in Self.names {
            values.append(
                try await fixture.value("select last_value || ' ' || is_called from \(name.sql)", fixture.target) ?? "")
        }
        return values
    }

    @Test func `Behind a fence they stand exactly where the source's do`() async throws {
        try await CutoverFixture.with(sql: Self.sql, sourceSQL: Self.moved, actions: [.gate, Self.action]) { fixture in
            try await fixture.begin(fence: .readOnly)
            try await fixture.run(Self.action)
            #expect(
                try await values(fixture) == [
                    "7 true", "40 true", "3 true", "9 true", "1 false", "9223372036854775800 true",
                ])
        }
    }

    @Test func `Without a fence they leave a margin, within their bounds and in their direction`() async throws {
        try await CutoverFixture.with(sql: Self.sql, sourceSQL: Self.moved, actions: [.gate, Self.action]) { fixture in
            try await fixture.begin(fence: .none)
            try await fixture.run(Self.action)
            #expect(
                try await values(fixture) == [
                    "1007 true", "-1960 true", "5003 true", "50 true", "1001 true", "9223372036854775807 true",
                ])
        }
    }

    @Test func `At the end those are set again that the source has moved past, and none goes back`() async throws {
        try await CutoverFixture.with(sql: Self.sql, sourceSQL: Self.moved, actions: [.gate, Self.action]) { fixture in
            try await fixture.begin(fence: .readOnly)
            try await fixture.run(Self.action)
            let (source, target) = (fixture.source, fixture.target)
            try await fixture.execute("select setval('public.down', 30), setval('public.fresh', 1)", source)
            try await fixture.execute("select setval('public.up', 70)", target)
            let moved = try await TestServers.blocking {
                try SequenceTask.advance(
                    Self.names, Connection(source, applicationName: "t"), Connection(target, applicationName: "t"),
                    withMargin: false)
            }
            #expect(moved.map(\.name) == ["down", "fresh"])
            #expect(
                try await values(fixture) == [
                    "70 true", "30 true", "3 true", "9 true", "1 true", "9223372036854775800 true",
                ])
        }
    }
}
