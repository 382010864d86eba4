#!/usr/bin/env bash
# Full disks, of the state and of the output: the crawl waits, and goes on by itself when there is room.
set -euo pipefail
. "$(dirname "$0")/common.bash"
folder=$(mktemp -d)

unmount() {
    for place in state output; do
        if mountpoint -q "$folder/$place"; then as_root umount --lazy "$folder/$place"; fi
    done
    rm -rf "$folder"
}
trap unmount EXIT

# fill STATE OUTPUT STATE_WORDS OUTPUT_WORDS FLAG...: file systems of these sizes, and what the log says of full ones.
fill() {
    unmount
    mkdir -p "$folder/state" "$folder/output"
    as_root mount -t tmpfs -o "size=$1,mode=777" tmpfs "$folder/state" || fail "no file system can be mounted here: this test needs that"
    as_root mount -t tmpfs -o "size=$2,mode=777" tmpfs "$folder/output"
    python3 "$repository/tests/outside/disk_full.py" "$lycosa" "$folder" "${@:3}" ||
        { tail -20 "$folder/log" >&2; fail "the crawl did not get over it"; }
}

short="too little room on the disk"
fill 96m 80m "$short.*path=state" "$short.*path=output"
fill 96m 16m "store does not answer.*disk full" "exporter failed.*os error 28" --set limits.disk_free=0
