import PlanFile
import Planning
import TestServers
import Testing

@testable import Execution

@Suite("Foreign keys of a live migration", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(1)))
struct LiveForeignKeyTests {
    private static let sql = """
        create table public.parent (id int primary key); create table public.child (parent int);
        insert into public.parent values (1); insert into public.child values (1);
        """
    private static let key = ForeignKeyBuild(
        sourceOID: 1, name: "child_parent", table: QualifiedName(schema: "public", name: "child"),
        definition: "FOREIGN KEY (parent) REFERENCES public.parent(id)", canBeNotValid: true, isValidOnSource: true)

    private func isValid(_ fixture: CutoverFixture) async throws -> String? {
        try await fixture.value(
            "select convalidated from pg_constraint where conname = 'child_parent'", fixture.target)
    }

    @Test func `Half a transaction before the gate is no violation: the cutover's end validates it`() async throws {
        let actions: [Action] = [.addForeignKey(Self.key), .validateForeignKey(Self.key), .gate, .drain]
        try await CutoverFixture.with(
            sql: Self.sql, targetSQL: "insert into public.child values (2)", actions: actions
        ) { fixture in
            try await fixture.run(.addForeignKey(Self.key))
            #expect(try await fixture.run(.validateForeignKey(Self.key)).warning == nil)
            #expect(try await isValid(fixture) == "f")
            try await fixture.execute("insert into public.parent values (2)", fixture.target)
            let tasks = fixture.context.tasks
            try await fixture.onTarget { try ForeignKeyTask.complete(tasks, $0) }
            #expect(try await isValid(fixture) == "t")
            let open = try await fixture.onTarget { try ForeignKeyTask.open(tasks, $0) }
            #expect(open == [])
        }
    }

    @Test func `One that the rows violate for good stays NOT VALID, with the statement for later`() async throws {
        let actions: [Action] = [.addForeignKey(Self.key), .gate, .drain, .validateForeignKey(Self.key)]
        try await CutoverFixture.with(
            sql: Self.sql, targetSQL: "insert into public.child values (2)", actions: actions
        ) { fixture in
            try await fixture.run(.addForeignKey(Self.key))
            let warning = try await fixture.run(.validateForeignKey(Self.key)).warning
            #expect(warning?.contains("stays NOT VALID") == true)
            let tasks = fixture.context.tasks
            let open = try await fixture.onTarget { target in
                try ForeignKeyTask.complete(tasks, target)
                return try ForeignKeyTask.open(tasks, target)
            }
            #expect(open == [#"alter table "public"."child" validate constraint "child_parent";"#])
        }
    }

    @Test func `Added again by a cutover that follows one that was given up, it is there already`() async throws {
        let actions: [Action] = [.gate, .drain, .addForeignKey(Self.key)]
        try await CutoverFixture.with(sql: Self.sql, actions: actions) { fixture in
            try await fixture.run(.addForeignKey(Self.key))
            try await fixture.execute("update skein.task set state = 'pending' where number = 2", fixture.target)
            try await fixture.run(.addForeignKey(Self.key))
            #expect(try await isValid(fixture) == "f")
        }
    }
}
