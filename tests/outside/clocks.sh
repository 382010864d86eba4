#!/usr/bin/env bash
# A wall clock that jumps changes nothing: no host is asked too soon, and none left waiting.
set -euo pipefail
. "$(dirname "$0")/common.bash"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 "$repository/tests/outside/clocks.py" "$lycosa" "$folder" "$(faketime_library)" ||
    { tail -20 "$folder/log" >&2; fail "the clock's jumps show"; }
