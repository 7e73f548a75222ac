#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A root is followed by another where there are satellites: upstream, satellite and a device of it, all
# three really running, over TLS; and a satellite that has no connection.
# shellcheck source=tests/integration/satellite_lib.sh
. "$(dirname "$0")/satellite_lib.sh"

# Each reads its folder anew, which takes it ten minutes otherwise; the device asks at the new port.
restart_both() {
	stop "$EDGE_PID"
	stop "$MANAGER_PID"
	serve_manager
	serve_satellite
	conf "$EDGE_URL"
}
sync() { satellite satellite sync --upstream "https://localhost:$PORT"; }
# without WHO MEMBER: how many do not have the next root
without() { "$1" key list --json | jq -r --arg m "$2" '[.[][$m] | numbers] | .[0]'; }
root_of() { "$OPENSSL" x509 -in "$1/pki/root.pem" -noout -fingerprint; }

start_manager
ok 'a virtual account is made' upstream virtual-account create NCS1000
ok '  … with licenses' upstream license add --virtual-account NCS1000 $PLAIN 8
ok 'a satellite is invited' upstream satellite create Edge NCS1000 --days 7
INVITATION=$(cat "$OUT")
ok '  … and joins' join
serve_satellite
TOKEN=$(satellite token create --virtual-account NCS1000 --days 30) || bail 'the satellite makes a token'
ok 'a virtual account of a place without a connection' upstream virtual-account create Remote
ok '  … and a satellite for it' upstream satellite create Far Remote --days 7
INVITATION=$(cat "$OUT")
ok '  … which joins by files' by_file join --token "$INVITATION" --trust-anchor "$ROOT"
conf "$EDGE_URL"
ok 'a device registers at the first one' device_register
ok 'the upstream knows it' sync

# ---- the next root is told ------------------------------------------------------

ok 'a next root is made' upstream key roll root
is 'no satellite has it' "$(without upstream satellites_without)" 2
is '  … nor the device' "$(without upstream devices_without)" 1
status 1 'the satellite makes none of its own' satellite key roll root
like '  … as is said' 'this is a satellite' "$ERR"
restart_both
status 1 '  … nor ends one' satellite key retire --force
like '  … as is said, too' "this is a satellite: it follows" "$ERR"
ok 'a synchronisation brings it' sync
ok '  … without its key' satellite key list
like '  … as is seen' '^root +successor +no '
ok '  … and the next one says so' sync
is '  … to the upstream' "$(without upstream satellites_without)" 1
ok 'a file brings it to the other' by_file sync
ok '  … and the next one says so' by_file sync
is '  … to the upstream, too' "$(without upstream satellites_without)" 0
ok '  … which shows it' upstream satellite show Edge
like '  … ' '^Next root: +[0-9a-f]{16}$'
restart_both
ok 'the device hears of it with an answer of the satellite' device license smart renew auth
ok '  … and says so with its next request' device license smart renew auth
ok '  … which the satellite tells' sync
is '  … to the upstream' "$(without upstream devices_without)" 0

# ---- it takes its place ---------------------------------------------------------

FORMER=$(root_of "$DATA")
cp "$DATA/pki/root.pem" "$T/former.pem"
ok 'it takes its place' upstream key roll root --now
for kind in signer issuing; do
	ok "so does the $kind's successor" upstream key roll $kind --now
done
ok 'a virtual account for another satellite' upstream virtual-account create Other
status 1 '  … which does not join below the former one' upstream satellite create Other Other --days 7
like '  … as is said, with the cure' "key roll satellites --now" "$ERR"
ok 'so does that of the CA of satellites' upstream key roll satellites --now
# What each of two synchronisations does is to be seen: the satellite's server, which makes one by
# itself at its start, is away meanwhile.
stop "$EDGE_PID"
stop "$MANAGER_PID"
serve_manager # makes another TLS certificate
ok 'the satellite follows' sync
is '  … with its root' "$(root_of "$EDGE")" "$(root_of "$DATA")"
status 1 'the former one is needed while its certificate is below it' upstream key retire
like '  … which is named' '2 satellites \(Edge first\)' "$ERR"
ok '  … and asks for a certificate below it' sync
ok '  … which stock openssl verifies by it alone' "$OPENSSL" verify -x509_strict -purpose smimesign \
	-CAfile "$DATA/pki/root.pem" -untrusted "$EDGE/pki/satellites.pem" -untrusted "$EDGE/pki/issuing.pem" \
	"$EDGE/pki/signer.pem"
ok '  … and that of TLS' "$OPENSSL" verify -CAfile "$DATA/pki/root.pem" "$EDGE/pki/tls.pem"
ok '  … also by the former one alone, with what it brings along' "$OPENSSL" verify -CAfile "$T/former.pem" \
	-untrusted "$EDGE/pki/tls.pem" "$EDGE/pki/tls.pem"
status 1 'the other one still needs it' upstream key retire
like '  … and is named' '1 satellites \(Far first\)' "$ERR"
ok '  … until it follows by a file' by_file sync
is '  … with its root' "$(root_of "$FAR")" "$(root_of "$DATA")"
ok '  … and gets certificates below it by the next' by_file sync
ok '  … which stock openssl verifies' "$OPENSSL" verify -x509_strict -purpose smimesign \
	-CAfile "$DATA/pki/root.pem" -untrusted "$FAR/pki/satellites.pem" -untrusted "$FAR/pki/issuing.pem" \
	"$FAR/pki/signer.pem"
restart_both
ok 'the device goes on' device license smart renew auth
ok '  … and gets a certificate below it' device license smart renew id
ok '  … which is used' device license smart renew auth
ok 'the satellite'"'"'s folder is well' satellite doctor --quick
ok 'the upstream'"'"'s is, too' upstream doctor --quick

# ---- the former one ends --------------------------------------------------------

ok 'it synchronises' sync
ok 'the former root is retired' upstream key retire
[ "$FORMER" != "$(root_of "$DATA")" ]
report $? '  … which it was'
restart_both
ok 'the satellite is told' sync
is '  … and keeps nothing that vouches' "$(ls "$EDGE/pki/root-cross.pem" 2>/dev/null)" ''
restart_both
ok 'the device goes on' device license smart renew auth
upstream trust-anchor >"$T/present.pem"
conf "$EDGE_URL" "$T/present.pem" "$T/second"
sed -i 's/CAT2231B18Y/CAT2231B19Z/' "$CONF"
ok 'one that is given the present root alone registers at the satellite' device_register
ok '  … and is authorized' device license smart renew auth
ok '  … and known upstream' sync
like '  … as is said' '^Synchronised: [1-9]'
