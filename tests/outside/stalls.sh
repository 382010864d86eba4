#!/usr/bin/env bash
# Servers that hang, drip or never end, at every stage: with a single slot each is gone at its deadline, and the last seed
# still gets its turn.
set -euo pipefail
. "$(dirname "$0")/common.bash"

serve_odd_site
# URL, and how it ends.
stages=(
    "https://127.3.0.1:$silent/ timeout: connect"
    "http://127.3.0.2:$silent/ timeout: first_byte"
    "http://127.3.0.3:$port/silent timeout: first_byte"
    "http://127.3.0.4:$port/half-head timeout: first_byte"
    "http://127.3.0.5:$port/half-body timeout: idle"
    "http://127.3.0.6:$port/drip timeout: total"
)
{
    printf '[crawl]\nseeds = ['
    for stage in "${stages[@]}"; do printf '"%s", ' "${stage%% *}"; done
    printf '"http://127.3.0.7:%d/endless", "http://127.3.0.8:%d/ok"]\n' "$port" "$port"
    cat <<CONF
[fetcher]
actors = 1
concurrency = 1
[fetcher.timeout]
connect = "500ms"
first_byte = "700ms"
idle = "1500ms"
total = "3s"
[retry]
times = 0
[politeness]
robots = "ignore"
[log]
level = "debug"
CONF
} >"$folder/config.toml"
logged "$lycosa" crawl -c "$folder/config.toml" -o "$folder/out.jsonl"
for stage in "${stages[@]}"; do
    url=${stage%% *} wanted=${stage#* }
    grep -q "fetch failed.*url=$url .*error=\"$wanted" "$folder/log" || fail "$url: no \`$wanted\` in $(tail -40 "$folder/log")"
done
grep -q "rejected/too_large: 1" "$folder/log" || fail "/endless was not too large: $(tail -40 "$folder/log")"
expect_pages "$folder/out.jsonl" 1
# One after the other: 0.5 s, three times 0.7 s, 1.5 s and 3 s.
printf '    stalls: %d of them in %d ms\n' $((${#stages[@]} + 1)) "$wall"
[ "$wall" -ge 7000 ] && [ "$wall" -le 10000 ] || fail "not in the sum of their deadlines"
