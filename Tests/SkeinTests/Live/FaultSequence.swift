@testable import Chaos
import Faults
import Glibc
import TestServers
import Testing

/// One migration's way through fault points.
struct FaultSequence {
    let migration: Migration

    init(_ migration: Migration) { self.migration = migration }

    /// A point that was not passed; what comes after it would tell nothing.
    struct Survived: Error, CustomStringConvertible {
        let description: String
    }

    /// Runs the command until it dies at the point. The source changes before.
    /// - Throws: `Survived`.
    func die(at point: FaultPoint, of command: String = "migrate", _ arguments: [String] = []) async throws {
        if command == "migrate" { try await migration.applyToSource(FaultSchema.changes) }
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(90)
        while true {
            let process = try migration.start(
                command, arguments + ["--no-color"], environment: ["SKEIN_FAULT": point.rawValue])
            while process.isRunning, clock.now < deadline { try await Task.sleep(for: .milliseconds(20)) }
            let isInTime = !process.isRunning
            process.send(SIGKILL)
            let end = try await process.wait()
            if isInTime, end.signal == SIGKILL { return }
            // A cutover may come too early, and so may a command that finds the dead one's sessions.
            if isInTime, end.exitCode == 4, clock.now < deadline {
                try await Task.sleep(for: .milliseconds(300))
                continue
            }
            throw Survived(description: "\(command) \(arguments) did not pass \(point.rawValue): \(end)")
        }
    }

    /// Dies behind copied pieces until some of a table's are done, and some are not.
    func dieBetweenPieces(of table: String) async throws {
        for _ in 1...12 {
            let seen = try await TestServers.column(
                """
                select bool_or(state = 'done') and not bool_and(state = 'done') from skein.task
                where id like 'copy:\(table):%'
                """, on: migration.target)
            if seen == ["t"] { return }
            try await die(at: .copyCommitted)
        }
        throw Survived(description: "\(table) was never copied in part")
    }

    /// Follows until only the gate is left, and is killed.
    func reachTheGate() async throws {
        let run = try migration.start("migrate", ["--no-color"])
        try await migration.waitUntilFollowing(run)
        try await run.waitUntilSaid("ready for cutover")
        run.send(SIGKILL)
        _ = try await run.wait()
    }
}

/// Little of everything that a fault point is about.
enum FaultSchema {
    static let plan = """
        copy: {table-jobs: 1, index-jobs: 1, split-tables-larger-than: 128 kB}
        replication:
          apply-jobs: 1
          identity: {public.events: full, public.log: inserts-only}
          spool: {directory: ./spool, max-size: 64 MB}
        cutover: {max-lag: 5 s, fence: read-only, verify: checksums}
        """

    static let batches = [
        """
        create table documents (id int primary key, version int not null, body text);
        alter table documents alter body set storage external;
        create table names (name text primary key, pad text);
        create table items (id int primary key, v int, touched int not null default 0);
        create table orders (id bigint generated always as identity primary key, item int references items);
        create table events (kind int, body text);
        create table log (line text);
        create table bulk (id bigint generated always as identity primary key, body text);
        alter table bulk alter body set storage external;
        create function touch() returns trigger language plpgsql as $$
        begin
            new.touched := new.touched + 1;
            return new;
        end $$;
        create trigger touch before insert or update on items for each row execute function touch();
        """,
        """
        insert into documents select n, 0, repeat(md5(n::text), 100) from generate_series(1, 260) n;
        insert into names select md5(n::text), repeat('n', 60) from generate_series(1, 5000) n;
        insert into items select n, n from generate_series(1, 300) n;
        insert into orders (item) select n from generate_series(1, 200) n;
        insert into events select n % 5, 'event ' || n % 20 from generate_series(1, 200) n;
        insert into log select 'line ' || n from generate_series(1, 200) n;
        """, "vacuum (analyze)",
    ]

    /// More bytes than go to the target at once, and than a segment of the spool.
    static let largeTransaction =
        "insert into bulk (body) select repeat(n::text, 1000000) from generate_series(1, 28) n"

    /// One transaction, again and again.
    static let changes = """
        update items set v = v + 1 where id % 7 = 0;
        insert into items (id, v) select coalesce(max(id), 0) + 1, 0 from items;
        insert into orders (item) select max(id) from items;
        update documents set version = version + 1 where id % 5 = 0;
        delete from names where name in (select name from names order by name limit 3);
        insert into names select md5(random()::text), 'new' from generate_series(1, 5);
        update events set body = body || '.' where ctid in (select ctid from events limit 2);
        insert into events values (1, 'event');
        insert into log values ('line');
        update log set line = line || '.' where ctid in (select ctid from log limit 1);
        """
}
