import Foundation
import Postgres
import TestServers
import Testing

@Suite("A saved plan", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(5)))
struct SavedPlanCommandTests {
    private func skein(_ migration: Migration, _ arguments: String...) async throws -> SkeinProcess.Result {
        try await SkeinProcess(arguments, in: migration.folder).wait()
    }

    private func with(_ body: (Migration, String) async throws -> Void) async throws {
        try await Migration.with("cli", sql: CommandSource.sql) { migration in
            let file = migration.folder + "/saved.json"
            let saved = try await migration.skein("plan", "--out", file)
            #expect(saved.exitCode == 0)
            #expect(saved.stderr.contains("saved to \(file); run it with: skein migrate \(file)"))
            try await body(migration, file)
        }
    }

    @Test("is taken wherever a plan is")
    func used() async throws {
        try await with { migration, file in
            #expect(
                try await skein(migration, "validate", file).stdout.contains("a valid saved plan (cli-test, offline)"))
            let planned = try await migration.skein("plan", "--json").document(Documents.Plan.self)
            let again = try await skein(migration, "plan", file, "--json").document(Documents.Plan.self)
            #expect(again.hash == planned.hash)
            #expect(again.tasks?.map(\.id) == planned.tasks?.map(\.id))
            #expect(try await skein(migration, "status", file).stdout.contains("not started"))
            // It stands for itself: the plan file may be elsewhere.
            try FileManager.default.removeItem(atPath: migration.planFile)
            let result = try await skein(migration, "migrate", file)
            #expect(result.exitCode == 0, "\(result)")
            #expect(try await migration.differences() == [])
            #expect(try await skein(migration, "migrate", file).stdout.contains("already done"))
            #expect(try await skein(migration, "verify", file).exitCode == 0)
            #expect(try await skein(migration, "clean", file).stdout == "cli-test: removed the state on the target\n")
        }
    }

    @Test("runs the pieces that it holds, not those that the tables' sizes would give by now")
    func pieces() async throws {
        try await with { migration, file in
            try migration.writePlan("copy: {split-tables-larger-than: 64 kB}")
            let other = migration.folder + "/split.json"
            #expect(try await migration.skein("plan", "--out", other).exitCode == 0)
            try await TestServers.execute(
                "delete from public.readings where device_id <> 1", "vacuum full analyze public.readings",
                on: migration.source)
            let result = try await skein(migration, "migrate", other)
            #expect(result.exitCode == 0, "\(result)")
            #expect(result.stderr.contains("copy:public.readings:0002"), "\(result)")
            #expect(try await migration.differences() == [])
        }
    }

    @Test("is refused when either server has drifted, and what drifted is named")
    func drifted() async throws {
        try await with { migration, file in
            try await TestServers.execute(
                "alter table public.notes add column more int; create table public.fresh (x int)", on: migration.source)
            try await TestServers.execute("create table public.devices (x int)", on: migration.target)
            let result = try await skein(migration, "migrate", file)
            #expect(result.exitCode == 2)
            for line in [
                "source: table public.fresh is new", "source: table public.notes has changed",
                "target: table public.devices is new", "skein plan \(migration.planFile) --out \(file)",
            ] {
                #expect(result.stderr.contains(line), "\(result)")
            }
            let events = try await skein(migration, "migrate", file, "--json").documents(Documents.Event.self)
            #expect(events.map(\.result) == ["refused"])
            #expect(events[0].diagnostics?.map(\.code) == ["SK903"])
            #expect(try await TestServers.column("select to_regnamespace('skein')", on: migration.target) == [nil])
        }
    }

    @Test("is refused when its plan file says something else by now")
    func changedFile() async throws {
        try await with { migration, file in
            try migration.writePlan("cutover: {verify: counts}\ncopy: {table-jobs: 3}")
            let result = try await skein(migration, "migrate", file)
            #expect(result.exitCode == 2)
            #expect(result.stderr.contains("has changed since `\(file)` was saved: "), "\(result)")
            #expect(result.stderr.contains("cutover.verify"))
            #expect(result.stderr.contains("copy.table-jobs"))
        }
    }

    @Test("is refused when a byte of it has changed or is missing", arguments: ["cut", "changed", "laid out anew"])
    func damaged(_ how: String) async throws {
        try await with { migration, file in
            let text = try String(contentsOfFile: file, encoding: .utf8)
            let damaged =
                switch how {
                case "cut": String(text.dropLast(300))
                case "changed": text.replacing("\"readings\"", with: "\"readingz\"")
                default:
                    String(
                        decoding: try JSONSerialization.data(
                            withJSONObject: JSONSerialization.jsonObject(with: Data(text.utf8)),
                            options: [.prettyPrinted, .sortedKeys]), as: UTF8.self)
                }
            try damaged.write(toFile: file, atomically: true, encoding: .utf8)
            for command in ["validate", "plan", "migrate", "status"] {
                let result = try await skein(migration, command, file)
                #expect(result.exitCode == 2)
                #expect(result.stdout == "")
                #expect(result.stderr.contains("the saved plan `\(file)` is damaged"), "\(result)")
            }
            // It may be replaced by a whole one.
            #expect(try await migration.skein("plan", "--out", file).exitCode == 0)
            #expect(try await skein(migration, "validate", file).exitCode == 0)
        }
    }

    @Test("never takes the place of anything but a saved plan")
    func place() async throws {
        try await with { migration, file in
            for place in [migration.planFile, "/dev/null", migration.folder] {
                let result = try await migration.skein("plan", "--out", place)
                #expect(result.exitCode == 2)
                #expect(result.stderr.contains("error: --out \(place): there is something else than a saved plan"))
            }
            let nowhere = try await migration.skein("plan", "--out", "/no/such/folder/plan.json")
            #expect(nowhere.exitCode == 2)
            #expect(
                nowhere.stderr.contains("cannot be saved to `/no/such/folder/plan.json`: No such file or directory"))
            #expect(try await migration.skein("validate").exitCode == 0)
        }
    }

    @Test("holds no password, and neither does the state, a document or a child's command line")
    func passwords() async throws {
        try await Migration.with("cli", sql: CommandSource.sql) { migration in
            try migration.writePlan("", source: "${OLD}", target: "${NEW}")
            let file = migration.folder + "/saved.json"
            let environment = [
                "OLD": migration.source.conninfoWithoutPassword + " password=s3cret",
                "NEW": migration.target.conninfoWithoutPassword + " password=s3cret",
            ]
            let saved = try await migration.skein("plan", "--out", file, "--json", environment: environment)
            #expect(saved.exitCode == 0, "\(saved)")
            #expect(!"\(saved)".contains("s3cret"))
            #expect(!(try String(contentsOfFile: file, encoding: .utf8)).contains("s3cret"))
            let run = try migration.start("migrate", ["--json", "--log-level", "debug"], environment: environment)
            var seen = 0
            while run.isRunning {
                for line in Self.commandLines() where line.contains("pg_dump") || line.contains("skein") {
                    seen += 1
                    #expect(!line.contains("s3cret"), "\(line)")
                }
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(seen > 0)
            let result = try await run.wait()
            #expect(result.exitCode == 0, "\(result)")
            #expect(!"\(result)".contains("s3cret"))
            let state = try await TestServers.column(
                "select (select string_agg(m::text, '') from skein.migration m) || "
                    + "(select string_agg(t::text, '') from skein.task t)", on: migration.target)
            #expect(state.first??.contains("s3cret") == false)
        }
    }

    private static func commandLines() -> [String] {
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return processes.filter { Int($0) != nil }.compactMap { process in
            FileManager.default.contents(atPath: "/proc/\(process)/cmdline").map { String(decoding: $0, as: UTF8.self) }
        }
    }
}
