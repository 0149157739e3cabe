extension Scenario {
    /// - Parameter plans: the folder that the plan files are in.
    static func all(plans: String) -> [Scenario] {
        [wholeDatabase(plans), oneTable(plans), hypertable(plans), tenth(plans)]
    }

    private static func skein(_ plans: String, _ plan: String, size: SourceSize = .full) -> Contender {
        Contender(name: .skein, script: "skein.sh", arguments: ["\(plans)/\(plan).yaml"], size: size)
    }

    private static func wholeDatabase(_ plans: String) -> Scenario {
        Scenario(
            title: "Whole database, 2 table jobs, 2 index jobs", check: .wholeDatabase,
            contenders: [
                Contender(name: .byHand, script: "by-hand.sh"),
                skein(plans, "whole-database"),
                Contender(name: .pgcopydb, script: "pgcopydb.sh"),
                Contender(name: .pgDump, script: "pg_dump.sh"),
            ],
            references: [.byHand, .pgcopydb],
            goals: [
                .ratio(to: .byHand, atMost: 1.05),
                .ratio(to: .pgcopydb, atMost: 0.95, onlyIfFloorPermits: true),
                .memory(atMost: 80),
            ],
        )
    }

    private static func oneTable(_ plans: String) -> Scenario {
        Scenario(
            title: "One big table, without indexes", check: .rows,
            contenders: [
                Contender(name: .psqlPipe, script: "psql-pipe.sh", preparation: createReadings),
                skein(plans, "one-table"),
            ],
            references: [.psqlPipe], goals: [.ratio(to: .psqlPipe, atMost: 1.10)],
        )
    }

    private static func hypertable(_ plans: String) -> Scenario {
        Scenario(
            title: "One big table into a hypertable, its time index included", check: .hypertable,
            contenders: [
                Contender(
                    name: .psqlPipe, script: "psql-pipe.sh", preparation: createReadings + createHypertable),
                skein(plans, "hypertable"),
            ],
            references: [.psqlPipe], goals: [.ratio(to: .psqlPipe, atMost: 0.70)],
        )
    }

    /// For its memory, to be seen beside that of the whole database's run.
    private static func tenth(_ plans: String) -> Scenario {
        Scenario(
            title: "Whole database, a tenth of its rows", check: .wholeDatabase,
            contenders: [skein(plans, "whole-database", size: .tenth)],
        )
    }

    private static let createReadings = """
        create table readings (
            device_id int not null,
            time      timestamptz not null,
            value     double precision not null,
            quality   smallint not null
        );
        """

    /// With its default index on the time column.
    private static let createHypertable = """
        create extension timescaledb;
        select create_hypertable('readings', by_range('time', interval '7 days'));
        """
}
