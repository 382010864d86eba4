#!/usr/bin/env bash
# Hosts that never answer keep nobody waiting. GOOD=50 HANGING=500 PAGES=200 SLOTS=200 is the large one.
set -euo pipefail
. "$(dirname "$0")/common.bash"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 "$repository/tests/outside/hanging.py" "$lycosa" "$folder" || { tail -20 "$folder/log" >&2; fail "good hosts waited for hanging ones"; }
