#!/usr/bin/env bash
# A system that gives few files, from the start or in the middle of a crawl: that takes longer, and no URL fails.
set -euo pipefail
. "$(dirname "$0")/common.bash"
hosts=250

serve_odd_site
# seeds PATH: a URL on every host.
seeds() {
    for ((host = 1; host <= hosts; host++)); do printf 'http://127.2.0.%d:%d%s\n' "$host" "$port" "$1"; done >"$folder/seeds"
}
printf '[crawl]\nseed_files = ["%s"]\n[retry]\ntimes = 0\n[politeness]\nrobots = "ignore"\n' "$folder/seeds" >"$folder/config.toml"

seeds /once
(ulimit -n 64 && "$lycosa" crawl -c "$folder/config.toml" -o "$folder/few.jsonl") 2>"$folder/log" || fail "$(tail -30 "$folder/log")"
expect_pages "$folder/few.jsonl" "$hosts"

# Not all of them at once: some must still be asked when the files are gone.
seeds /slow/500
"$lycosa" crawl --set fetcher.concurrency=150 -c "$folder/config.toml" -o "$folder/out.jsonl" 2>"$folder/log" &
crawl=$!
# Fewer than it has open already.
until [ "$(ls "/proc/$crawl/fd" | wc -l)" -gt 100 ]; do kill -0 "$crawl" || fail "$(tail -30 "$folder/log")"; sleep 0.02; done
prlimit --pid "$crawl" --nofile=64:64
wait "$crawl" || fail "ended with $?: $(tail -30 "$folder/log")"
expect_pages "$folder/out.jsonl" "$hosts"
grep -q "no more files" "$folder/log" || fail "64 files were enough: $(tail -20 "$folder/log")"
printf '    few files: %d hosts with 64 of them\n' "$hosts"
