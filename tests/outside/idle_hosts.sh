#!/usr/bin/env bash
# Many hosts that are asked once each: their sockets are closed although nobody asks these hosts again. HOSTS=3000 is the
# large one.
set -euo pipefail
. "$(dirname "$0")/common.bash"
hosts=${HOSTS:-600}
idle=64

serve_odd_site
for ((host = 0; host < hosts; host++)); do
    printf 'http://127.1.%d.%d:%d/once\n' $((host / 250)) $((host % 250 + 1)) "$port"
done >"$folder/seeds"
# One slow page keeps the crawl up.
printf 'http://127.0.0.1:%d/slow/12000\n' "$port" >>"$folder/seeds"
cat >"$folder/config.toml" <<CONF
[crawl]
seed_files = ["$folder/seeds"]
[fetcher]
idle = $idle
keep_alive = "2s"
[politeness]
robots = "ignore"
[fetcher.timeout]
first_byte = "20s"
CONF
"$lycosa" crawl -c "$folder/config.toml" -o "$folder/out.jsonl" 2>"$folder/log" &
crawl=$!
# sockets: how many the crawl has open to the site.
sockets() { ls -l "/proc/$crawl/fd" 2>/dev/null | grep -c 'socket:' || true; }
until [ -f "$folder/out.jsonl" ] && [ "$(wc -l <"$folder/out.jsonl")" -ge "$hosts" ]; do
    kill -0 "$crawl" 2>/dev/null || fail "$(tail -30 "$folder/log")"
    sleep 0.1
done
pooled=$(sockets)
for _ in $(seq 60); do
    rested=$(sockets)
    [ "$rested" -gt 20 ] || break
    sleep 0.1
done
wait "$crawl"
expect_pages "$folder/out.jsonl" $((hosts + 1))
printf '    idle hosts: %d asked; %d sockets then, %d after the keep-alive time\n' "$hosts" "$pooled" "$rested"
[ "$pooled" -le $((idle + 20)) ] || fail "more than the pool's bound"
[ "$rested" -le 20 ] || fail "idle sockets are not closed"
