#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Whoever answers instead of the authority is refused, the state stays, and the text says why.
# shellcheck source=tests/integration/cli_lib.sh
. "$(dirname "$0")/cli_lib.sh"

VECTORS=$TOP_SRCDIR/tests/vectors

# start_answering NAME FILE: a web server that answers with the file's bytes; sets PEER
start_answering() {
	mkdir -p "$T/$1.seen"
	background python3 "$TOP_SRCDIR/tests/integration/peer.py" --answer "$2" --port-file "$T/$1.port" \
		--seen "$T/$1.seen"
	wait_for 20 test -s "$T/$1.port" || bail "the peer $1 listens"
	PEER=http://127.0.0.1:$(cat "$T/$1.port")
}
facts() { device --json show license all | jq -cS 'del(.time, .destination, .authorization["last-communication"],
	.authorization["next-communication"], .consequence, .["pending-request"])'; }

# strange SENTENCE ERE: a renewal by what $CONF says now fails with a text and changes nothing
strange() {
	was=$(facts)
	status 1 "$1" device --timeout 5 license smart renew auth
	like '  … and the text says why' "$2" "$ERR"
	is '  … and the state is what it was' "$(facts)" "$was"
	ok '  … and the attempt is shown as failed' device show license status
	like '  … with its reason' '^    Failure reason: .' "$OUT"
}

start_authority
ok 'a device is registered' device_register

start_answering foreign "$VECTORS/response-good.der"
conf "$PEER/portal"
strange "a captive portal's page is no answer" 'captive portal'
conf "$PEER/truncated"
strange 'a truncated answer is none' 'cut off'
conf "$PEER"
strange "a stranger's signature is none" '[Cc]hain|anchor|root'
conf "$PEER" "$VECTORS/root.pem"
strange 'an answer to something else is none' '.'
conf "http://127.0.0.1:1/its"
strange 'nobody at all is none' '127.0.0.1'
conf "https://127.0.0.1:$PORT/its/service/oddce/services/DDCEService" "$VECTORS/root.pem"
strange 'a TLS certificate of another root is refused' '[Cc]ertificate|issuer'

conf "$URL"
ok 'the authority itself is heard after all that' device license smart renew auth
like '  … and the device is authorized' '^  Status: AUTHORIZED on '
like '  … with a message that it is back' 'COMM_RESTORED' "$ERR"

# a device without identity
STORE=$T/second
conf "$PEER/portal"
status 1 'a registration by a captive portal fails' device_register
like '  … and the text says why' 'captive portal' "$ERR"
ok '  … and the device has no identity' device show license status
like '  … but a failed attempt' '^  Initial Registration: FAILED on '
like '  … and a next one' '^  Next Registration Attempt: '
