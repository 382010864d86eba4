#!/usr/bin/env bash
# Sites without end beside good ones. SECONDS=300 is the large one.
set -euo pipefail
. "$(dirname "$0")/common.bash"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 "$repository/tests/outside/endless.py" "$lycosa" "$folder" || { tail -20 "$folder/log" >&2; fail "a site without end had its way"; }
