import Foundation
import PlanFile
import Testing

@Suite("Plans that extend others")
struct ExtendsTests {
    @Test("this file's keys win, lists replace, mappings merge, and a place is that of the file that wrote the value")
    func merging() throws {
        try withFolder { folder in
            try FileManager.default.createDirectory(atPath: folder + "common", withIntermediateDirectories: true)
            try write(
                """
                name: base
                source: {uri: service=base, provider: rds}
                target: {uri: service=target}
                copy: {table-jobs: 1, index-jobs: 1, skip-table-data: [public.a, public.b]}
                replication: {identity: {public.a: full, public.b: full}, spool: {directory: spool}}
                hypertables: [{table: public.a, time-column: t}]
                """, to: folder + "common/root.yaml")
            try write(
                """
                extends: ./root.yaml
                name: middle
                copy:
                  table-jobs: 2
                  skip-table-data: [public.c]
                replication: {identity: {public.b: inserts-only}}
                """, to: folder + "common/middle.yaml")
            try write(
                """
                extends: common/middle.yaml
                name: top
                source: {uri: service=top}
                copy: {format: text}
                hypertables: []
                """, to: folder + "top.yaml")
            let (loaded, diagnostics) = PlanLoader.load(path: folder + "top.yaml", environment: [:])
            #expect(diagnostics == [])
            let plan = try #require(loaded)
            #expect(plan.file == folder + "top.yaml")
            #expect(plan.name.value.text == "top")
            #expect(plan.source.uri.value == "service=top" && plan.source.provider.value == .rds)
            let root = folder + "common/root.yaml"
            #expect(plan.source.provider.location == SourceLocation(file: root, line: 2, column: 39))
            #expect(plan.target.uri.location?.file == root)
            #expect(plan.copy.tableJobs?.value == 2 && plan.copy.indexJobs?.value == 1)
            #expect(plan.copy.tableJobs?.location?.file == folder + "common/middle.yaml")
            #expect(plan.copy.skipTableData.map(\.value.text) == ["public.c"])
            #expect(plan.copy.format.value == .text)
            #expect(plan.replication.identity.map(\.choice.value) == [.insertsOnly, .full])
            #expect(plan.hypertables == [])
            // Relative to the file that says so.
            #expect(plan.replication.spool.directory.value == folder + "common/spool")
            #expect(plan.replication.spool.directoryFromPlan == "common/spool")
        }
    }

    @Test("the spool of a plan that names none is beside the plan that was named, not beside its base")
    func spool() throws {
        try withFolder { folder in
            try FileManager.default.createDirectory(atPath: folder + "common", withIntermediateDirectories: true)
            try write(
                "name: a\nsource: {uri: service=a}\ntarget: {uri: service=b}\nreplication: {spool: {mode: disk}}\n",
                to: folder + "common/base.yaml")
            try write("extends: common/base.yaml\n", to: folder + "top.yaml")
            let plan = try #require(PlanLoader.load(path: folder + "top.yaml", environment: [:]).plan)
            #expect(plan.replication.spool.directory.value == folder + ".skein")
            #expect(plan.replication.spool.directory.location == nil)
        }
    }

    @Test("a base may be absolute, come from a variable, and be replaced where it is wrong")
    func paths() throws {
        try withFolder { folder in
            try write(
                "name: ${UNSET}\nsource: {uri: service=a}\ntarget: {uri: service=b}\ncopy: 7\n",
                to: folder + "base.yaml")
            try write("extends: ${BASE}\nname: top\ncopy: {table-jobs: 3}\n", to: folder + "top.yaml")
            let (plan, diagnostics) = PlanLoader.load(
                path: folder + "top.yaml", environment: ["BASE": folder + "base.yaml"])
            #expect(diagnostics == [])
            #expect(plan?.copy.tableJobs?.value == 3)
        }
    }

    @Test("a circle through a symbolic link is seen")
    func link() throws {
        try withFolder { folder in
            try write("name: a\nextends: link.yaml\n", to: folder + "plan.yaml")
            try FileManager.default.createSymbolicLink(
                atPath: folder + "link.yaml", withDestinationPath: "plan.yaml")
            let findings = PlanLoader.load(path: folder + "plan.yaml", environment: [:]).diagnostics
            #expect(findings.map(\.code) == ["SK021"])
        }
    }
}
