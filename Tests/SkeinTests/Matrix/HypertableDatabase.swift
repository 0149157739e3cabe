/// Tables that become hypertables, in schema `h`; a batch is one implicit transaction.
enum HypertableDatabase {
    static let batches = [devices, zoned, others]

    private static let devices = #"""
        create schema h;
        create table h.devices (id int primary key, name text);
        insert into h.devices select i, 'd' || i from generate_series(1, 20) i;
        """#

    private static let zoned = #"""
        create table h.tz (id bigint generated always as identity primary key, device int not null constraint
            to_device references h.devices, at timestamptz not null, v float8, g float8 generated always as (v * 2)
            stored, constraint dev_at unique (device, at, id), constraint pos check (device > 0));
        insert into h.tz (device, at, v) select i % 20 + 1, timestamptz '2024-01-01' + i * interval '10 min', i /
            7.0 from generate_series(1, 6000) i;
        insert into h.tz (device, at, v) values (1, '1969-12-31 23:59:59.999999+00', 'NaN'), (1, '1900-01-01+00',
            '-0'), (1, '0044-03-15 BC', 'infinity'), (2, '4000-01-01+00', null);
        create index tz_dev on h.tz (device, at desc);
        create index tz_part on h.tz (v) where v > 100;
        create index tz_brin on h.tz using brin (at);
        create function h.quiet() returns trigger language plpgsql as 'begin return new; end';
        create trigger tz_row before insert or update on h.tz for each row execute function h.quiet();
        """#

    private static let others = #"""
        create table h.ts (at timestamp not null, device int, v text, primary key (at, device));
        insert into h.ts select timestamp '2020-01-31' + i * interval '1 day', i % 3, 'v' || i from
            generate_series(1, 900) i;
        create table h.d (day date not null, device int not null, v numeric, primary key (device, day));
        insert into h.d select date '2023-12-01' + i, i % 4, i from generate_series(1, 400) i;
        insert into h.d values ('0001-01-01 BC', 1, 1), ('1969-12-31', 1, 1);
        create table h.i2 (t smallint not null, v text);
        insert into h.i2 select i, 'x' from generate_series(-32768, 32767, 100) i;
        create table h.i4 (t int not null, v text, unique (t));
        insert into h.i4 select i * 1000, 'x' from generate_series(-500, 500) i;
        create table h.i8 (t bigint not null, v text, id int);
        insert into h.i8 select i::int8 * 1000000000, 'x', i from generate_series(-500, 500) i;
        create unique index i8_u on h.i8 (id, t);
        create index on h.i8 (t desc);
        create table h.nullable (at timestamptz, v int);
        insert into h.nullable select '2024-01-01', i from generate_series(1, 10) i;
        create table h.empty (at timestamptz not null, id int primary key);
        create index empty_at on h.empty (at);
        create table h.refers (id int primary key, day date, device int, foreign key (device, day) references h.d
            (device, day));
        insert into h.refers select row_number() over (), day, device from h.d;
        create table h.bad_refers (id int primary key, day date, device int, constraint bad foreign key (device,
            day) references h.d (device, day));
        alter table h.bad_refers disable trigger all;
        insert into h.bad_refers values (1, '2000-01-01', 1);
        alter table h.bad_refers enable trigger all;
        create table h.bad_device (at timestamptz not null, device int constraint bad_device_fk references
            h.devices, primary key (at));
        alter table h.bad_device disable trigger all;
        insert into h.bad_device values ('2024-01-01', 999);
        alter table h.bad_device enable trigger all;
        create table h.no_valid (at timestamptz not null, device int, v int);
        insert into h.no_valid values ('2024-01-01', 999, -1);
        alter table h.no_valid add constraint nv foreign key (device) references h.devices not valid, add constraint
            nvc check (v > 0) not valid;
        create table h.big (id bigserial, at timestamptz not null, device int, pad text, primary key (id, at));
        insert into h.big (at, device, pad) select timestamptz '2024-01-01' + i * interval '1 min', i % 10,
            repeat('p', 150) from generate_series(1, 60000) i;
        create index on h.big (at);
        analyze h.big;
        create table h.big_never (id bigserial, at timestamptz not null, device int, pad text);
        insert into h.big_never (at, device, pad) select timestamptz '2024-01-01' + i * interval '1 min', i % 10,
            repeat('p', 150) from generate_series(1, 30000) i;
        create index on h.big_never (at);
        create view h.daily as select date_trunc('day', at) as day, avg(v) from h.tz group by 1;
        create materialized view h.m as select count(*) from h.tz;
        create table h.guarded (at timestamptz not null, owner text);
        insert into h.guarded values ('2024-01-01', 'a');
        alter table h.guarded enable row level security;
        create policy p on h.guarded using (owner = current_user);
        create table h."Weird ""T" ("the ""time" timestamptz not null, "sp'ace" text not null, id int, primary key
            (id));
        insert into h."Weird ""T" select timestamptz '2024-01-01' + i * interval '1 day', 's' || i % 5, i from
            generate_series(1, 100) i;
        create statistics h.tz_stats on device, v from h.tz;
        comment on table h.tz is 'h';
        comment on column h.tz.at is 'when';
        comment on constraint pos on h.tz is 'p';
        comment on index h.tz_dev is 'i';
        alter table h.tz alter device set statistics 500;
        comment on trigger tz_row on h.tz is 't';
        """#
}
