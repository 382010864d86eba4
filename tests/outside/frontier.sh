#!/usr/bin/env bash
# The frontier over its disk, a small run: figures of the right order. `lycosa bench frontier --urls 20M --drain 2M` is the
# large one.
set -euo pipefail
. "$(dirname "$0")/common.bash"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$lycosa" bench frontier -q --urls 200k --drain 20k --hosts 20k --state "$folder/state" --json >"$folder/figures"
python3 -c '
import json, sys
figures = json.load(open(sys.argv[1]))
fill, drain = figures["fill"], figures["drain"]
checks, inserts = (fill[what] / fill["cpu"] for what in ("checks", "inserts"))
leases, each, memory = drain["leases"] / drain["cpu"], figures["disk"] / figures["urls"], drain["memory"] >> 20
print("    frontier: per CPU-second %d checks, %d inserts, %d leases; %d bytes per URL on disk, %d MiB, restart in %.2f s"
    % (checks, inserts, leases, each, memory, figures["restart"]["wall"]))
assert 200_000 <= figures["urls"] < 300_000 and drain["pages"] >= 20_000 and figures["restart"]["leased"]
assert checks > 20_000 and inserts > 6_000 and leases > 2_000
# The journal is not yet spread over many URLs.
assert each < 1000 and memory < 512 and figures["restart"]["wall"] < 5
' "$folder/figures" || fail "figures of another order: $(<"$folder/figures")"
