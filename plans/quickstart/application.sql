-- One connection of an application at work: transaction after transaction of 10 inserts, 4 updates and 2 deletes, until
-- the server takes no more. psql --set=connection=1

\set ON_ERROR_STOP on
set client_min_messages = warning;
-- Half of the connections do not wait for the disk: what they committed last must arrive as well.
select :connection % 2 = 0 as waits \gset
\if :waits
set synchronous_commit = on;
\else
set synchronous_commit = off;
\endif
select set_config('application.connection', :'connection', false) \g /dev/null

do $$
declare
    me constant int := current_setting('application.connection');
    device int;
    moment timestamptz;
begin
    loop
        device := 1 + random() * 1999;
        moment := clock_timestamp();

        insert into readings (device_id, time, value, payload)
        select 1 + (device + n * 7) % 2000, moment + n * interval '1 ms', 20 + random(), '{"battery": 80}'
        from generate_series(1, 9) n
        on conflict do nothing;
        insert into alerts (raised_at, device_id, severity, message)
        values (moment, device, 'warning', 'device ' || device || ' stays silent');

        update activity set transactions = transactions + 1 where connection = me;
        update devices set model = model || '' where id = device;
        update configs set settings = jsonb_set(settings, '{limits,high}', to_jsonb(25 + random())) where device_id = device;
        update alerts set acknowledged_by = 1 + device % 300 where id = 1 + floor(random() * 150000);

        delete from alerts where id = 1 + floor(random() * 150000);
        delete from readings
        where device_id = device
            and time = (select min(time) from readings where device_id = device and time > '2026-06-01');

        commit;
        perform pg_sleep(0.005);
    end loop;
end
$$;
