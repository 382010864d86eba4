#!/usr/bin/env bash
# nginx: packed pages in chunks and as files, ranges, basic authentication, keep-alive that ends after some requests.
set -euo pipefail
. "$(dirname "$0")/common.bash"

begin
mkdir -p "$folder/root"
{ seq 20000; printf 'the end'; } >"$folder/root/page.html"
for number in $(seq 100); do printf 'page %d' "$number" >"$folder/root/$number.html"; done
gzip -k "$folder/root/page.html"
printf 'wolf:%s\n' "$(openssl passwd -apr1 den)" >"$folder/users"
{
    printf 'daemon off; master_process off; error_log stderr crit; pid %s/pid; events { }\nhttp { access_log off;\n' "$folder"
    for kind in client_body proxy fastcgi uwsgi scgi; do printf '%s_temp_path %s/%s;\n' "$kind" "$folder" "$kind"; done
    cat <<CONF
types { text/html html; }
keepalive_requests 7;
server {
    listen 127.0.0.1:$port;
    root $folder/root;
    location /packed/ { alias $folder/root/; gzip on; }
    location /static/ { alias $folder/root/; gzip_static on; }
    location /locked/ { alias $folder/root/; auth_basic "the den"; auth_basic_user_file $folder/users; }
    location /folder { return 301 /locked/; }
    location /nothing { return 204; }
    location /gone { return 444; }
} }
CONF
} >"$folder/nginx.conf"
nginx -e stderr -p "$folder" -c "$folder/nginx.conf" &
server=$!
wait_for "$port" "$server"
site=http://127.0.0.1:$port

for folder_name in packed static; do expect_body "the end" "$site/$folder_name/page.html"; done
said=$("$lycosa" fetch -v "$site/packed/page.html" 2>&1 >/dev/null)
[[ $said == *"< content-encoding: gzip"* && $said == *"< transfer-encoding: chunked"* ]] || fail "not in chunks: $said"
expect_body "1
2
3" -H "Range: bytes=0-5" "$site/page.html"
expect_failure "status 416" -H "Range: bytes=999999-" "$site/page.html"
expect_failure "status 401" "$site/locked/page.html"
expect_body "the end" "http://wolf:den@127.0.0.1:$port/locked/page.html"
expect_body "" "$site/nothing"
expect_failure "reset" "$site/gone"
# Every seventh answer is a connection's last.
for number in $(seq 100); do printf '%s/%d.html\n' "$site" "$number"; done >"$folder/seeds"
printf '[crawl]\nseed_files = ["%s"]\n[politeness]\ndelay = 0\n[retry]\ntimes = 0\n' "$folder/seeds" >"$folder/config.toml"
"$lycosa" crawl -q -c "$folder/config.toml" -o "$folder/out.jsonl" || fail "the crawl ended with $?"
expect_pages "$folder/out.jsonl" 100
printf '    nginx: gzip in chunks and from files, ranges, basic, keep-alive that ends\n'
