#!/usr/bin/env bash
# What a request costs in user instructions: awc alone, awc over the transport, the whole client; and a TLS handshake. Not
# part of every run, for it needs a build of its own: `tests/run fetch_cost`.
set -euo pipefail
. "$(dirname "$0")/common.bash"
# Percent of awc tuned the same way, of awc with its defaults, and of a bare tokio-rustls client.
most_tuned=125
most_default=100
most_handshake=120

cargo build --quiet --release --features measure --example fetch_cost
program=$target/release/examples/fetch_cost
folder=$(mktemp -d)
"$program" serve >"$folder/ports" &
server=$!
trap 'kill "$server"; wait "$server" || true; rm -rf "$folder"' EXIT
until [ -s "$folder/ports" ]; do kill -0 "$server" && sleep 0.1; done
read -r plain full resumed <"$folder/ports"

# counted MODE PORT REQUESTS: instructions of all of them, and of everything else.
counted() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" "$@" 2>&1 | sed -n 's/.*Collected : //p'
}

# each MODE PORT FEW MANY: instructions of one request, by the difference.
each() {
    local few many
    few=$(counted "$1" "$2" "$3") many=$(counted "$1" "$2" "$4")
    printf '%d' $(((many - few) / ($4 - $3)))
}

for mode in awc-default awc-tuned transport lycosa; do
    declare "${mode//-/_}=$(each "$mode" "$plain" 1000 4000)"
    name=${mode//-/_}
    printf '    %s: %d instructions, %d ns of CPU a request\n' "$mode" "${!name}" "$("$program" "$mode" "$plain" 20000)"
done
for mode in rustls lycosa-tls; do
    declare "${mode//-/_}=$(each "$mode" "$full" 100 300)"
    name=${mode//-/_}
    printf '    %s: %d instructions, %d ns of CPU a full handshake, %d ns a resumed one\n' "$mode" "${!name}" \
        "$("$program" "$mode" "$full" 2000)" "$("$program" "$mode" "$resumed" 2000)"
done
# awc_tuned and the others are declared above, by mode.
# shellcheck disable=SC2154
[ $((100 * transport)) -le $((most_default * awc_default)) ] || fail "the transport costs more than $most_default % of awc"
# shellcheck disable=SC2154
[ $((100 * lycosa)) -le $((most_tuned * awc_tuned)) ] || fail "the client costs more than $most_tuned % of awc tuned"
# shellcheck disable=SC2154
[ $((100 * lycosa_tls)) -le $((most_handshake * rustls)) ] || fail "a handshake costs more than $most_handshake % of rustls's"
