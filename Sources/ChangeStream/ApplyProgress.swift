/// How far changes are applied: written in the transactions that apply them, so that a restart neither loses nor
/// repeats any.
package enum ApplyProgress {
    package static let ddl = """
        -- A lane reads the stream by itself: 0 is everything, others are tables that are copied again. A worker applies
        -- its part of a lane, by hash of the keys.
        create table if not exists skein.apply_progress (
            migration bigint not null references skein.migration on delete cascade,
            lane integer not null,
            worker integer not null,
            -- What the parts were made by: all workers must stand at one position before either changes.
            workers integer not null,
            hash_version integer not null,
            -- Tables whose changes all went to one worker, by their oids on the source.
            pinned oid[] not null default '{}',
            -- Behind the last transaction that is applied.
            position pg_lsn not null,
            -- When that was committed on the source.
            committed timestamptz,
            transactions bigint not null default 0,
            changes bigint not null default 0,
            updated timestamptz not null default clock_timestamp(),
            primary key (migration, lane, worker)
        );
        -- The tables of a lane other than 0.
        create table if not exists skein.lane_table (
            migration bigint not null references skein.migration on delete cascade,
            lane integer not null,
            table_schema text not null,
            table_name text not null,
            primary key (migration, table_schema, table_name)
        );
        -- Rows that were read again from the source by their key (a moved row whose TOASTed value was not sent): pieces
        -- inside pieces, each with its own watermark.
        create table if not exists skein.row_watermark (
            migration bigint not null references skein.migration on delete cascade,
            table_oid oid not null,
            row_key text not null,
            watermark text not null,
            insert_lsn pg_lsn not null,
            primary key (migration, table_oid, row_key)
        );
        -- The newest TRUNCATE of each table that came in the stream, by the table's oid and the transaction's id on the
        -- source: a file that this transaction changed needs no other explanation.
        create table if not exists skein.applied_truncation (
            migration bigint not null references skein.migration on delete cascade,
            table_oid oid not null,
            xid xid not null,
            primary key (migration, table_oid)
        );
        """
}
