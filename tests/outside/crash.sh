#!/usr/bin/env bash
# What is on the disk at any instant of a crawl is something to go on from. INSTANTS=300 is the large one.
set -euo pipefail
. "$(dirname "$0")/common.bash"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -B "$repository/tests/outside/crash.py" "$lycosa" "$folder" || fail "a copy did not go on"
