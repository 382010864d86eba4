#!/usr/bin/env bash
# Real proxies that want credentials, plain, by CONNECT and by SOCKS5. Each proxy gets its own and no others, the server
# behind it the opposite: as recorded on their side of the wire.
set -euo pipefail
. "$(dirname "$0")/common.bash"

folder=$(mktemp -d)
servers=()
stop() {
    for server in "${servers[@]}"; do kill "$server" 2>/dev/null && wait "$server" || true; done
    rm -rf "$folder"
}
trap stop EXIT

# start PORT COMMAND...: until the end of this script, once it answers.
start() {
    local port=$1
    shift
    "$@" >>"$folder/servers.log" 2>&1 &
    servers+=($!)
    wait_for "$port" $! || fail "$(tail "$folder/servers.log")"
}
record=(python3 "$repository/tests/outside/recorder.py")

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$folder/key" -out "$folder/certificate" \
    -days 30 -subj /CN=localhost -addext subjectAltName=DNS:localhost -addext basicConstraints=CA:FALSE 2>/dev/null
plain=$(free_port)
start "$plain" "${record[@]}" echo "$plain" "$folder/plain"
secure=$(free_port)
start "$secure" "${record[@]}" echo "$secure" "$folder/secure" "$folder/certificate" "$folder/key"

# tap PROXY: sets `tapped`, a port that leads there and is recorded in the file `proxy`.
tap() {
    tapped=$(free_port)
    start "$tapped" "${record[@]}" tap "$tapped" "$1" "$folder/proxy"
}

own="Authorization: Bearer origin"
trusting=(--set "tls.ca=[\"$folder/certificate\"]")
secret=d29sZjpzZWNyZXQ= # wolf:secret

# through SCHEME PORT: http and https, with the right credentials, wrong ones and none.
through() {
    local good=$1://wolf:secret@127.0.0.1:$2 bad=$1://wolf:wrong@127.0.0.1:$2
    : >"$folder/plain" && : >"$folder/secure" && : >"$folder/proxy"
    expect_body "/page HTTP/1." --proxy "$good" -H "$own" "http://localhost:$plain/page"
    expect_body "GET /page HTTP/1." --proxy "$good" -H "$own" "${trusting[@]}" "https://localhost:$secure/page"
    grep -qi "bearer origin" "$folder/plain" && grep -qi "bearer origin" "$folder/secure" || fail "$1: the server missed its own"
    for server in plain secure; do
        grep -qiE "proxy-authorization|$secret|secret" "$folder/$server" && fail "$1: the server got: $(<"$folder/$server")"
    done
    # Of the request for https the proxy sees only where it goes.
    local tunnel
    case $1 in
    http) tunnel=$(sed -n '/^CONNECT/,/^\r$/p' "$folder/proxy" | tr -d '\0') ;;
    socks5) tunnel= ;;
    esac
    grep -qi "bearer origin" <<<"$tunnel" && fail "the proxy got the server's credentials: $tunnel"
    grep -qaE "$secret|wolf.secret" "$folder/proxy" || fail "$1: the proxy did not get its credentials"
    for proxy in "$bad" "$1://127.0.0.1:$2"; do
        expect_failure "" --proxy "$proxy" "http://localhost:$plain/page"
        expect_failure "proxy: " --proxy "$proxy" "${trusting[@]}" "https://localhost:$secure/page"
    done
}

proxy=$(free_port)
cat >"$folder/tinyproxy.conf" <<CONF
Port $proxy
Listen 127.0.0.1
BasicAuth wolf secret
LogLevel Error
Timeout 30
MaxClients 20
CONF
start "$proxy" tinyproxy -d -c "$folder/tinyproxy.conf"
tap "$proxy" && through http "$tapped"

proxy=$(free_port)
printf 'wolf:%s\n' "$(openssl passwd -apr1 secret)" >"$folder/users"
cat >"$folder/squid.conf" <<CONF
http_port 127.0.0.1:$proxy
auth_param basic program /usr/lib/squid/basic_ncsa_auth $folder/users
acl known proxy_auth REQUIRED
http_access allow known
http_access deny all
cache deny all
pid_filename none
access_log none
cache_log $folder/squid.log
coredump_dir $folder
netdb_filename none
shutdown_lifetime 0 seconds
CONF
chmod 755 "$folder" && chmod 644 "$folder/users" "$folder/squid.conf"
touch "$folder/squid.log" && chmod 666 "$folder/squid.log"
start "$proxy" squid -N -f "$folder/squid.conf"
tap "$proxy" && through http "$tapped"

proxy=$(free_port)
start "$proxy" microsocks -i 127.0.0.1 -p "$proxy" -u wolf -P secret
tap "$proxy" && through socks5 "$tapped"
# The name itself (kind 3) goes to the proxy, which looks it up.
grep -qaP '\x05\x01\x00\x03\x09localhost' "$folder/proxy" || fail "SOCKS5 was not asked for a name"
printf '    proxies: tinyproxy, squid and microsocks get their credentials, the servers behind them theirs\n'
