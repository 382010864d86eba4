#!/usr/bin/env bash
# What it costs that a crawl survives the loss of power: Java's manual with its state in memory and on the disk, in turns.
# The aim is 90 %: ROUNDS=5 LEAST=90 on a machine that does nothing else. Three rounds on a busy one sway more.
set -euo pipefail
. "$(dirname "$0")/common.bash"
rounds=${ROUNDS:-3}
# Throughput with the state on the disk, of that without, at least: percent.
least=${LEAST:-70}

serve "$java_manual"

# crawl FLAG...: one crawl of all of it.
crawl() {
    rm -rf "$folder/state" "$folder/out.jsonl"
    measure "$lycosa" crawl -q "http://127.0.0.1:$port/api/index.html" -o "$folder/out.jsonl" --delay 0 --host-concurrency 32 \
        "$@"
    printf '    %-8s %5d ms, %5d ms of CPU, %7d KiB\n' "$kind" "$wall" "$cpu" "$rss"
}

for round in $(seq "$rounds"); do
    # Each of the two is the first one in turn, so that neither has the warmer caches.
    kinds="memory disk"
    if [ $((round % 2)) -eq 0 ]; then kinds="disk memory"; fi
    for kind in $kinds; do
        case $kind in
        memory) crawl ;;
        disk) crawl --state "$folder/state" ;;
        esac
        pages=${pages:-$(wc -l <"$folder/out.jsonl")}
        expect_pages "$folder/out.jsonl" "$pages"
        printf '%s %s\n' "$wall" "$cpu" >>"$folder/$kind"
    done
done

# ratio COLUMN: the median of memory's time to the disk's, pair by pair, in percent.
ratio() {
    paste "$folder/memory" "$folder/disk" | awk -v column="$1" '{ print int(100 * $column / $(column + 2)) }' | sort -n |
        awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'
}
printf '    durable: %d pages, %d %% of the pages per second and %d %% of those per CPU-second that memory has\n' \
    "$pages" "$(ratio 1)" "$(ratio 2)"
[ "$pages" -gt 10000 ] || fail "there should be more pages"
for column in 1 2; do
    [ "$(ratio "$column")" -ge "$least" ] || fail "less than $least %"
done
