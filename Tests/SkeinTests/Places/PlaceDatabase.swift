/// The IoT platform that the example plans are about: what a database of the field holds, made by a role that is no
/// superuser.
enum PlaceDatabase {
    static let batches = [structure, rows, keys, others]

    /// The same where TimescaleDB is, with its readings in a hypertable.
    static let timescale = [
        structure, "select public.create_hypertable('public.readings', public.by_range('time', interval '3 days'))",
        rows, keys, others,
    ]

    private static let structure = """
        create schema telemetry;
        create type telemetry.severity as enum ('info', 'warning', 'critical');
        create domain telemetry.celsius as double precision check (value > -273.15);
        create table public.devices (
            id bigint generated always as identity primary key, serial text not null unique,
            site text collate "C" default 'north', attributes jsonb, added timestamptz not null default now());
        create table public.readings (
            time timestamptz not null, device_id bigint not null, temperature telemetry.celsius, humidity real,
            primary key (device_id, time));
        create table public.alerts (
            id serial primary key, device_id bigint not null, raised_at timestamptz not null,
            severity telemetry.severity not null, message text);
        create table public.metrics (name text, value numeric, at timestamptz default now());
        create table public.log_lines (at timestamptz not null default now(), line text);
        create table public.tmp_import (line text);
        create table public.beat (n bigint generated always as identity primary key);
        create table telemetry.history (day date not null, device_id bigint, total numeric)
            partition by range (day);
        create table telemetry.history_2024 partition of telemetry.history
            for values from ('2024-01-01') to ('2025-01-01');
        create table telemetry.history_2025 partition of telemetry.history
            for values from ('2025-01-01') to ('2026-01-01');
        """

    private static let rows = """
        insert into public.devices (serial, attributes)
            select 'SN-' || n, jsonb_build_object('n', n, 'ä', '€') from generate_series(1, 50) n;
        insert into public.readings
            select '2025-01-01'::timestamptz + n * interval '1 hour', d, (n * 7 + d) % 40, n % 100
            from generate_series(0, 400) n, generate_series(1, 20) d;
        insert into public.alerts (device_id, raised_at, severity, message)
            select 1 + n % 50, '2025-01-01'::timestamptz + n * interval '3 hours',
                (array['info', 'warning', 'critical'])[1 + n % 3]::telemetry.severity, 'm' || n
            from generate_series(1, 300) n;
        insert into public.metrics select 'm' || n % 7, n / 3.0, '2025-01-01' from generate_series(1, 200) n;
        insert into public.log_lines select '2025-01-01', 'line ' || n from generate_series(1, 100) n;
        insert into public.tmp_import values ('x');
        insert into telemetry.history
            select '2024-06-01'::date + n, n % 50, n / 7.0 from generate_series(0, 400) n;
        """

    private static let keys = """
        alter table telemetry.history add primary key (day, device_id);
        create index readings_time on public.readings (time desc);
        create index alerts_open on public.alerts (device_id, raised_at) where severity = 'critical';
        create index devices_site on public.devices (lower(site));
        alter table public.alerts add foreign key (device_id) references public.devices (id) on delete cascade;
        alter table public.readings add foreign key (device_id) references public.devices (id);
        alter table public.devices alter site set statistics 500;
        """

    private static let others = """
        create function telemetry.touch() returns trigger language plpgsql set search_path = '' as
            $$ begin new.message := coalesce(new.message, 'none'); return new; end $$;
        create trigger touch before insert or update on public.alerts
            for each row execute function telemetry.touch();
        create view public.open_alerts with (security_barrier) as
            select d.serial, a.raised_at, a.message from public.alerts a join public.devices d on d.id = a.device_id
            where a.severity = 'critical';
        create materialized view telemetry.daily as
            select date_trunc('day', raised_at, 'UTC') as day, count(*) from public.alerts group by 1;
        create unique index daily_day on telemetry.daily (day);
        create sequence telemetry.free start 1000 increment 5;
        select nextval('telemetry.free');
        alter table public.log_lines enable row level security;
        create policy own_lines on public.log_lines for select using (line <> 'secret');
        comment on table public.readings is 'Hourly, "raw"';
        comment on column public.devices.site is 'where it stands';
        """
}
