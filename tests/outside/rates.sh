#!/usr/bin/env bash
# What hosts are spared, measured at the hosts. PAGES=120 KILLS=10 is the large one.
set -euo pipefail
. "$(dirname "$0")/common.bash"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 "$repository/tests/outside/rates.py" "$lycosa" "$folder" || { tail -20 "$folder/log" >&2; fail "less polite than promised"; }
