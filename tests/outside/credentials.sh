#!/usr/bin/env bash
# Redirects from one origin to another, and back: none gets what is for the other, as recorded on its side of the wire.
set -euo pipefail
. "$(dirname "$0")/common.bash"

folder=$(mktemp -d)
servers=()
trap 'for server in "${servers[@]}"; do kill "$server" && wait "$server" || true; done; rm -rf "$folder"' EXIT
for name in a b; do
    declare "$name=$(free_port)"
    python3 "$repository/tests/outside/recorder.py" echo "${!name}" "$folder/$name" 2>"$folder/log" &
    servers+=($!)
    wait_for "${!name}" $!
done
site_a=http://127.0.0.1:$a site_b=http://127.0.0.1:$b
cat >"$folder/config.toml" <<CONF
[crawl]
allow_private = true
[fetcher]
secret_headers = ["X-Api-Key"]
[[auth]]
origin = "$site_a"
type = "basic"
user = "wolf"
password = "den"
CONF
secrets='authorization|cookie|x-api-key|d29sZjpkZW4='

# chain PATH ARGUMENT...: follows it, with everything that is secret.
chain() {
    local path=$1
    shift
    : >"$folder/a" && : >"$folder/b"
    "$lycosa" fetch -f -c "$folder/config.toml" "$@" "$site_a$path" >/dev/null || fail "$path ended with $?"
    grep -qiE "$secrets" "$folder/b" && fail "$path: the other origin got: $(<"$folder/b")"
    grep -qiE "$secrets" "$folder/a" || fail "$path: its own origin got none"
}
all=(-H "X-Api-Key: key" -H "Cookie: id=1" -H "Authorization: Bearer token")
for given in "" all; do
    arguments=()
    [ -z "$given" ] || arguments=("${all[@]}")
    chain "/to?$site_b/page" "${arguments[@]}"
    # To another name of the same machine, which is another host.
    chain "/to?http://localhost:$b/page" "${arguments[@]}"
    chain "/to?//127.0.0.1:$b/to?$site_b/page" "${arguments[@]}"
    # Back again, the request's own do not come: whoever sent it there may have chosen the way. What is configured for
    # an origin goes with every request to it.
    chain "/to?$site_b/to?$site_a/back" "${arguments[@]}"
    back=$(sed -n '/^GET \/back/,$p' "$folder/a")
    grep -qiE "token|cookie|x-api-key" <<<"$back" && fail "they came back: $back"
done
printf '    credentials: none goes to another origin with a redirect, nor comes back\n'
