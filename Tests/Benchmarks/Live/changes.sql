-- What is changed on the source while it is followed. A million rows first; the same rows every run.

\set ON_ERROR_STOP on
set timezone = 'UTC';
set synchronous_commit = off;

create table samples (
    device_id int not null,
    time      timestamptz not null,
    value     double precision not null,
    quality   smallint not null,
    primary key (device_id, time)
);
insert into samples
select 1 + n % 2000, '2026-05-01'::timestamptz + n * interval '4 s', n / 7.0, n % 100 from generate_series(1, 1000000) n;

-- To see when a commit arrives.
create table heartbeat (id int primary key, n bigint not null, at timestamptz not null);
insert into heartbeat values (1, 0, now());

-- So many transactions of 10 inserts, 4 updates and 2 deletes, numbered from `first`; `per_second` 0: without a pause.
create procedure work(first bigint, count bigint, per_second double precision default 0) language plpgsql as $$
declare
    begun timestamptz := clock_timestamp();
    base constant timestamptz := '2026-05-01';
begin
    for number in first .. first + count - 1 loop
        insert into samples
        select 1 + n % 2000, base + n * interval '4 s', n / 7.0, n % 100
        from generate_series(1000000 + number * 10 + 1, 1000000 + number * 10 + 10) n;
        -- Odd numbers are updated, even ones deleted, far from each other, each of these rows is there.
        update samples s set value = -value
        from unnest(array[
            number * 7919 % 500000, number * 6101 % 500000, number * 3571 % 500000, number * 1733 % 500000
        ]) k
        where s.device_id = 1 + (2 * k + 1) % 2000 and s.time = base + (2 * k + 1) * interval '4 s';
        delete from samples s using unnest(array[number * 2 % 500000, (number * 2 + 1) % 500000]) k
        where s.device_id = 1 + (2 * k + 2) % 2000 and s.time = base + (2 * k + 2) * interval '4 s';
        commit;
        if per_second > 0 and number % 10 = 0 then
            perform pg_sleep((number - first) / per_second - extract(epoch from clock_timestamp() - begun));
        end if;
    end loop;
end $$;

vacuum (freeze, analyze);
checkpoint;
