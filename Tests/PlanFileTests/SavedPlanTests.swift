import Foundation
import PlanFile
import Testing

@Suite("Plans compared and saved")
struct SavedPlanTests {
    private static let text = """
        name: iot
        source: {uri: "${SOURCE_URI}", provider: rds}
        target: {uri: "postgresql://me:s3cret@new/iot"}
        hypertables:
          - table: public.readings
            time-column: Time
            chunk-interval: 7 days
            space: {column: device_id, partitions: 4}
            primary-key: [device_id, time]
            columnstore: {segment-by: [device_id], order-by: [time desc], after: 30 days}
            retention: {drop-after: 2 years}
          - {table: public."Ticks", time-column: tick, chunk-interval: 1000}
          - {table: public.old, to: table}
        select: {schemas: {include: [public, "t_*"]}, tables: {exclude: [public.tmp_*]}, indexes: {exclude: [a.b]}}
        copy: {table-jobs: 4, split-tables-larger-than: 10 GB, skip-table-data: [public.log]}
        replication: {identity: {public.b: full, public.a: index "A b"}, spool: {directory: spool}}
        """
    private static let environment = ["SOURCE_URI": "postgresql://me:s3cret@old/iot"]

    private func load(
        _ text: String = text, file: String = "plans/iot.yaml", _ environment: [String: String] = environment,
    ) throws -> Plan {
        let (plan, diagnostics) = PlanLoader.load(text: text, file: file, environment: environment)
        return try #require(plan, "\(diagnostics.map(\.summary))")
    }

    @Test("the settings are one canonical list, without passwords")
    func settings() throws {
        let lines = try load().settings.map { "\($0.key) = \($0.value)" }
        #expect(
            lines == [
                "name = iot", "mode = live", "source.uri = postgresql://me@old/iot", "source.provider = rds",
                "target.uri = postgresql://me@new/iot", "target.provider = auto",
                #"select.schemas.include = ["public", "t_*"]"#, "select.schemas.exclude = []",
                "select.tables.include = []", #"select.tables.exclude = ["public.tmp_*"]"#,
                #"select.indexes.exclude = ["a.b"]"#, "select.extensions.exclude = []",
                #"hypertables.public."Ticks".time-column = tick"#, #"hypertables.public."Ticks".chunk-interval = 1000"#,
                #"hypertables.public."Ticks".from-partitions = false"#,
                "hypertables.public.old.from-partitions = false",
                "hypertables.public.old.to = table", "hypertables.public.readings.time-column = time",
                "hypertables.public.readings.chunk-interval = 7 d",
                "hypertables.public.readings.space.column = device_id",
                "hypertables.public.readings.space.partitions = 4",
                #"hypertables.public.readings.primary-key = ["device_id", "time"]"#,
                #"hypertables.public.readings.columnstore.segment-by = ["device_id"]"#,
                #"hypertables.public.readings.columnstore.order-by = ["time desc"]"#,
                "hypertables.public.readings.columnstore.after = 30 d",
                "hypertables.public.readings.retention.drop-after = 24 mon",
                "hypertables.public.readings.from-partitions = false", "copy.table-jobs = 4",
                "copy.split-tables-larger-than = 10 GB", #"copy.skip-table-data = ["public.log"]"#,
                "copy.format = auto", "replication.plugin = auto", #"replication.identity.public.a = index "A b""#,
                "replication.identity.public.b = full", "replication.spool.mode = disk",
                "replication.spool.directory = spool", "replication.spool.max-size = 200 GB", "roles.migrate = true",
                "roles.exclude = []", "roles.passwords = false", "grants.owners = false", "grants.privileges = false",
                "cutover.approval = manual", "cutover.max-lag = 5000000 us", "cutover.fence = none",
                "cutover.verify = checksums",
            ])
    }

    @Test("the hash is the same for the same migration, however it is written")
    func sameHash() throws {
        let plan = try load()
        #expect(plan.hash.count == 64)
        let rewritten =
            "# a comment\n---\n"
            + Self.text.replacing("chunk-interval: 7 days", with: "'chunk-interval': \"1 week\"")
            .replacing("10 GB", with: "10240 MB").replacing("time-column: Time", with: "time-column: '\"time\"'")
            .replacing("me:s3cret@new", with: "me:other@new").replacing("name: iot", with: "version: 1\nname: ${NAME}")
            .replacing("{public.b: full, public.a: index \"A b\"}", with: "{public.a: index \"A b\", public.b: full}")
        let same = try load(
            rewritten, file: "/elsewhere/x.yaml", ["SOURCE_URI": "postgresql://me@old/iot", "NAME": "iot"])
        #expect(Plan.changedKeys(from: plan.settings, to: same.settings) == [])
        #expect(same.hash == plan.hash)
    }

    @Test("a change is named by its key")
    func changes() throws {
        let plan = try load()
        let other = try load(
            Self.text.replacing("me:s3cret@new", with: "you@new").replacing("table-jobs: 4, ", with: "")
                .replacing("partitions: 4", with: "partitions: 8"))
        #expect(other.hash != plan.hash)
        #expect(
            Plan.changedKeys(from: plan.settings, to: other.settings)
                == ["target.uri", "hypertables.public.readings.space.partitions", "copy.table-jobs"])
    }

    @Test("a plan survives JSON, and without passwords there is none in it")
    func coding() throws {
        let plan = try load()
        let data = try JSONEncoder().encode(plan)
        let back = try JSONDecoder().decode(Plan.self, from: data)
        #expect(back == plan)
        #expect(back.settings == plan.settings)
        #expect(back.hypertables[0].timeColumn?.location == plan.hypertables[0].timeColumn?.location)

        let safe = plan.withoutPasswords()
        let text = String(decoding: try JSONEncoder().encode(safe), as: UTF8.self)
        #expect(!text.contains("s3cret"))
        #expect(safe.settings == plan.settings && safe.hash == plan.hash)
        #expect(safe.source.uriExpression == "${SOURCE_URI}")
    }

    @Test("a saved plan takes its passwords from the environment again")
    func resolving() throws {
        let saved = try load().withoutPasswords()
        let again = try saved.resolvingURIs(environment: ["SOURCE_URI": "postgresql://me:new@old/iot"])
        #expect(again.source.uri.value == "postgresql://me:new@old/iot")
        #expect(again.target.uri.value == "postgresql://me@new/iot")
        #expect(try saved.resolvingURIs(environment: [:]).source.uri.value == "postgresql://me@old/iot")
        let error = #expect(throws: DiagnosticsError.self) {
            try saved.resolvingURIs(environment: ["SOURCE_URI": "mysql://me:s3cret@old"])
        }
        #expect(error?.diagnostics.map(\.code) == ["SK032"])
        #expect(error?.diagnostics.first?.summary.contains("s3cret") == false)
    }

    @Test("an expression that holds a password is not saved")
    func expressions() throws {
        let text =
            "name: a\nsource: {uri: \"${A:-postgresql://me:s3cret@h/d}\"}\ntarget: {uri: \"host=h password=${PW}\"}\n"
        let safe = try load(text, file: "a.yaml", ["PW": "s3cret"]).withoutPasswords()
        #expect(safe.source.uriExpression == nil && safe.source.uri.value == "postgresql://me@h/d")
        #expect(safe.target.uriExpression == "host=h password=${PW}" && safe.target.uri.value == "host=h")
        #expect(try safe.resolvingURIs(environment: ["PW": "x"]).target.uri.value == "host=h password=x")
    }
}
