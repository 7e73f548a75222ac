#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The direct transport and revocation lists of TLS certificates: fetched where a certificate names one,
# taken from the answers for certificates under the anchor of messages.
# shellcheck disable=SC2086 # TRUST is a list of words
# shellcheck source=tests/integration/direct_lib.sh
. "$(dirname "$0")/direct_lib.sh"

FILES=$T/files
mkdir "$FILES"
start_peer lists
LISTS=http://127.0.0.1:$PEER_PORT
GETS=$T/lists.seen/gets
unset FILES

root_ca ours
root_ca strangers
TRUST="tls-trust-anchor-pem=@$T/ours.pem"
ANCHOR="trust-anchor-pem=@$T/ours.pem"

# serve NAME LIST: a server whose certificate names that list; sets D
serve() {
	CRL=$2
	certificate ours "$1" 'IP:127.0.0.1'
	start_peer "$1" "$T/$1.pem" "$T/$1.key"
	D=destination=https://127.0.0.1:$PEER_PORT
	unset CRL
}
cured="configure 'crypto ca trustpoint Trustpool crl optional'"

serve good "$LISTS/good.crl"
GOOD=$D
crl ours "$T/files/good.crl"
ok 'a certificate whose list is fetched and does not name it is taken' exchange -o "$T/answer" "$D" "$TRUST"
like '  … without a thread' '^threads 1$'
like '  … or a descriptor left' '^descriptors-left 0$'
is '  … and without blocking' "$(sed -n 's/^longest-step-us //p' "$OUT" |
	awk '{ print ($1 < 200000) ? "yes" : $1 }')" yes
unlike '  … and nothing was tolerated' '^log'
is '  … the list was asked for once' "$(cat "$GETS")" /good.crl
ok '  … and the answer came' cmp "$T/answer" "$ANSWER"
: >"$GETS"
ok 'a list is kept for the next request' exchange -n 3 "$D" "$TRUST"
is '  … so that it is asked for once' "$(cat "$GETS")" /good.crl

crl ours "$T/files/good.crl" good
fails 'a certificate that its list names is refused' '.*, TLS: the certificate of CN = good is revoked; ' "$D" "$TRUST"
fails '  … where lists are optional as well' '.*, TLS: .* is revoked; ' "$D" "$TRUST" crl=optional
ok '  … before a byte of the request was sent' test "$T/good.seen/body" -ot "$T/files/good.crl"

# refused SENTENCE ERE: without crl optional, with that line as the cure; with it, it is told only
refused() {
	fails "$1 is refused" ".*, TLS: .*$2.*$cured" "$D" "$TRUST"
	ok '  … and tolerated where lists are optional' exchange "$D" "$TRUST" crl=optional
	like '  … which is told' "^log 5 whether CN = .* is revoked is not known and is tolerated: "
}
serve none ''
refused 'a certificate that names no list' 'names no revocation list'
serve ldap 'ldap://ldap.example.test/x'
refused 'one that names a list by other means than http' 'names no revocation list'
serve closed "http://127.0.0.1:$(free_port)/x.crl"
refused 'one whose list is on a port where nobody listens' 'connect: Connection refused'
serve lost "$LISTS/lost.crl"
refused 'one whose list is not there' 'answer: status 404'
serve html "$LISTS/portal"
refused 'one in place of whose list there is a page' 'no revocation list'
serve empty "$LISTS/empty"
refused 'one whose list is empty' 'no revocation list'
serve moved "$LISTS/redirect"
refused 'one whose list has moved' 'answer: status 302'
serve endless "$LISTS/endless"
refused 'one whose list has no end' 'answer: larger than 8 MiB'
serve unnamed 'http://nosuch.localhost.invalid/x.crl'
refused 'one whose list is at a name that nobody knows' 'resolve: '
serve foreign "$LISTS/foreign.crl"
crl strangers "$T/files/foreign.crl"
refused "one whose list is another issuer's" "another issuer's"
serve stale "$LISTS/stale.crl"
crl ours "$T/files/stale.crl"
FLOOR=$(($(date +%s) + 8 * 86400))
fails 'one whose list has ended by the floor is refused' ".*, TLS: .*expired.*$cured" -f "$FLOOR" "$D" "$TRUST"
ok '  … and tolerated where lists are optional' exchange -f "$FLOOR" "$D" "$TRUST" crl=optional
ok 'a list from the future of the floor is taken' exchange -f 0 "$D" "$TRUST"
crl ours "$T/files/pem.crl"
serve pem "$LISTS/pem.crl"
"$OPENSSL" crl -inform DER -in "$T/files/pem.crl" -out "$T/files/pem.crl" 2>/dev/null
ok 'a list in PEM is taken' exchange "$D" "$TRUST"

serve slow "$LISTS/silent"
status 1 'a list that never comes is given up' exchange -x 100 "$D" "$TRUST"
like '  … and the text says so' ', TLS: .*answer: no progress for 30 s'
ok 'cancelling while a list is fetched succeeds' exchange -c 300 "$D" "$TRUST"
is '  … in less than 50 ms' "$(sed -n 's/^cancelled-in-us //p' "$OUT" |
	awk '{ print ($1 < 50000) ? "yes" : $1 }')" yes
like '  … and leaves no descriptor open' '^descriptors-left 0$'

# the list of the first is revoked; the second's is fine
crl ours "$T/files/good.crl" good
serve second "$LISTS/pem.crl"
ok 'the next destination is tried when the first is revoked' exchange "$GOOD" "$D" "$TRUST"
like '  … which is told' '^log 5 127.0.0.1:[0-9]+, TLS: .* is revoked'

# under the anchor of messages the lists come with the answers
: >"$GETS"
ok 'under the anchor of messages no list is fetched' exchange "$GOOD" "$ANCHOR"
is '  … none at all' "$(cat "$GETS")" ''
serve plain ''
ok '  … nor must one be named' exchange "$D" "$ANCHOR"
crl ours "$T/own.crl" plain
crl strangers "$T/other.crl"
cat "$T/other.crl" "$T/own.crl" >"$T/lists"
fails 'one that a list of the answers names is refused' '.*, TLS: .*CN = plain is revoked' -l "$T/lists" "$D" "$ANCHOR"
fails '  … where TLS has roots of its own and it is among them' '.*, TLS: .*CN = plain is revoked' -l "$T/lists" \
	"$D" "$ANCHOR" "$TRUST"
fails '  … though the list has ended' '.*, TLS: .*CN = plain is revoked' -f "$FLOOR" -l "$T/lists" "$D" "$ANCHOR"
ok '  … and another is taken' exchange -l "$T/lists" "$GOOD" "$ANCHOR"
root_ca twin ours
CRL_ENDS='-crldays 7 -crlexts list'
crl twin "$T/lists" plain
ok '  … and a list of another authority of that name is not its' exchange -l "$T/lists" "$D" "$ANCHOR"
crl ours "$T/lists" plain
fails '  … as its own is, which tells its key' '.*, TLS: .*CN = plain is revoked' -l "$T/lists" "$D" "$ANCHOR"
unset CRL_ENDS
ok 'lists that cannot be read are none' exchange -l "$T/ours.pem" "$D" "$ANCHOR"

status 3 'crl is required or optional' exchange "$D" crl=maybe
like '  … and nothing else' "^text option crl 'maybe': 'required' or 'optional' expected"
