#!/usr/bin/env bash
# The floor: what somebody who knows this very database does with psql alone. No tool that has to find out what there
# is, and to survive being killed, can be expected to beat it by much.
set -euo pipefail

from_source() { psql -Xq --set=ON_ERROR_STOP=1 --dbname="$SOURCE_URI" "$@"; }
to_target() { psql -Xq --set=ON_ERROR_STOP=1 --dbname="$TARGET_URI" --output=/dev/null "$@"; }

# Truncated and filled in one transaction: the rows can be written frozen.
move() { # TABLE...
    local table
    for table; do
        from_source --command="copy $table to stdout (format binary)" |
            to_target --command=begin --command="truncate $table" \
                --command="copy $table from stdin (format binary, freeze)" --command=commit
    done
}

pg_dump --section=pre-data --dbname="$SOURCE_URI" | to_target

move readings &
big=$!
move alerts devices configs
wait "$big"

# Two at a time, the biggest first.
export PGOPTIONS='-c maintenance_work_mem=1GB'
xargs --max-procs=2 --delimiter='\n' -I{} psql -Xq --set=ON_ERROR_STOP=1 --dbname="$TARGET_URI" --command={} <<'SQL'
create unique index readings_pkey on readings (device_id, time)
create index readings_time_idx on readings (time)
create index readings_device_id_idx on readings (device_id)
create index alerts_device_id_raised_at_idx on alerts (device_id, raised_at desc)
create unique index alerts_pkey on alerts (id)
create unique index devices_pkey on devices (id)
create unique index devices_serial_key on devices (serial)
create unique index configs_pkey on configs (device_id)
SQL

to_target <<'SQL'
alter table readings add primary key using index readings_pkey;
alter table alerts add primary key using index alerts_pkey;
alter table devices add primary key using index devices_pkey;
alter table devices add unique using index devices_serial_key;
alter table configs add primary key using index configs_pkey;
alter table alerts add foreign key (device_id) references devices;
alter table configs add foreign key (device_id) references devices;
select setval('alerts_id_seq', max(id)) from alerts;
analyze;
SQL
