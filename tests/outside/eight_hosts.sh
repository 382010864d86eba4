#!/usr/bin/env bash
# The same manual on eight hosts at once, with one worker: what a page costs in CPU time and in memory.
set -euo pipefail
. "$(dirname "$0")/common.bash"
# Pages per second of CPU time, at least; KiB of memory, at most.
least_rate=2500
most_memory=$((80 * 1000 * 1000 / 1024))

serve_manual
seeds=()
for host in 1 2 3 4 5 6 7 8; do seeds+=("http://127.0.0.$host:$port/index.html"); done
measure "$lycosa" crawl -q "${seeds[@]}" -o "$folder/out.jsonl" --delay 0 --host-concurrency 32 --set runtime.workers=1
pages=$((8 * manual_pages))
expect_pages "$folder/out.jsonl" "$pages"
rate=$((1000 * pages / cpu))
printf '    eight hosts: %d pages in %d ms, %d pages per CPU-second, %d KiB\n' "$pages" "$wall" "$rate" "$rss"
[ "$rate" -ge "$least_rate" ] || fail "fewer than $least_rate pages per CPU-second"
[ "$rss" -le "$most_memory" ] || fail "more than $most_memory KiB"
