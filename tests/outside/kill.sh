#!/usr/bin/env bash
# A crawl that is killed at any time goes on where it was: every page once; then the same with other signals mixed in. The
# large one is KILLS=100 PAGES=5000 AT_WORK=80 SIGNALS=kill tests/outside/kill.sh
set -euo pipefail
. "$(dirname "$0")/common.bash"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for signals in ${SIGNALS:-kill mixed}; do
    mkdir "$folder/$signals"
    SIGNALS=$signals python3 -B "$repository/tests/outside/kill.py" "$lycosa" "$folder/$signals" ||
        { tail -20 "$folder/$signals/log" >&2; fail "the output is not whole"; }
done
