package import Postgres

/// Makes a server of a test's own look, and refuse, like a managed service's: the same roles, the same rights withheld,
/// the same settings visible. Roles are a whole cluster's, so never one of the shared servers.
///
/// What cannot be had: RDS's patched server lets members of `rds_replication` replicate and `rds_superuser` set
/// `session_replication_role`; here the roles get REPLICATION and the parameter's grant themselves.
package enum Places {
    /// For the source's configuration: settings of libraries that are not there show all the same.
    package static let amazonConfiguration = """
        rds.extensions = 'aws_s3, citext, hstore, pg_stat_statements, pgcrypto, postgis'
        rds.logical_replication = on
        rds.superuser_variables = 'session_replication_role'
        """
    package static let tigerConfiguration = """
        tsdb_admin.allowed_databases = 'tsdb'
        tsdb_admin.protected_roles = 'postgres, tsdbadmin'
        """

    /// Roles as RDS and Aurora have them, and a master user.
    package static func makeAmazon(_ server: ConnectionTarget) async throws {
        try await TestServers.execute(
            """
            create role rdsadmin superuser login;
            create role rds_replication; create role rds_password; create role rds_iam; create role rds_ad;
            create role rds_superuser;
            grant pg_monitor, pg_signal_backend, pg_checkpoint, rds_replication, rds_password to rds_superuser
                with admin option;
            create role master login createdb createrole replication in role rds_superuser;
            """, on: server.with(database: "postgres"))
    }

    /// A database of the master user's, with what runs in it.
    /// - Parameter isAurora: with the function that only Aurora has.
    package static func makeAmazonDatabase(
        _ name: String, on server: ConnectionTarget, isAurora: Bool = false, sql batches: [String],
    ) async throws -> ConnectionTarget {
        try await makeDatabase(name, owner: "master", on: server)
        if isAurora {
            try await TestServers.execute(
                "create function pg_catalog.aurora_version() returns text language sql as 'select ''15.10.0'''",
                on: server.with(database: name))
        }
        return try await fill(server.with(database: name).with("user", "master"), batches)
    }

    /// Roles as Tiger Cloud has them, and its one database `tsdb`, with TimescaleDB in it, which `tsdbadmin` owns.
    package static func makeTiger(
        _ server: ConnectionTarget, database: String = "tsdb",
    ) async throws -> ConnectionTarget {
        try await TestServers.execute(
            """
            create role tsdbowner; create role tsdbexplorer;
            create role tsdbadmin login createdb createrole in role pg_read_all_stats;
            grant set on parameter session_replication_role to tsdbadmin;
            """, on: server.with(database: "postgres"))
        return try await makeTigerDatabase(database, on: server)
    }

    /// Another one: in truth there is but `tsdb`.
    package static func makeTigerDatabase(
        _ database: String, on server: ConnectionTarget,
    ) async throws -> ConnectionTarget {
        try await makeDatabase(database, owner: "tsdbadmin", on: server)
        try await TestServers.execute("create extension timescaledb schema public", on: server.with(database: database))
        return server.with(database: database).with("user", "tsdbadmin")
    }

    /// Roles as MST (Aiven) has them. Its administrator may replicate, and is no superuser.
    package static func makeAiven(_ server: ConnectionTarget) async throws {
        try await TestServers.execute(
            """
            create role _aiven superuser login;
            create role avnadmin login createdb createrole replication in role pg_monitor, pg_signal_backend;
            """, on: server.with(database: "postgres"))
    }

    package static func makeAivenDatabase(
        _ name: String, on server: ConnectionTarget, withTimescaleDB: Bool = true, sql batches: [String],
    ) async throws -> ConnectionTarget {
        try await makeDatabase(name, owner: "avnadmin", on: server)
        if withTimescaleDB {
            try await TestServers.execute("create extension timescaledb schema public", on: server.with(database: name))
        }
        return try await fill(server.with(database: name).with("user", "avnadmin"), batches)
    }

    private static func makeDatabase(_ name: String, owner: String, on server: ConnectionTarget) async throws {
        try await TestServers.execute(
            "create database \"\(name)\" owner \"\(owner)\" template template0 encoding 'UTF8'",
            on: server.with(database: "postgres"))
    }

    private static func fill(_ database: ConnectionTarget, _ batches: [String]) async throws -> ConnectionTarget {
        try await TestServers.withConnection(to: database, settings: ["search_path": "public"]) { connection in
            for batch in batches { try connection.execute(batch) }
        }
        return database
    }
}
