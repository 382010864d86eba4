#!/usr/bin/env bash
# Apache httpd: basic and digest authentication, compressed pages, chunks, ranges, its own redirects.
set -euo pipefail
. "$(dirname "$0")/common.bash"

begin
mkdir -p "$folder"/root/{basic,digest,packed,folder}
for name in basic digest packed folder; do
    # Long enough to be worth packing, and to be sent in chunks then.
    { printf '<title>%s</title>' "$name"; seq 20000; printf 'the end of %s' "$name"; } >"$folder/root/$name/index.html"
done
printf 'wolf:%s\n' "$(openssl passwd -apr1 'a b')" >"$folder/basic"
printf 'wolf:the den:%s\n' "$(printf 'wolf:the den:a b' | md5sum | cut -d' ' -f1)" >"$folder/digest"
{
    for module in mpm_event authn_core authn_file authz_core authz_user auth_basic auth_digest deflate filter dir mime unixd; do
        file=/usr/lib/apache2/modules/mod_$module.so
        if [ -f "$file" ]; then printf 'LoadModule %s_module %s\n' "$module" "$file"; fi
    done
    cat <<CONF
ServerName localhost
Listen 127.0.0.1:$port
ServerRoot $folder
DocumentRoot $folder/root
PidFile $folder/pid
Mutex file:$folder
ErrorLog $folder/error
TypesConfig /etc/mime.types
DirectoryIndex index.html
User $(id -un)
Group $(id -gn)
<Directory $folder/root/packed>
    SetOutputFilter DEFLATE
</Directory>
<Directory $folder/root/basic>
    AuthType Basic
    AuthName "the den"
    AuthUserFile $folder/basic
    Require valid-user
</Directory>
<Directory $folder/root/digest>
    AuthType Digest
    AuthName "the den"
    AuthUserFile $folder/digest
    Require valid-user
</Directory>
CONF
} >"$folder/httpd.conf"
# Apache refuses to serve as root.
sed -i 's/^User root$/User www-data/; s/^Group root$/Group www-data/' "$folder/httpd.conf"
chmod -R a+rX "$folder"
apache2 -X -d "$folder" -f "$folder/httpd.conf" 2>"$folder/start" &
server=$!
wait_for "$port" "$server" || fail "$(cat "$folder/start")"
site=http://127.0.0.1:$port

with() { printf '[[auth]]\norigin = "%s"\ntype = "%s"\nuser = "wolf"\npassword = "%s"\n' "$site" "$1" "$2" >"$folder/$1.toml"; }
with basic "a b"
with digest "a b"
expect_body "the end of packed" "$site/packed/"
expect_body "the end of folder" "$site/folder"
expect_body "<title>folder" -H "Range: bytes=0-19" "$site/folder/"
for kind in basic digest; do
    expect_failure "status 401" "$site/$kind/"
    expect_body "the end of $kind" -c "$folder/$kind.toml" "$site/$kind/"
done
expect_body "the end of basic" "http://wolf:a%20b@127.0.0.1:$port/basic/"
with digest "b a"
expect_failure "status 401" -c "$folder/digest.toml" "$site/digest/"
said=$("$lycosa" fetch -v "$site/packed/" 2>&1 >/dev/null)
[[ $said == *"< content-encoding: gzip"* && $said == *"< transfer-encoding: chunked"* ]] || fail "not packed, or not in chunks: $said"
printf '    httpd: basic, digest, gzip in chunks, a range, a redirect to a folder\n'
