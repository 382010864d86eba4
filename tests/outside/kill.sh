#!/usr/bin/env bash
# A crawl that is killed at any time goes on where it was: every page once. KILLS=100 PAGES=5000 is the large one.
set -euo pipefail
. "$(dirname "$0")/common.bash"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 "$repository/tests/outside/kill.py" "$lycosa" "$folder" || { tail -20 "$folder/log" >&2; fail "the output is not whole"; }
