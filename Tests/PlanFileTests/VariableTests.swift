import PlanFile
import Testing

@Suite("Variables and scalars")
struct VariableTests {
    private func load(
        _ text: String, _ environment: [String: String] = [:],
    ) throws -> Plan {
        let start = text.contains("name:") ? "" : "name: a\n"
        let (plan, diagnostics) = PlanLoader.load(
            text: start + "source: {uri: service=a}\ntarget: {uri: service=b}\n" + text, file: "plan.yaml",
            environment: environment)
        return try #require(plan, "\(diagnostics.map(\.summary))")
    }

    @Test("a value is typed after its variables are put in, quoted or not")
    func typing() throws {
        let environment = ["N": "7", "T": "true", "SIZE": "2 GB", "BYTES": "1024", "INTERVAL": "1 day", "SET": ""]
        let plan = try load(
            """
            name: plan-${N}
            mode: ${MODE:-offline}
            copy: {table-jobs: "${N}", index-jobs: "${SET:-3}", split-tables-larger-than: "${BYTES}"}
            roles: {migrate: "${T}", passwords: "${UNSET:-false}"}
            replication:
              apply-jobs: 1${N}
              spool: {max-size: "${SIZE}"}
            hypertables:
              - {table: public.a, time-column: t, chunk-interval: "${N}"}
              - {table: public.b, time-column: t, chunk-interval: "${INTERVAL}"}
            """, environment)
        #expect(plan.name.value.text == "plan-7")
        #expect(plan.mode.value == .offline)
        #expect(plan.copy.tableJobs?.value == 7 && plan.copy.indexJobs?.value == 3)
        #expect(plan.copy.splitTablesLargerThan?.value.bytes == 1024)
        #expect(plan.roles.migrate.value && !plan.roles.passwords.value)
        #expect(plan.replication.applyJobs?.value == 17)
        #expect(plan.replication.spool.maxSize.value.bytes == 2 << 30)
        #expect(plan.hypertables[0].chunkInterval?.value == .integer(7))
        #expect(plan.hypertables[1].chunkInterval?.value == .duration(PlanDuration(days: 1, text: "1 day")))
    }

    @Test("a value is never read as YAML, nor for variables again")
    func inert() throws {
        let values = ["- a", "[a, b]", "a: b", "# a", "*a", "!a", "${N}", "~", "null", "true"]
        for value in values {
            let plan = try load("replication:\n  spool:\n    directory: ${V}\n", ["V": value, "N": "no"])
            #expect(plan.replication.spool.directory.value == value)
        }
    }

    @Test("two dollars before a brace make one that stays, and a dollar alone is a dollar")
    func literal() throws {
        for (text, value) in [
            ("a$${b}", "a${b}"), ("$a", "$a"), ("a$", "a$"), ("$$a", "$$a"), ("$$${b}", "$${b}"), ("$${${N}}", "${7}"),
            ("${N}${N}", "77"), ("{${N}", "{7"), ("${E:-}x", "x"), ("${E:-a:-b}", "a:-b"), ("${E}x", "x"),
        ] {
            let plan = try load("replication:\n  spool:\n    directory: '\(text)'\n", ["N": "7", "E": ""])
            #expect(plan.replication.spool.directory.value == value, "\(text)")
        }
    }

    @Test("YAML's own words are texts where quotes say so, and no and off always are")
    func words() throws {
        let plan = try load(
            """
            select: {schemas: {include: [no, off, "true", "null", '12', y, 0x, 1_000]}}
            roles: {migrate: False, passwords: TRUE}
            """)
        #expect(
            plan.select.schemas.include.map(\.value.text) == ["no", "off", "true", "null", "12", "y", "0x", "1_000"])
        #expect(!plan.roles.migrate.value && plan.roles.passwords.value)
    }

    @Test("anchors and aliases repeat a value, whose place stays where it was written")
    func aliases() throws {
        let plan = try load(
            """
            hypertables:
              - {table: public.a, time-column: t, columnstore: &store {segment-by: [d], after: 7 days}}
              - {table: public.b, time-column: t, columnstore: *store}
            """)
        #expect(plan.hypertables[0].columnstore == plan.hypertables[1].columnstore)
        #expect(plan.hypertables[1].columnstore?.after?.location?.line == 5)
    }

    @Test("block and folded texts, comments and explicit documents are taken")
    func forms() throws {
        let plan = try load(
            """
            ? mode
            : offline
            replication:
              spool:
                directory: >-
                  a
                  b  # not a comment here
            cutover: # a comment
              verify: none
            """)
        #expect(plan.mode.value == .offline)
        #expect(plan.replication.spool.directory.value == "a b  # not a comment here")
        #expect(plan.cutover.verify.value == .none)
    }
}
