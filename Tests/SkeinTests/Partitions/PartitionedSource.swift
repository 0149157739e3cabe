import Foundation
import Postgres
import TestServers

/// Sources whose partitioned tables become hypertables, and who writes to them.
enum PartitionedSource {
    /// Partitions by range, one divided further by list, one attached with its columns in another order and indexes,
    /// defaults and rights of its own, and a default one.
    static let declarative = [
        """
        create table readings (
            device_id int not null, ts timestamptz not null, value numeric, note text default 'x',
            twice numeric generated always as (value * 2) stored, primary key (device_id, ts)
        ) partition by range (ts);
        create table readings_01 partition of readings for values from ('2024-01-01 +00') to ('2024-02-01 +00');
        create table readings_02 (
            ts timestamptz not null, junk int, note text default 'y', value numeric, device_id int not null,
            twice numeric generated always as (value * 2) stored);
        alter table readings_02 drop column junk;
        create index only_here on readings_02 (note);
        grant select on readings_02 to public;
        alter table readings attach partition readings_02
            for values from ('2024-02-01 +00') to ('2024-03-01 +00');
        create table readings_03 partition of readings
            for values from ('2024-03-01 +00') to ('2024-04-01 +00') partition by list (device_id);
        create table readings_03_few partition of readings_03 for values in (1, 2, 3);
        create table readings_03_rest partition of readings_03 default;
        create table readings_rest partition of readings default;
        create index readings_value on readings (value);
        create table numbers (n bigint not null, part int not null, t text, primary key (n, part))
            partition by hash (part);
        create table numbers_0 partition of numbers for values with (modulus 2, remainder 0);
        create table numbers_1 partition of numbers for values with (modulus 2, remainder 1);
        create table events (id bigint, region text, ts timestamptz not null, v int, primary key (id, region))
            partition by list (region);
        create table events_eu partition of events for values in ('eu', 'uk');
        create table events_rest partition of events default;
        create table loose (ts timestamptz not null, kind text, v int) partition by list (kind);
        create table loose_a partition of loose for values in ('a');
        create table loose_none partition of loose for values in (null);
        """,
        """
        insert into readings (device_id, ts, value)
            select d, t, d * 1.5 from generate_series(1, 8) d,
                generate_series('2024-01-01 +00'::timestamptz, '2024-04-20 +00', '2 hours') t;
        insert into numbers select g, g % 7, repeat('t', g % 50) from generate_series(1, 3000) g;
        insert into events select g, case g % 3 when 0 then 'eu' when 1 then 'uk' else 'us' end,
            '2024-01-01 +00'::timestamptz + g * interval '1 hour', g from generate_series(1, 1500) g;
        insert into loose select '2024-01-01 +00'::timestamptz + (g % 300) * interval '1 hour',
            case g % 2 when 0 then 'a' end, g % 5 from generate_series(1, 1200) g;
        analyze;
        """,
    ]

    /// A parent with rows of its own and two children that have but their rows' keys in common.
    static let inherited = [
        """
        create table logs (id bigserial, at timestamptz not null, line text, primary key (id, at));
        create table logs_1 (check (at < '2024-02-01 +00'), primary key (id, at)) inherits (logs);
        create table logs_2 (check (at >= '2024-02-01 +00'), primary key (id, at)) inherits (logs);
        create index logs_line on logs (line);
        create function send_logs() returns trigger language plpgsql as $$ begin
            if new.at < '2024-02-01 +00' then insert into logs_1 values (new.*);
            else insert into logs_2 values (new.*); end if;
            return null; end $$;
        insert into logs (at, line) values ('2023-12-31 +00', 'of the parent');
        create trigger send before insert on logs for each row execute function send_logs();
        insert into logs (at, line)
            select '2024-01-01 +00'::timestamptz + g * interval '1 hour', 'line ' || g from generate_series(1, 1500) g;
        analyze;
        """
    ]

    static let plan = """
        hypertables:
          - table: public.readings
            time-column: ts
            chunk-interval: 7 days
            space: {column: device_id, partitions: 2}
            from-partitions: true
          - table: public.numbers
            time-column: n
            chunk-interval: 1000
            from-partitions: true
          - table: public.events
            time-column: ts
            chunk-interval: 14 days
            space: {column: region, partitions: 2}
            primary-key: [id, region, ts]
            from-partitions: true
          - table: public.loose
            time-column: ts
            from-partitions: true
          - table: public.logs
            time-column: at
            from-partitions: true
        """

    /// Inserts, updates that move rows between partitions and pieces, deletes; of random rows, each its own transaction.
    static let writes = [
        """
        insert into readings (device_id, ts, value)
        select (random() * 9)::int, date_trunc('second', '2024-01-01 +00'::timestamptz + random() * '115 days'::interval),
            random() from generate_series(1, 4) on conflict do nothing
        """,
        """
        update readings set value = coalesce(value, 0) + 1 where (device_id, ts) in (
            select device_id, ts from readings where device_id = (random() * 9)::int limit 3)
        """,
        """
        update readings r set ts = r.ts + '17 days 00:00:01' where (device_id, ts) in (
            select device_id, ts from readings where ts < '2024-04-01 +00' and device_id = (random() * 9)::int
            order by random() limit 1)
            and not exists (
                select from readings o where o.device_id = r.device_id and o.ts = r.ts + '17 days 00:00:01')
        """,
        """
        delete from readings where (device_id, ts) in (
            select device_id, ts from readings where device_id = (random() * 9)::int order by random() limit 1)
        """,
        "insert into numbers select 3000 + (random() * 1e6)::int, (random() * 6)::int, 'new' on conflict do nothing",
        """
        update numbers set part = (part + 1) % 7 where n = (1 + random() * 2999)::int
            and not exists (select from numbers o where o.n = numbers.n and o.part = (numbers.part + 1) % 7)
        """,
        "delete from numbers where n = (1 + random() * 2999)::int",
        "insert into logs (at, line) values ('2024-01-01 +00'::timestamptz + random() * '60 days'::interval, 'written')",
        "update logs set line = line || '.' where id = (1 + random() * 1500)::int",
        "delete from only logs_1 where id = (1 + random() * 1500)::int",
        "update events set ts = ts + '20 days', v = v + 1 where id = (1 + random() * 1500)::int",
        "update events set region = case region when 'eu' then 'us' else 'eu' end where id = (1 + random() * 1500)::int",
        "delete from events where id = (1 + random() * 1500)::int",
        "update loose_none set v = v + 1 where ctid in (select ctid from loose_none limit 1)",
        "insert into loose values ('2024-01-03 +00'::timestamptz + random() * '9 days'::interval, null, 1)",
        "delete from loose_a where ctid = any (array(select ctid from loose_a limit 2))",
        "update loose set kind = 'a' where tableoid = 'loose_none'::regclass and ctid in (select ctid from loose_none limit 1)",
    ]
}

extension Migration {
    /// Runs `body` while each of some sessions runs the statements again and again, in transactions of one to three; with
    /// time slower, as `started`'s writers.
    func whileWriting(_ statements: [String], _ body: () async throws -> Void) async throws {
        let stop = Flag()
        let source = source
        try await withThrowingTaskGroup(of: Void.self) { group in
            for seed in 1...2 {
                group.addTask {
                    try await TestServers.withConnection(to: source, settings: ["search_path": "public"]) {
                        connection in
                        try connection.execute("select setseed(0.\(seed))")
                        var turn = seed
                        let start = ContinuousClock.now
                        while !stop.isRaised {
                            turn += 1
                            if ContinuousClock.now - start > .seconds(15) { Thread.sleep(forTimeInterval: 0.05) }
                            // A deadlock or a lock that somebody else needs is the writers' own affair.
                            do {
                                try connection.execute("begin")
                                for number in 0..<(1 + turn % 3) {
                                    try connection.execute(statements[(turn * 7 + number * 3) % statements.count])
                                }
                                try connection.execute("commit")
                            } catch let error as PostgresError {
                                guard connection.isUp else { return }
                                try connection.execute("rollback")
                                if error.sqlState == "25006" { return }
                            }
                        }
                    }
                }
            }
            do {
                try await body()
            } catch {
                stop.raise()
                throw error
            }
            stop.raise()
            try await group.waitForAll()
        }
    }
}

private final class Flag: @unchecked Sendable {
    private let lock = NSLock()
    private var value = false
    var isRaised: Bool { lock.withLock { value } }
    func raise() { lock.withLock { value = true } }
}
