import Postgres

/// The two servers and the databases that the contenders work on.
struct Stage {
    private static let targetDatabase = "skein_benchmark"
    private let source: ConnectionTarget
    private let target: ConnectionTarget
    private let sourceURI: String
    private let targetURI: String
    private let readings: Int

    /// - Parameters:
    ///   - sourceURI, targetURI: a URI each, of a superuser, without a database: `postgresql://postgres@127.0.0.1:5432`.
    ///   - readings: how many rows the big table of the full source has.
    init(sourceURI: String, targetURI: String, readings: Int) throws {
        (self.sourceURI, self.targetURI, self.readings) = (sourceURI, targetURI, readings)
        source = try ConnectionTarget(sourceURI)
        target = try ConnectionTarget(targetURI)
    }

    func readings(_ size: SourceSize) -> Int { size == .full ? readings : readings / 10 }

    private func sourceDatabase(_ size: SourceSize) -> String { "skein_benchmark_\(readings(size))" }

    /// What the contenders' scripts are told.
    func environment(_ size: SourceSize) -> [String: String] {
        [
            "SOURCE_URI": "\(sourceURI)/\(sourceDatabase(size))", "TARGET_URI": "\(targetURI)/\(Self.targetDatabase)",
        ]
    }

    /// Makes the sources, or finds them made, and reads them once so that they are in memory.
    /// - Parameter schema: the file iot.sql.
    func prepareSources(_ schema: String) throws {
        for size in SourceSize.allCases {
            let database = sourceDatabase(size)
            let server = try connect(source.with(database: "postgres"))
            if try server.scalar("select 1 from pg_catalog.pg_database where datname = $1", [database]) == nil {
                // Under another name until it is complete.
                let unfinished = database + "_making"
                try server.execute("drop database if exists \(unfinished) with (force)")
                try server.execute("create database \(unfinished)")
                let filling = try ClientProcess.run([
                    "psql", "-Xq", "--dbname=\(sourceURI)/\(unfinished)", "--set=readings=\(readings(size))",
                    "--file=\(schema)",
                ])
                guard filling.exitCode == 0 else {
                    throw BenchmarkFailure("the source cannot be filled:\n\(filling.output)")
                }
                try server.execute("alter database \(unfinished) rename to \(database)")
            }
            let filled = try connect(source.with(database: database))
            for table in ResultCheck.wholeDatabase.tables { try filled.execute("select count(*) from public.\(table)") }
        }
    }

    /// An empty target, and nothing left to write for either server: every run starts from there.
    func reset(preparation: String?) throws {
        let server = try connect(target.with(database: "postgres"))
        try server.execute("drop database if exists \(Self.targetDatabase) with (force)")
        try server.execute("create database \(Self.targetDatabase)")
        if let preparation {
            try connect(target.with(database: Self.targetDatabase), searchPath: "public").execute(preparation)
        }
        try server.execute("checkpoint")
        try connect(source.with(database: "postgres")).execute("checkpoint")
    }

    func check(_ result: ResultCheck, _ size: SourceSize) throws {
        try result.compare(
            connect(source.with(database: sourceDatabase(size))), connect(target.with(database: Self.targetDatabase)))
    }

    func dropTarget() throws {
        try connect(target.with(database: "postgres"))
            .execute("drop database if exists \(Self.targetDatabase) with (force)")
    }

    /// `15.20` and `18.6`.
    func versions() throws -> (source: String, target: String) {
        func version(_ target: ConnectionTarget) throws -> String {
            let text = try connect(target.with(database: "postgres")).scalar("show server_version") ?? ""
            return String(text.prefix { $0 != " " })
        }
        return (try version(source), try version(target))
    }

    /// TimescaleDB's version, as the target would install it.
    func timescaleVersion() throws -> String? {
        try connect(target.with(database: "postgres"))
            .scalar("select default_version from pg_catalog.pg_available_extensions where name = 'timescaledb'")
    }

    /// Bytes of the full source, indexes included.
    func sourceBytes() throws -> Int {
        let text = try connect(source.with(database: "postgres"))
            .scalar("select pg_catalog.pg_database_size($1)", [sourceDatabase(.full)])
        return text.flatMap { Int($0) } ?? 0
    }

    private func connect(_ target: ConnectionTarget, searchPath: String = "") throws -> Connection {
        try Connection(target, applicationName: "skein/benchmark", settings: ["search_path": searchPath])
    }
}
