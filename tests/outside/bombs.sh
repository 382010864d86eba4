#!/usr/bin/env bash
# Bodies of a few kilobytes that unpack to a gibibyte: refused, for little memory and time.
set -euo pipefail
. "$(dirname "$0")/common.bash"
# Beyond what a small page takes: KiB, and milliseconds of CPU.
most_memory=$((64 << 10))
most_cpu=1000

serve_odd_site
# fetched KIND: sets `cpu` and `rss` of fetching it, and `said`.
fetched() {
    local figures
    figures=$(python3 "$repository/tests/outside/measure.py" "$lycosa" fetch --set fetcher.timeout.first_byte=60s \
        "http://127.0.0.1:$port/bomb/$1" 2>"$folder/said") || true
    read -r cpu _ rss <<<"$figures"
    said=$(<"$folder/said")
}

fetched none
[ "$said" = "<p>nothing" ] || fail "$said"
least=$rss
for kind in gzip deflate br zstd stacked; do
    fetched "$kind"
    [[ $said == *too_large* ]] || fail "$kind: $said"
    [ $((rss - least)) -le "$most_memory" ] || fail "$kind: $((rss - least)) KiB more than a small page"
    [ "$cpu" -le "$most_cpu" ] || fail "$kind: $cpu ms of CPU"
    printf '    bomb %s: %d KiB more than a small page, %d ms of CPU\n' "$kind" $((rss - least)) "$cpu"
done
