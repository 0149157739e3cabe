private import ChangeStream

/// The state's tables of live migrations.
package enum LiveSchema {
    static let create = """
        -- The stream of a migration: where it began and where it stands.
        create table if not exists skein.stream (
            migration bigint primary key references skein.migration on delete cascade,
            -- From here on whatever bears our names on the source is ours, and may be made anew or removed.
            claimed boolean not null default false,
            -- Counts the slots: a repair makes a new one. The spool carries the same number.
            slot_generation integer not null default 0,
            -- Where the slot begins: transactions that commit behind it are streamed.
            consistent_lsn pg_lsn,
            -- What the snapshot that the slot exported sees (EXACTNESS.md, 2). Null: the slot is being made.
            slot_snapshot text,
            -- The slot that `skein.apply_progress` goes with; another one: all of it is thrown away by the repair.
            progress_generation integer,
            -- The publications with their oids and members, to see whether they are still the same.
            publications jsonb,
            -- The source's tables when the slot was made, and since then each time that differences were dealt with.
            source_shape jsonb,
            -- Updated and deleted rows, by then, of tables that are followed for inserts only.
            row_counters jsonb,
            -- Why the stream is broken, until `--repair` has mended it.
            broken text,
            -- Why the last cutover was refused by the source; null once another is asked for.
            refusal text,
            -- What is applied no further than: the marker's token.
            marker text,
            marker_lsn pg_lsn,
            -- Where the source's WAL ended before the marker was written.
            marker_floor pg_lsn,
            -- `FollowStatus`, and when it was true.
            status jsonb,
            status_time timestamptz
        );
        -- The snapshot that all block pieces of a table are read under; its holder is a session on the source.
        create table if not exists skein.block_snapshot (
            migration bigint not null references skein.migration on delete cascade,
            table_oid oid not null,
            -- Counts the snapshots that saw different things: the table started over.
            generation integer not null,
            slot_generation integer not null,
            snapshot_id text not null,
            snapshot text not null,
            insert_lsn pg_lsn not null,
            holder_pid integer not null,
            primary key (migration, table_oid)
        );
        -- Replica identities that were changed on the source, and how they were, to be undone.
        create table if not exists skein.identity_change (
            migration bigint not null references skein.migration on delete cascade,
            table_oid oid not null,
            table_schema text not null,
            table_name text not null,
            -- Clauses as in `alter table … replica identity …`.
            before text not null,
            after text not null,
            primary key (migration, table_oid)
        );
        -- A cutover, from its approval to its end; no row: the gate is closed.
        create table if not exists skein.cutover (
            migration bigint primary key references skein.migration on delete cascade,
            requested timestamptz not null default clock_timestamp(),
            -- Withdrawn: what was done of it is undone, then the row is deleted.
            abandoned boolean not null default false,
            fence text not null,
            -- How long open transactions are waited for.
            wait_seconds double precision not null default 10,
            -- What the fence changed on the source, before it does: the database's own setting as it was.
            fence_before jsonb,
            fenced timestamptz,
            marked timestamptz,
            drained timestamptz,
            completed timestamptz,
            -- Token of the second marker, which the completion writes.
            end_marker text,
            -- Row changes on followed tables that committed between the two markers; null until the follower has
            -- counted them.
            late_changes bigint,
            report jsonb
        );
        -- Wishes for copying a table again, until done.
        create table if not exists skein.resync (
            migration bigint not null references skein.migration on delete cascade,
            table_schema text not null,
            table_name text not null,
            requested timestamptz not null default clock_timestamp(),
            -- The lane that the table's changes wait in for the copy. Null: not begun.
            lane integer,
            primary key (migration, table_schema, table_name)
        );
        \(ApplyProgress.ddl)
        """
}
