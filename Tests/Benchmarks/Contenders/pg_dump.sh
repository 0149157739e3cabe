#!/usr/bin/env bash
# PostgreSQL's own tools. Not compressed: both databases are near, and gzip would be most of the time.
set -euo pipefail

pg_dump --format=directory --jobs=2 --compress=0 --file="$SCRATCH/dump" --dbname="$SOURCE_URI"
pg_restore --jobs=2 --exit-on-error --dbname="$TARGET_URI" "$SCRATCH/dump"
psql -Xq --set=ON_ERROR_STOP=1 --dbname="$TARGET_URI" --command=analyze
