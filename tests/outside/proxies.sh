#!/usr/bin/env bash
# Proxies that want credentials, HTTP and SOCKS5: they get them, and the server behind them does not.
set -euo pipefail
. "$(dirname "$0")/common.bash"

folder=$(mktemp -d)
servers=()
stop() {
    for server in "${servers[@]}"; do kill "$server" && wait "$server" || true; done
    rm -rf "$folder"
}
trap stop EXIT
port=$(free_port)
# Answers with the request's own head.
python3 -c '
import http.server, sys
class Echo(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = (self.requestline + "\n" + str(self.headers)).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Echo).serve_forever()
' "$port" 2>"$folder/echo.log" &
servers+=($!)
wait_for "$port" "${servers[0]}"

proxy=$(free_port)
printf 'Port %s\nListen 127.0.0.1\nBasicAuth wolf secret\nLogLevel Error\nTimeout 30\nMaxClients 20\n' "$proxy" >"$folder/tinyproxy.conf"
tinyproxy -d -c "$folder/tinyproxy.conf" >"$folder/tinyproxy.log" 2>&1 &
servers+=($!)
wait_for "$proxy" "${servers[1]}"

target=http://127.0.0.1:$port/page
expect_body "GET /page HTTP/1." --proxy "http://wolf:secret@127.0.0.1:$proxy" "$target"
# It takes wrong credentials for a matter of the page.
expect_failure "status 401" --proxy "http://wolf:wrong@127.0.0.1:$proxy" "$target"
expect_failure "407" --proxy "http://127.0.0.1:$proxy" "$target"
seen=$("$lycosa" fetch --proxy "http://wolf:secret@127.0.0.1:$proxy" -H "Authorization: Bearer own" "$target")
[[ ${seen,,} != *proxy-authorization* && $seen == *"Bearer own"* ]] || fail "the server got: $seen"

socks=$(free_port)
microsocks -i 127.0.0.1 -p "$socks" -u wolf -P secret >"$folder/socks.log" 2>&1 &
servers+=($!)
wait_for "$socks" "${servers[2]}"
expect_body "GET /page HTTP/1." --proxy "socks5://wolf:secret@127.0.0.1:$socks" "$target"
expect_failure "proxy: " --proxy "socks5://wolf:wrong@127.0.0.1:$socks" "$target"
printf '    proxies: tinyproxy and microsocks get their credentials, the server its own\n'
