#!/usr/bin/env bash
# TLS as it is and as it should not be: certificates made on the spot, served by nginx.
set -euo pipefail
. "$(dirname "$0")/common.bash"

begin
cd "$folder"

new_key() { openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key"; }

# certificate NAME HOST FROM TO: signed by the root, for this host, from and to these dates.
certificate() {
    new_key "$1"
    openssl req -new -key "$1.key" -subj "/CN=$1" -out "$1.csr"
    printf 'subjectAltName=DNS:%s\nbasicConstraints=CA:FALSE\n' "$2" >"$1.ext"
    openssl ca -batch -notext -config ca.conf -in "$1.csr" -out "$1.pem" -extfile "$1.ext" -startdate "$3" -enddate "$4" 2>ca.log ||
        fail "$(cat ca.log)"
}

new_key root
openssl req -x509 -new -key root.key -subj /CN=root -days 30 -addext basicConstraints=critical,CA:TRUE -out root.pem
: >index && echo 01 >serial
cat >ca.conf <<CONF
[ca]
default_ca = own
[own]
database = index
serial = serial
new_certs_dir = .
certificate = root.pem
private_key = root.key
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
CONF
year=$(date +%Y)
now=$((year - 1))0101000000Z later=$((year + 2))0101000000Z
certificate good localhost "$now" "$later"
certificate expired localhost "$((year - 2))0101000000Z" "$now"
certificate other other.example "$now" "$later"
certificate client client.example "$now" "$later"
new_key self
openssl req -x509 -new -key self.key -subj /CN=self -days 30 -addext subjectAltName=DNS:localhost -out self.pem

{
    printf 'daemon off; master_process off; error_log stderr error; pid nginx.pid; events { }\nhttp { access_log off;\n'
    for kind in client_body proxy fastcgi uwsgi scgi; do printf '%s_temp_path %s;\n' "$kind" "$kind"; done
    for name in good expired other self; do
        declare "$name=$(free_port)"
        printf 'server { listen 127.0.0.1:%s ssl; ssl_certificate %s.pem; ssl_certificate_key %s.key; return 200 "%s"; }\n' \
            "${!name}" "$folder/$name" "$folder/$name" "$name"
    done
    # One that wants to know who asks, and one that speaks no newer version.
    mutual=$(free_port) old=$(free_port)
    certified="ssl_certificate $folder/good.pem; ssl_certificate_key $folder/good.key"
    printf 'server { listen 127.0.0.1:%s ssl; %s; ssl_client_certificate %s; ssl_verify_client on; return 200 "$ssl_client_s_dn"; }\n' \
        "$mutual" "$certified" "$folder/root.pem"
    printf 'server { listen 127.0.0.1:%s ssl; %s; ssl_protocols TLSv1.2; return 200 "$ssl_protocol"; }\n' "$old" "$certified"
    printf '}\n'
} >nginx.conf
nginx -e stderr -p "$folder" -c "$folder/nginx.conf" &
server=$!
wait_for "$good" "$server"

trusting=(--set "tls.ca=[\"$folder/root.pem\"]")
expect_body good "${trusting[@]}" "https://localhost:$good/"
expect_failure "tls: " "https://localhost:$good/"
expect_failure "tls: " "${trusting[@]}" "https://localhost:$expired/"
expect_failure "tls: " "${trusting[@]}" "https://localhost:$other/"
expect_failure "tls: " "${trusting[@]}" "https://localhost:$self/"
expect_body self --set 'tls.insecure=["localhost"]' "https://localhost:$self/"
# It calls itself an authority, as openssl has it; where it is given, it is taken for the server it names.
expect_body self --set "tls.ca=[\"$folder/self.pem\"]" "https://localhost:$self/"
expect_failure "tls: " --set "tls.ca=[\"$folder/self.pem\"]" "https://127.0.0.1:$self/"
client=(--set "tls.client_certificate=$folder/client.pem" --set "tls.client_key=$folder/client.key")
expect_body "CN=client" "${trusting[@]}" "${client[@]}" "https://localhost:$mutual/"
expect_failure "status 400" "${trusting[@]}" "https://localhost:$mutual/"
expect_body TLSv1.2 "${trusting[@]}" "https://localhost:$old/"
expect_failure "tls: " "${trusting[@]}" --set tls.min_version=1.3 "https://localhost:$old/"
printf '    certificates: a client shows its own to who wants one, and speaks no version older than it may\n'
printf '    certificates: good is taken; expired, of another host, self-signed and of an unknown root are not\n'
