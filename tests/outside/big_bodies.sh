#!/usr/bin/env bash
# Bodies of 9 MiB, all asked for at once, in 64 MiB: all arrive, none times out for want of bytes. BODIES=300 is the large one.
set -euo pipefail
. "$(dirname "$0")/common.bash"
bodies=${BODIES:-60}
# KiB: 64 MiB, what the oldest of two Fetchers may take beyond them, what is parsed, and the program.
most_memory=$((128 << 10))

serve_odd_site
seq -f "http://127.0.0.1:$port/big/%g" "$bodies" >"$folder/seeds"
cat >"$folder/config.toml" <<CONF
[crawl]
seed_files = ["$folder/seeds"]
[scheduler]
max_in_flight_bytes = "64 MiB"
max_in_flight = $bodies
[politeness]
delay = 0
host_concurrency = $bodies
robots = "ignore"
[fetcher.timeout]
idle = "8s"
total = "10s"
[retry]
times = 0
CONF
logged "$lycosa" crawl -c "$folder/config.toml" -o "$folder/out.jsonl"
expect_pages "$folder/out.jsonl" "$bodies"
printf '    big bodies: %d of 9 MiB in %d ms, %d KiB\n' "$bodies" "$wall" "$rss"
[ "$rss" -le "$most_memory" ] || fail "more than $most_memory KiB"
