/// The tables of schema `skein` on the target: one row a migration, one a task, one an entry of the schema dump.
package enum StateSchema {
    /// Raised whenever an older Skein could not read what a newer one wrote, or the other way round.
    package static let formatVersion = 2

    /// The first half of the advisory lock that says that a holder of a migration's claims is alive; begins with "sk"
    /// in ASCII. The second half is the holder's number.
    static func holderLockClass(_ migration: Int64) -> Int { 0x736B_0000 + Int(migration % 0x1_0000) }
    /// Taken in a transaction by whoever creates or resumes a migration, or renews its snapshot.
    static let coordinationLockClass = 0x736C_0000

    /// Held by the session of the process that receives and applies a migration's changes; the second half as above.
    package static func followerLockClass(_ migration: Int64) -> Int { 0x736D_0000 + Int(migration % 0x1_0000) }

    /// Idempotent.
    static let create = """
        create schema if not exists skein;
        comment on schema skein is 'State of Skein migrations into this database; removed by `skein clean`.';
        create table if not exists skein.format (version integer not null);
        insert into skein.format select \(formatVersion) where not exists (select from skein.format);
        create sequence if not exists skein.claim;
        create sequence if not exists skein.holder as integer cycle;
        create table if not exists skein.migration (
            id bigint generated always as identity primary key,
            uid uuid not null default gen_random_uuid(),
            name text not null unique,
            plan_hash text not null,
            settings jsonb not null,
            source jsonb not null,
            target jsonb not null,
            decisions jsonb not null,
            -- Of the source's selected definitions, to see whether they have changed when its snapshot was lost.
            fingerprint jsonb not null,
            -- The source's snapshot that pieces are read under: what `set transaction snapshot` takes, what it sees,
            -- and how many there were before it.
            snapshot_id text,
            snapshot text,
            -- Changed rows per table when it was taken, to name tables that were written to since.
            write_counters jsonb,
            generation integer not null default 0,
            started timestamptz not null default clock_timestamp(),
            finished timestamptz,
            skein_version text not null
        );
        create table if not exists skein.task (
            migration bigint not null references skein.migration on delete cascade,
            number integer not null,
            id text not null,
            action jsonb not null,
            needs integer[] not null,
            resource text not null,
            weight bigint not null,
            -- pending -> running -> done; running -> pending when given up, or free when its holder is gone.
            state text not null default 'pending' check (state in ('pending', 'running', 'done')),
            claim bigint,
            holder integer,
            attempts integer not null default 0,
            -- The generation of the snapshot that a done copy agrees with.
            generation integer,
            -- A copy that is done again: its rows were deleted, and keys may exist already.
            redo boolean not null default false,
            rows bigint,
            bytes bigint,
            started timestamptz,
            finished timestamptz,
            error text,
            sqlstate text,
            -- What the user should know of a task that is done.
            warning text,
            -- Of a copy in live mode: the snapshot it was read at, and the WAL's insert position right after it.
            watermark text,
            insert_lsn pg_lsn,
            -- The slot that the watermark was admitted for; another one by now: to be compared by the repair.
            slot_generation integer,
            primary key (migration, number)
        );
        -- Asked for by every claim of a task that needs all rows.
        create index if not exists task_redo on skein.task (migration) where redo and state <> 'done';
        -- Large objects that a migration made, so that it removes no other.
        create table if not exists skein.large_object (
            migration bigint not null,
            task integer not null,
            oid oid not null,
            primary key (migration, oid),
            foreign key (migration, task) references skein.task (migration, number) on delete cascade
        );
        \(SchemaEntryStore.ddl)
        \(LiveSchema.create)
        \(HistoryStore.ddl)
        """
}
