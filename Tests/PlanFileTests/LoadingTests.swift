import PlanFile
import Testing

@Suite("Loading a plan")
struct LoadingTests {
    @Test("a plan with every key of the language decodes to what it says")
    func everything() throws {
        let text = """
            version: 1
            name: iot-production
            mode: live
            source: {uri: "postgresql://me@old:5432/iot?sslmode=require", provider: rds}
            target:
              uri: host=new dbname=iot
              provider: tiger-cloud
            select:
              schemas: {include: [public, "tenant_*"], exclude: [audit]}
              tables: {include: [], exclude: [public.tmp_*]}
              indexes: {exclude: [public."Bad Index"]}
              extensions: {exclude: [uuid-ossp]}
              database-settings: false
            hypertables:
              - table: public.readings
                time-column: time
                chunk-interval: 7 days
                space: {column: device_id, partitions: 4}
                primary-key: [device_id, time]
                columnstore: {segment-by: [device_id], order-by: [time desc nulls last], after: 30 days}
                retention: {drop-after: 2 years}
                from-partitions: false
              - {table: public.old, to: range-partitions}
              - {table: public.ticks, time-column: tick, chunk-interval: 1000}
            copy:
              table-jobs: 4
              index-jobs: 2
              split-tables-larger-than: 10 GB
              skip-table-data: [public.audit_log]
              format: binary
            replication:
              plugin: test_decoding
              identity: {public.metrics: full, public.a: index a_key, public.b: inserts-only}
              spool: {mode: source, directory: spool, max-size: 512 MB}
              apply-jobs: 2
            roles: {migrate: false, include: [app_*], exclude: [rdsadmin], passwords: true}
            grants: {owners: true, privileges: true}
            cutover: {approval: automatic, max-lag: 1 min 30 s, fence: read-only, verify: counts}
            """
        let (loaded, diagnostics) = PlanLoader.load(text: text, file: "plans/iot.yaml", environment: [:])
        #expect(diagnostics == [])
        let plan = try #require(loaded)
        #expect(plan.name.value.identifier == "iot_production")
        #expect(plan.name.location == SourceLocation(file: "plans/iot.yaml", line: 2, column: 7))
        #expect(plan.source.provider.value == .rds)
        #expect(plan.target.uri.value == "host=new dbname=iot")
        #expect(plan.select.schemas.include.map(\.value.text) == ["public", "tenant_*"])
        #expect(plan.select.tables.exclude[0].value.matches(QualifiedName(schema: "public", name: "tmp_x")))
        #expect(plan.select.excludedIndexes[0].value.matches(QualifiedName(schema: "public", name: "Bad Index")))
        #expect(plan.select.excludedExtensions[0].value.matches("uuid-ossp"))
        let readings = plan.hypertables[0]
        #expect(readings.location == SourceLocation(file: "plans/iot.yaml", line: 15, column: 5))
        #expect(readings.table.value == QualifiedName(schema: "public", name: "readings"))
        #expect(readings.timeColumn?.value == "time")
        #expect(readings.chunkInterval?.value == .duration(PlanDuration(days: 7, text: "7 days")))
        #expect(readings.space?.partitions.value == 4)
        #expect(readings.primaryKey?.value == ["device_id", "time"])
        let order = try #require(readings.columnstore?.orderBy.first?.value)
        #expect(order.column == "time" && order.descending && order.nullsFirst == false)
        #expect(readings.columnstore?.after?.value.days == 30)
        #expect(readings.retention?.dropAfter.value.months == 24)
        #expect(plan.hypertables[1].to?.value == .rangePartitions)
        #expect(plan.hypertables[2].chunkInterval?.value == .integer(1000))
        #expect(plan.copy.tableJobs?.value == 4 && plan.copy.indexJobs?.value == 2)
        #expect(plan.copy.splitTablesLargerThan?.value.bytes == 10 << 30)
        #expect(plan.copy.format.value == .binary)
        #expect(plan.replication.plugin.value == .testDecoding)
        #expect(plan.replication.identity.map(\.choice.value) == [.full, .index("a_key"), .insertsOnly])
        #expect(plan.replication.spool.mode.value == .source)
        #expect(plan.replication.spool.directory.value == "plans/spool")
        #expect(plan.replication.spool.maxSize.value.bytes == 512 << 20)
        #expect(plan.roles.migrate.value == false && plan.roles.passwords.value)
        #expect(plan.roles.include?.map(\.value.text) == ["app_*"] && plan.roles.exclude[0].value.matches("rdsadmin"))
        #expect(plan.select.databaseSettings?.value == false)
        #expect(plan.grants.owners.value && plan.grants.privileges.value)
        #expect(plan.cutover.approval.value == .automatic)
        #expect(plan.cutover.maxLag.value.microseconds == 90_000_000)
        #expect(plan.cutover.fence.value == .readOnly)
        #expect(plan.cutover.verify.value == .counts)
    }
}
