#!/usr/bin/env bash
# A real manual on a real server: every page once, and then the crawl ends by itself.
set -euo pipefail
. "$(dirname "$0")/common.bash"
serve_manual
measure "$lycosa" crawl -q "http://127.0.0.1:$port/index.html" -o "$folder/out.jsonl" --delay 0 --host-concurrency 32
expect_pages "$folder/out.jsonl" "$manual_pages"
printf '    one host: %d pages in %d ms, %d ms of CPU, %d KiB\n' "$manual_pages" "$wall" "$cpu" "$rss"
