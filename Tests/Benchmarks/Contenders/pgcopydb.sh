#!/usr/bin/env bash
# pgcopydb at its fastest, in the root that has it: / or a chroot, with $SCRATCH as /srv there.
#
# It works with this machine's pg_dump, as everybody here does. Its chroot's own (18.6) dumps a setting of PostgreSQL
# 15.20's, pg_attver, that no other server takes.
set -euo pipefail

clone=(pgcopydb clone --source "$SOURCE_URI" --target "$TARGET_URI" --use-copy-binary --table-jobs 2 --index-jobs 2)
if [[ $PGCOPYDB_ROOT == / ]]; then
    exec "${clone[@]}" --dir "$SCRATCH/pgcopydb"
fi
mkdir "$SCRATCH/bin"
cp "$(pg_config --bindir)"/{psql,pg_dump,pg_restore,vacuumdb} "$SCRATCH/bin"
# shellcheck disable=SC2016 # the inner shell's
exec unshare --mount bash -euc '
    root=$1 scratch=$2
    shift 2
    mount --rbind /dev "$root/dev"
    mount -t proc proc "$root/proc"
    mount --bind "$scratch" "$root/srv"
    exec env -i HOME=/srv PATH=/srv/bin:/usr/sbin:/usr/bin:/sbin:/bin chroot "$root" "$@"
' bash "$PGCOPYDB_ROOT" "$SCRATCH" "${clone[@]}" --dir /srv/pgcopydb
