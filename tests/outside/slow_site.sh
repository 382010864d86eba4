#!/usr/bin/env bash
# Ten thousand slow pages wait side by side.
set -euo pipefail
. "$(dirname "$0")/common.bash"
most_time=4000
most_memory=$((400 * 1000 * 1000 / 1024))

measure "$target/release/examples/slow_site" 10000
printf '    slow site: %d ms, %d ms of CPU, %d KiB\n' "$wall" "$cpu" "$rss"
[ "$wall" -le "$most_time" ] || fail "more than $most_time ms"
[ "$rss" -le "$most_memory" ] || fail "more than $most_memory KiB"
