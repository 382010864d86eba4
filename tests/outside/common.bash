# What the outside tests share; sourced by each.

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
target=${CARGO_TARGET_DIR:-$repository/target}
work=$target/outside
lycosa=$target/release/lycosa

# The manual's HTML, as installed or as unpacked by `programs`.
manual=/usr/share/doc/postgresql-doc-15/html
[ -f "$manual/index.html" ] || manual=$work$manual

PATH=$PATH:/usr/sbin

fail() {
    printf '    %s\n' "$*" >&2
    exit 1
}

# Java's, the same way.
java_manual=/usr/share/doc/openjdk-17-doc
[ -f "$java_manual/api/index.html" ] || java_manual=$work$java_manual

# Serves the manual on 127.0.0.1 to 127.0.0.8 until this script ends. Sets `port`, `folder` (a temporary one) and
# `manual_pages`.
serve_manual() {
    # Counted rather than written down: updates of the package add pages. Each is linked from the index or below it.
    manual_pages=$(find "$manual" -maxdepth 1 -name '*.html' | wc -l)
    serve "$manual"
}

# serve ROOT: serves the files below on 127.0.0.1 to 127.0.0.8 until this script ends. Sets `port` and `folder` (a
# temporary one).
serve() {
    begin
    {
        printf 'daemon off; master_process off; error_log stderr crit; pid %s/nginx.pid;\n' "$folder"
        printf 'events { worker_connections 4096; }\n'
        printf 'http { access_log off; keepalive_requests 1000000; types { text/html html; text/css css; image/svg+xml svg; }\n'
        for kind in client_body proxy fastcgi uwsgi scgi; do printf '%s_temp_path %s/%s;\n' "$kind" "$folder" "$kind"; done
        printf 'server { root %s;\n' "$1"
        for host in 1 2 3 4 5 6 7 8; do printf 'listen 127.0.0.%d:%d;\n' "$host" "$port"; done
        printf '} }\n'
    } >"$folder/nginx.conf"
    nginx -e stderr -p "$folder" -c "$folder/nginx.conf" &
    server=$!
    wait_for "$port" "$server" 127.0.0.8
}

# begin: sets `folder` (a temporary one) and `port`. Folder and process `server`, once there is one, end with this script.
begin() {
    folder=$(mktemp -d)
    server=
    trap 'if [ -n "$server" ]; then kill "$server" && wait "$server" || true; fi; rm -rf "$folder"' EXIT
    port=$(free_port)
}

# measure COMMAND...: runs it for five minutes at most and sets `cpu` and `wall`, in milliseconds, and `rss`, in KiB.
measure() {
    local figures
    figures=$(python3 "$repository/tests/outside/measure.py" "$@") || fail "ended with $?: $*"
    read -r cpu wall rss <<<"$figures"
}

# expect_pages FILE COUNT: each line is a record, of a page of its own, and there are so many.
expect_pages() {
    local counted
    counted=$(python3 -c '
import json, sys
urls = [json.loads(line)["url"] for line in open(sys.argv[1], encoding="utf-8")]
print(len(urls), len(set(urls)))' "$1") || fail "a line of $1 is no record"
    [ "$counted" = "$2 $2" ] || fail "records and distinct pages: $counted; expected $2"
}

# free_port: a TCP port of this machine that nobody has.
free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# wait_for PORT PID [ADDRESS]: until ADDRESS (127.0.0.1) answers there; fails when the process that is to answer has ended.
wait_for() {
    for _ in $(seq 100); do
        if (: <"/dev/tcp/${3:-127.0.0.1}/$1") 2>/dev/null; then return; fi
        kill -0 "$2" 2>/dev/null || fail "process $2 for port $1 has ended"
        sleep 0.1
    done
    fail "nobody answers on port $1"
}

# expect_body WANTED ARGUMENT...: `lycosa fetch` with these arguments writes a body with this text in it.
expect_body() {
    local wanted=$1 body
    shift
    body=$("$lycosa" fetch -f "$@") || fail "fetch $* ended with $?"
    [[ $body == *"$wanted"* ]] || fail "fetch $*: no \`$wanted\` in: ${body:0:200}"
}

# expect_failure WORDS ARGUMENT...: it ends with 1, and these words on standard error.
expect_failure() {
    local wanted=$1 said code=0
    shift
    said=$("$lycosa" fetch -f "$@" 2>&1 >/dev/null) || code=$?
    [ "$code" = 1 ] || fail "fetch $* ended with $code: $said"
    [[ $said == *"$wanted"* ]] || fail "fetch $*: no \`$wanted\` in: $said"
}

# faketime_library: the one that moves a process's clock.
faketime_library() {
    printf '%s\n' /usr/lib/*/faketime/libfaketimeMT.so.1
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo --non-interactive "$@"; fi
}

# serve_odd_site: serves odd_site.py on all of 127.0.0.0/8 until this script ends. Sets `port`, `silent` (the port of
# a server that never speaks), `odd_pid` and `folder`.
serve_odd_site() {
    folder=$(mktemp -d)
    port=$(free_port) silent=$(free_port)
    # Debian's own python: that is where `programs` puts brotli.
    /usr/bin/python3 "$repository/tests/outside/odd_site.py" "$port" "$silent" 2>"$folder/site.log" &
    odd_pid=$!
    trap 'kill "$odd_pid" 2>/dev/null; wait "$odd_pid" 2>/dev/null || true; rm -rf "$folder"' EXIT
    wait_for "$port" "$odd_pid"
}

# logged COMMAND...: the same as `measure`, with standard error in `log` of `folder`.
logged() {
    local figures
    figures=$(python3 "$repository/tests/outside/measure.py" "$@" 2>"$folder/log") || fail "ended with $?: $* $(tail -30 "$folder/log")"
    read -r cpu wall rss <<<"$figures"
}
