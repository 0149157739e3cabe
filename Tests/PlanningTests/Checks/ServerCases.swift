@testable import Catalog
@testable import PlanFile
@testable import Planning

enum ServerCases {
    static let all: [CheckCase] = [
        CheckCase("SK101", "PostgreSQL 9.6 as the source") { $0.editServer(\.source) { $0.versionNumber = 90_624 } },
        CheckCase("SK102", "PostgreSQL 13 as the source", .warning) {
            $0.editServer(\.source) { $0.versionNumber = 130_011 }
        },
        CheckCase("SK103", "a standby as the source", .note) { $0.editServer(\.source) { $0.inRecovery = true } },
        CheckCase("SK103", "a standby as the source of a live migration") {
            $0.goLive()
            $0.editServer(\.source) { $0.inRecovery = true }
        },
        CheckCase(
            "SK104", "a transaction that is open for two hours", .warning, statement: "select pg_terminate_backend(42);",
        ) {
            $0.editServer(\.source) {
                $0.longTransactions = [
                    .init(pid: 41, applicationName: "psql", ageSeconds: 400),
                    .init(pid: 42, applicationName: "", ageSeconds: 7300),
                ]
            }
        },
        CheckCase("SK109", "a prepared transaction", .warning) {
            $0.source.edit { $0.preparedTransactions = [.init(gid: "a", owner: "shop", ageSeconds: 1)] }
        },
        CheckCase("SK109", "a prepared transaction, in live mode") {
            $0.goLive()
            $0.source.edit {
                $0.preparedTransactions = [
                    .init(gid: "a", owner: "shop", ageSeconds: 7300),
                    .init(gid: "at work", owner: "shop", ageSeconds: 1),
                ]
            }
        },
        CheckCase("SK112", "1,500 tables and a small lock table", .warning) { fixture in
            fixture.set(\.source, "max_connections", "20")
            for number in 0..<1500 { fixture.source.addTable("t\(number)") }
        },
        CheckCase("SK111", "the plan says RDS, and the server is one's own", .warning) {
            $0.plan.source.provider = Located(.rds, at: Plan.at(5))
        },
        CheckCase("SK111", "the plan says PostgreSQL, and the server is RDS's", .warning) {
            $0.move(\.source, to: .rds)
            $0.plan.source.provider = Located(.postgres, at: Plan.at(5))
        },
        CheckCase("SK229", "the plan says MST, and the server is Tiger Cloud's", .warning) {
            $0.move(\.target, to: .tigerCloud)
            $0.plan.target.provider = Located(.mst, at: Plan.at(7))
        },
        CheckCase("SK301", "no pg_dump", statement: "apt-get install postgresql-client-15") {
            $0.machine.dumpTools = []
            $0.machine.dumpTool = nil
        },
        CheckCase("SK302", "pg_dump 13 and 14 for a source of 15", statement: "apt-get install postgresql-client-15") {
            $0.machine.dumpTools = [.pgDump(13), .pgDump(14)]
            $0.machine.dumpTool = nil
        },
        CheckCase("SK303", "pg_dump 18 for a target of 17", .warning) {
            $0.machine.dumpTools = [.pgDump(18)]
            $0.machine.dumpTool = .pgDump(18)
        },
    ]
}

enum ConnectionCases {
    static let all: [CheckCase] = [
        CheckCase("SK105", "pgbouncer before the source") {
            $0.editServer(\.source) { $0.poolerEvidence = "It calls itself PgBouncer." }
        },
        CheckCase("SK215", "pgbouncer before the target") {
            $0.editServer(\.target) { $0.poolerEvidence = "It calls itself PgBouncer." }
        },
        CheckCase("SK106", "6 connections left on the source, 7 needed") {
            $0.editServer(\.source) { $0.usedConnections = 95 }
        },
        CheckCase("SK106", "9 left on the source, of which 3 are reserved") {
            $0.connectAsReader()
            $0.editServer(\.source) { $0.usedConnections = 92 }
        },
        CheckCase(
            "SK216", "2 connections left on the target", statement: "alter system set max_connections = 108;",
        ) { $0.editServer(\.target) { $0.usedConnections = 99 } },
        CheckCase("SK107", "20 ms to the source", .warning) { $0.editServer(\.source) { $0.roundTripSeconds = 0.02 } },
        CheckCase("SK217", "6 ms to the target", .warning) { $0.editServer(\.target) { $0.roundTripSeconds = 0.006 } },
        CheckCase("SK110", "max_connections of the source was changed", .warning) {
            $0.editServer(\.source) { $0.settings["max_connections"]?.pendingRestart = true }
        },
        CheckCase("SK218", "shared_preload_libraries of the target was changed", .warning) {
            $0.editServer(\.target) { $0.settings["shared_preload_libraries"]?.pendingRestart = true }
        },
    ]
}
