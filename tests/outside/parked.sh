#!/usr/bin/env bash
# Hosts that cannot be asked within the limits.
set -euo pipefail
. "$(dirname "$0")/common.bash"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 "$repository/tests/outside/parked.py" "$lycosa" "$folder" || { tail -20 "$folder/log" >&2; fail "a crawl did not end as it should"; }
