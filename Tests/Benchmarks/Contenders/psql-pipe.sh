#!/usr/bin/env bash
# The rows alone, into the table that the benchmark has made ready.
set -euo pipefail

psql -Xq --set=ON_ERROR_STOP=1 --dbname="$SOURCE_URI" --command='copy readings to stdout (format binary)' |
    psql -Xq --set=ON_ERROR_STOP=1 --dbname="$TARGET_URI" --command='copy readings from stdin (format binary)'
