#!/usr/bin/env bash
# The machine's own network goes away in the middle of a crawl and comes back: it waits, and no URL fails. The network is
# one of this script's own.
set -euo pipefail
. "$(dirname "$0")/common.bash"
if [ "${1:-}" != inside ]; then
    user=()
    [ "$(id -u)" -eq 0 ] || user=(--map-root-user)
    exec unshare "${user[@]}" --net "$0" inside
fi
pages=60
up() { ip link set lo up && ip route add default via 192.0.2.1 dev lo; }

ip address add 192.0.2.1/24 dev lo
up
serve_odd_site
# Every other page is lost between the halves of its body, the rest before the head.
for page in $(seq "$pages"); do
    what=slow
    [ $((page % 2)) -eq 0 ] || what=halves
    printf 'http://127.4.0.%d:%d/%s/200\n' "$page" "$port" "$what"
done >"$folder/seeds"
cat >"$folder/config.toml" <<CONF
[crawl]
seed_files = ["$folder/seeds"]
[fetcher]
actors = 1
concurrency = 4
[fetcher.timeout]
connect = "1s"
first_byte = "1s"
idle = "1s"
[retry]
times = 0
[politeness]
robots = "ignore"
CONF
"$lycosa" crawl -c "$folder/config.toml" -o "$folder/out.jsonl" 2>"$folder/log" &
crawl=$!
until [ -s "$folder/out.jsonl" ]; do kill -0 "$crawl" || fail "$(tail -30 "$folder/log")"; sleep 0.05; done
ip link set lo down
# Longer than what is out may take.
sleep 2
up
wait "$crawl" || fail "ended with $?: $(tail -30 "$folder/log")"
expect_pages "$folder/out.jsonl" "$pages"
for words in "lost its network" "the network is back"; do
    grep -q "$words" "$folder/log" || fail "not noticed: $(<"$folder/log")"
done
printf '    network loss: noticed, waited out, %d of %d pages\n' "$pages" "$pages"
