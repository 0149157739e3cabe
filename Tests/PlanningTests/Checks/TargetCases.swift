@testable import Catalog
@testable import PlanFile
@testable import Planning

enum TargetCases {
    static let all: [CheckCase] = [
        CheckCase("SK201", "a source of 15 to a target of 14") {
            $0.editServer(\.target) { $0.versionNumber = 140_010 }
        },
        CheckCase("SK202", "PostgreSQL 13 as the target", alongside: ["SK102", "SK303"]) {
            $0.editServer(\.target) { $0.versionNumber = 130_020 }
            $0.editServer(\.source) { $0.versionNumber = 130_020 }
        },
        CheckCase("SK203", "PostgreSQL 16 as the target", .warning) {
            $0.editServer(\.target) { $0.versionNumber = 160_009 }
        },
        CheckCase("SK204", "the source's own database as the target") {
            $0.editServer(\.target) { $0.systemIdentifier = "7300000000000000001" }
            // Its own tables are no leftovers to be dropped.
            $0.target.addTable("devices")
        },
        CheckCase("SK205", "a standby as the target") { $0.editServer(\.target) { $0.inRecovery = true } },
        CheckCase(
            "SK206", "a target that is read-only", .warning,
            statement: "alter database \"iot\" set default_transaction_read_only = off;",
        ) { $0.set(\.target, "default_transaction_read_only", "on") },
        CheckCase(
            "SK207", "an event trigger on the target", .warning, statement: "alter event trigger \"Audit\" disable;",
        ) { $0.target.edit { $0.eventTriggers = ["Audit"] } },
        CheckCase(
            "SK208", "no right to create in the target database",
            statement: "grant create on database \"iot\" to \"mover\";",
        ) {
            $0.editServer(\.target) { server in
                server.user = "mover"
                server.canCreateInDatabase = false
            }
        },
        CheckCase(
            "SK209", "no right to silence triggers",
            statement: "grant set on parameter session_replication_role to \"postgres\";",
        ) { $0.editServer(\.target) { $0.canSetReplicationRole = false } },
        CheckCase(
            "SK226", "forced row security, and no superuser on the target",
            statement: "alter table \"public\".\"devices\" no force row level security;",
        ) { fixture in
            fixture.editServer(\.target) { $0.isSuperuser = false }
            fixture.edit(fixture.devices) { relation in
                relation.hasRowSecurity = true
                relation.forcesRowSecurity = true
            }
        },
        CheckCase(
            "SK236", "an event trigger, and no superuser on the target", .warning,
            statement: "create event trigger audit on ddl_command_end execute function public.f();",
        ) {
            $0.editServer(\.target) { $0.isSuperuser = false }
            $0.source.edit { source in
                source.eventTriggers = ["audit"]
                source.rights.eventTriggerStatements = [
                    "audit": "create event trigger audit on ddl_command_end execute function public.f();"
                ]
            }
        },
        CheckCase("SK237", "a function in C, and no superuser on the target") { fixture in
            fixture.editServer(\.target) { $0.isSuperuser = false }
            let oid = fixture.source.addObject("function", "public.f(integer)", catalog: "pg_proc")
            fixture.source.edit { $0.rights.superuserObjects = [.init(catalog: "pg_proc", oid: oid)] }
        },
        CheckCase(
            "SK238", "a foreign data wrapper that another role made",
            statement: "grant usage on foreign data wrapper \"file_fdw\" to \"postgres\";",
        ) { fixture in
            fixture.editServer(\.target) { $0.isSuperuser = false }
            fixture.target.addExtension("file_fdw")
            let oid = fixture.source.addObject("server", "files", catalog: "pg_foreign_server")
            fixture.source.edit {
                $0.rights.foreignServers = [.init(oid: oid, name: "files", wrapper: "file_fdw", mappedRoles: [])]
            }
        },
        CheckCase("SK239", "a user mapping for a role that is missing", statement: "create role \"reader\";") {
            fixture in
            let oid = fixture.source.addObject("server", "far", catalog: "pg_foreign_server")
            fixture.source.edit {
                $0.rights.foreignServers = [
                    .init(oid: oid, name: "far", wrapper: "postgres_fdw", mappedRoles: ["postgres", "reader"])
                ]
            }
        },
        CheckCase("SK220", "two builds of 4 GB where 4 GB are", .warning) { $0.jobs.maintenanceWorkMemKB = 4 << 20 },
        CheckCase(
            "SK221", "four worker processes for four builds", .note,
            statement: "alter system set max_worker_processes = 12;",
        ) {
            $0.set(\.target, "max_worker_processes", "4")
            $0.jobs.indexJobs = 4
            $0.set(\.target, "effective_cache_size", "1048576")
        },
        CheckCase("SK222", "LATIN1 to LATIN2") {
            $0.editServer(\.source) { $0.encoding = "LATIN1" }
            $0.editServer(\.target) { $0.encoding = "LATIN2" }
        },
        CheckCase("SK222", "an SQL_ASCII source", .warning) { $0.editServer(\.source) { $0.encoding = "SQL_ASCII" } },
        CheckCase("SK222", "an SQL_ASCII target", .warning) { $0.editServer(\.target) { $0.encoding = "SQL_ASCII" } },
        CheckCase(
            "SK223", "de_DE to C.UTF-8", .warning,
            statement: "create database \"iot\" template template0 encoding 'UTF8' lc_collate 'de_DE.UTF-8' "
                + "lc_ctype 'de_DE.UTF-8';",
        ) {
            $0.editServer(\.source) { server in
                server.collate = "de_DE.UTF-8"
                server.ctype = "de_DE.UTF-8"
            }
        },
        CheckCase("SK224", "glibc 2.36 to 2.41", .note) {
            $0.editServer(\.source) { $0.collationVersion = "2.36" }
            $0.editServer(\.target) { $0.collationVersion = "2.41" }
        },
        CheckCase("SK224", "glibc 2.36 to 2.41, and a key that is text", .warning) {
            let table = $0.source.addTable("codes", [.init("code", .text, notNull: true)])
            $0.source.addPrimaryKey("codes_pkey", on: table, ["code"])
            $0.editServer(\.source) { $0.collationVersion = "2.36" }
            $0.editServer(\.target) { $0.collationVersion = "2.41" }
        },
        CheckCase("SK225", "a collation that the target's system lacks") {
            $0.source.addTable(
                "names", [.init("name", .text, collation: "de_DE.utf8"), .init("code", .text, collation: "C")])
            $0.source.addTable("own", [.init("name", .text, collation: "public.german")])
            $0.editServer(\.target) { $0.collations = ["C", "POSIX", "default"] }
        },
        CheckCase(
            "SK227", "a schema that belongs to another role",
            statement: "grant create, usage on schema \"public\" to \"postgres\";",
        ) { $0.target.edit { $0.schemas[0].isCreatable = false } },
        CheckCase("SK240", "a policy for a role that the target lacks", statement: "create role \"Auditors\";") {
            fixture in
            fixture.source.edit { catalog in
                catalog.policies = [.init(oid: 9, name: "p", table: fixture.devices, roles: ["Auditors", "postgres"])]
            }
        },
    ]
}

enum ExtensionCases {
    static let all: [CheckCase] = [
        CheckCase("SK230", "pgvector is not installed", statement: "apt-get install postgresql-17-pgvector") {
            $0.source.addExtension("vector", version: "0.8.0")
        },
        CheckCase("SK230", "an extension of the house is not installed") { $0.source.addExtension("acme_geo") },
        CheckCase("SK231", "a newer extension on the target", .note) {
            $0.source.addExtension("hstore", version: "1.8")
            $0.editServer(\.target) { $0.availableExtensions["hstore"] = "1.10" }
        },
        CheckCase("SK231", "an older extension on the target", .warning) {
            $0.source.addExtension("hstore", version: "1.10")
            $0.editServer(\.target) { $0.availableExtensions["hstore"] = "1.8" }
        },
        CheckCase(
            "SK231", "an older extension in the target database, a newer one at hand", .warning,
            statement: "alter extension \"hstore\" update;",
        ) {
            $0.source.addExtension("hstore", version: "1.10")
            $0.target.addExtension("hstore", version: "1.8")
            $0.editServer(\.target) { $0.availableExtensions["hstore"] = "1.10" }
        },
        CheckCase("SK228", "an extension in another schema, unused", .note) {
            $0.source.addExtension("hstore", schema: "public")
            $0.target.addExtension("hstore", schema: "extensions")
        },
        CheckCase(
            "SK228", "an extension in another schema, which a table's column has",
            statement: "create schema if not exists \"public\"; alter extension \"hstore\" set schema \"public\";",
        ) { fixture in
            let oid = fixture.source.addExtension("hstore", schema: "public")
            fixture.target.addExtension("hstore", schema: "extensions")
            fixture.source.edit { source in
                source.dependencies.append(
                    .init(dependent: .relation(fixture.devices), on: .init(catalog: "pg_extension", oid: oid)))
            }
        },
        CheckCase(
            "SK232", "TimescaleDB is not preloaded",
            statement: "alter system set shared_preload_libraries = 'timescaledb', 'pg_stat_statements';",
        ) { $0.set(\.target, "shared_preload_libraries", "pg_stat_statements") },
        CheckCase("SK232", "the setting is hidden, and nothing of TimescaleDB is loaded") {
            $0.set(\.target, "shared_preload_libraries", nil)
        },
        CheckCase(
            "SK232", "pg_cron is not preloaded", .warning,
            statement: "alter system set shared_preload_libraries = 'timescaledb', 'pg_cron';",
        ) {
            $0.source.addExtension("pg_cron", version: "1.6")
            $0.editServer(\.target) { $0.availableExtensions["pg_cron"] = "1.6" }
        },
        CheckCase("SK233", "TimescaleDB is at hand", .note, statement: "create extension timescaledb;") {
            $0.target.edit { $0.extensions = [] }
        },
        CheckCase("SK233", "TimescaleDB is not installed", statement: "apt-get install postgresql-17-timescaledb") {
            $0.target.edit { catalog in
                catalog.extensions = []
                catalog.server.availableExtensions["timescaledb"] = nil
            }
        },
        CheckCase("SK235", "an extension for superusers", statement: "create extension \"file_fdw\";") {
            $0.source.addExtension("file_fdw")
            $0.editServer(\.target) { server in
                server.isSuperuser = false
                server.availableExtensions["file_fdw"] = "1.0"
                server.superuserExtensions = ["file_fdw"]
            }
        },
        CheckCase("SK234", "TimescaleDB 2.11", statement: "alter extension \"timescaledb\" update;") {
            $0.target.edit { $0.extensions[0].version = "2.11.2" }
        },
        CheckCase("SK234", "TimescaleDB 2.40", .warning) { $0.target.edit { $0.extensions[0].version = "2.40.0" } },
    ]
}
