/// A schema of many tables, to measure what grows with their number.
package enum LargeSchema {
    /// Statements that make tables `public.table_1` …, each with an identity, a primary key and two more indexes. In
    /// batches, because one transaction cannot lock all of them (`max_locks_per_transaction`).
    package static func batches(tables: Int, perBatch: Int = 200) -> [String] {
        stride(from: 1, through: tables, by: perBatch).map { first in
            """
            do $$
            begin
                for number in \(first)..\(min(first + perBatch - 1, tables)) loop
                    execute format('
                        create table table_%1$s (
                            id bigint generated always as identity primary key, device_id bigint not null,
                            at timestamptz not null default now(), name text, value double precision,
                            note varchar(100));
                        create index table_%1$s_device on table_%1$s (device_id, at);
                        create index table_%1$s_at on table_%1$s (at desc)', number);
                end loop;
            end $$
            """
        }
    }
}
