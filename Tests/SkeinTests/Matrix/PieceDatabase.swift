/// Tables to be cut into pieces, in schema `p`: by every kind of key, analysed and not.
enum PieceDatabase {
    static let batches = [tables]

    private static let tables = #"""
        create schema p;
        create function p.fill(t text, expr text, n int, extra text default '') returns void language plpgsql as $$
        begin
          execute format('insert into p.%I (k, pad) select %s, repeat(''p'', 100) from generate_series(1, %s) i', t,
              expr, n);
        end $$;
        do $$
        declare t record;
        begin
          for t in select * from (values
            ('int_key', 'int', 'i - 10000'), ('big_key', 'bigint', 'case when i = 1 then -9223372036854775808 when i = 2 then 9223372036854775807
              else (i::bigint - 10000) * 1000000007 end'),
            ('small_key', 'smallint', 'i - 10000'),
            ('date_key', 'date', 'case when i < 20 then ''infinity'' when i < 40 then ''-infinity'' 
              when i = 41 then ''4713-01-01 BC'' else date ''1990-01-01'' + i end'),
            ('tz_key', 'timestamptz', 'case when i < 20 then ''infinity'' when i < 40 then ''-infinity'' 
              when i = 41 then ''4713-11-24 00:00:00+00 BC'' 
              when i = 42 then ''294276-12-31 23:59:59.999999+00'' 
              else timestamptz ''1960-01-01'' + i * interval ''1 day 00:00:00.000001'' end'),
            ('ts_key', 'timestamp', 'timestamp ''2024-01-01'' + i * interval ''1 second'''),
            ('uuid_key', 'uuid', 'md5(i::text)::uuid'), ('bytea_key', 'bytea', 'decode(md5(i::text), ''hex'')'),
                ('c_key', 'text collate "C"',
                'case when i % 100 = 0 then ''ü\'' || i else E''it''''s \\'' || i end'),
            ('text_key', 'text', '''t'' || i'), ('num_key', 'numeric', 'i / 7.0'), ('float_key', 'float8',
                'i / 7.0'), ('bool_key', 'bool', 'i % 2 = 0')
          ) v (name, type, expr) loop
            execute format('create table p.%I (k %s, pad text)', t.name, t.type);
            execute format('create index on p.%I (k)', t.name);
            perform p.fill(t.name, t.expr, 20000);
            execute format('insert into p.%I select null, ''null'' || i from generate_series(1, 500) i', t.name);
            execute format('analyze p.%I', t.name);
            execute format('create table p.%I (k %s, pad text)', t.name || '_never', t.type);
            execute format('create index on p.%I (k)', t.name || '_never');
            execute format('alter table p.%I set (autovacuum_enabled = off)', t.name || '_never');
            perform p.fill(t.name || '_never', t.expr, 20000);
          end loop;
        end $$;
        create table p.heap (a int, pad text);
        insert into p.heap select i % 5, repeat('h', 100) from generate_series(1, 20000) i;
        insert into p.heap select null, null from generate_series(1, 100);
        delete from p.heap where ctid < '(50,0)';
        analyze p.heap;
        create table p.scattered (id uuid primary key default gen_random_uuid(), pad text);
        insert into p.scattered select md5(i::text)::uuid, repeat('s', 100) from generate_series(1, 20000) i;
        analyze p.scattered;
        create table p.toasted (id int primary key, v text);
        alter table p.toasted alter v set storage external;
        insert into p.toasted select i, repeat(md5(i::text), 1000) from generate_series(1, 200) i;
        analyze p.toasted;
        create table p.skewed (k int, pad text);
        create index on p.skewed (k);
        insert into p.skewed select case when i % 10 < 9 then 7 else i end, repeat('x', 100) from generate_series(1,
            20000) i;
        analyze p.skewed;
        create table p.desc_key (k int, pad text);
        create index on p.desc_key (k desc nulls last);
        insert into p.desc_key select -i, repeat('x', 100) from generate_series(1, 20000) i;
        analyze p.desc_key;
        create table p.partial (k int, pad text);
        create index on p.partial (k) where k > 10;
        insert into p.partial select i, repeat('x', 100) from generate_series(1, 20000) i;
        analyze p.partial;
        create table p.stale (k int primary key, pad text);
        insert into p.stale select i, 'x' from generate_series(1, 10) i;
        analyze p.stale;
        alter table p.stale set (autovacuum_enabled = off);
        insert into p.stale select i, repeat('x', 100) from generate_series(100, 20000) i;
        insert into p.stale select -i, repeat('x', 100) from generate_series(100, 20000) i;
        create table p.parent (k int primary key, pad text);
        create table p.kid (primary key (k)) inherits (p.parent);
        insert into p.parent select i, repeat('x', 100) from generate_series(1, 20000) i;
        insert into p.kid select i, repeat('y', 100) from generate_series(1, 20000) i;
        analyze p.parent;
        create table p.part (k int not null, pad text) partition by range (k);
        create table p.part_1 partition of p.part for values from (minvalue) to (10000);
        create table p.part_2 partition of p.part default;
        alter table p.part add primary key (k);
        insert into p.part select i, repeat('x', 100) from generate_series(1, 20000) i;
        analyze p.part;
        create table p.gen (k int primary key, g int generated always as (k * 2) stored, pad text);
        insert into p.gen (k, pad) select i, repeat('x', 100) from generate_series(1, 20000) i;
        analyze p.gen;
        create table p."Odd ""table" ("my ""key' \" int primary key, pad text);
        insert into p."Odd ""table" select i, repeat('x', 100) from generate_series(1, 20000) i;
        analyze p."Odd ""table";
        create unlogged table p.unlogged_one (k int primary key, pad text);
        insert into p.unlogged_one select i, repeat('x', 100) from generate_series(1, 20000) i;
        analyze p.unlogged_one;
        """#
}
