#!/usr/bin/env bash
# httpbin: redirects, cookies, basic and digest, streams, drips, codings and forms, as most clients are tried against.
set -euo pipefail
. "$(dirname "$0")/common.bash"

folder=$(mktemp -d)
trap 'kill "$server" 2>/dev/null; wait "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
port=$(free_port)
# Debian's own python: that is where `programs` puts it.
/usr/bin/python3 -c '
import sys
from httpbin import app
app.run(port=int(sys.argv[1]), threaded=True)
' "$port" >"$folder/log" 2>&1 &
server=$!
wait_for "$port" "$server" || fail "$(<"$folder/log")"
site=http://127.0.0.1:$port

for kind in redirect relative-redirect absolute-redirect; do expect_body "\"url\":\"$site/get\"" "$site/$kind/5"; done
expect_failure "rejected: " --set fetcher.redirects=4 "$site/redirect/5"
# Which of them keep the method and the body (Fetch standard, "HTTP-redirect fetch").
for status in 301 302 303; do
    expect_body '"url":"'"$site"'/get"' -d q=1 "$site/redirect-to?url=/get&status_code=$status"
done
for status in 307 308; do
    expect_body '"q":"spiders"' -d q=spiders "$site/redirect-to?url=/post&status_code=$status"
done
expect_body '"q":"wolf spiders"' -d "q=wolf+spiders" "$site/post"
expect_body '{"cookies":{"a":"b","c":"d"}}' "$site/cookies/set?a=b&c=d"
expect_body '{"cookies":{}}' -H "Cookie: a=b" "$site/redirect-to?url=http://localhost:$port/cookies" --set crawl.allow_private=true

with() {
    printf '[[auth]]\norigin = "%s"\ntype = "%s"\nuser = "wolf"\npassword = "%s"\n' "$site" "$1" "$2" >"$folder/auth.toml"
}
with basic den
expect_body '"authenticated":true' -c "$folder/auth.toml" "$site/basic-auth/wolf/den"
expect_body '"authenticated":true' "http://wolf:den@127.0.0.1:$port/basic-auth/wolf/den"
with digest den
for algorithm in MD5 SHA-256; do
    expect_body '"authenticated":true' -c "$folder/auth.toml" "$site/digest-auth/auth/wolf/den/$algorithm"
done
for kind in basic digest; do
    with "$kind" lair
    path=$kind-auth/wolf/den
    [ "$kind" = basic ] || path=digest-auth/auth/wolf/den/MD5
    expect_failure "status 401" -c "$folder/auth.toml" "$site/$path"
done

expect_body '"id": 49' "$site/stream/50"
expect_body '**********' "$site/drip?numbytes=10&duration=1"
expect_failure "timeout: total" --set fetcher.timeout.total=1s "$site/drip?numbytes=10&duration=4"
expect_failure "timeout: first_byte" --set fetcher.timeout.first_byte=1s "$site/delay/4"
expect_body '"gzipped":true' "$site/gzip"
expect_body '"deflated":true' "$site/deflate"
expect_body '"brotli":true' "$site/brotli"
expect_body "Herman Melville" "$site/html"
expect_body 'klmnop' -H "Range: bytes=10-15" "$site/range/26"
for status in 404 418 503; do expect_failure "status $status" "$site/status/$status"; done
printf '    httpbin: redirects, forms, cookies, basic, digest, streams, drips, codings, ranges\n'
