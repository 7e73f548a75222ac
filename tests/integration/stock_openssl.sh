#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the library signs is checked by the stock openssl command, with no line of ours in between.
. "$(dirname "$0")/../sh/lib.sh"

NOW=1795564800 # the moment that the specimens' certificates are around
S=$T/specimens
mkdir "$S"
"$TOP_BUILDDIR/tests/integration/specimens" "$S" || bail 'the specimens are made'
cd "$S" || exit 1

verify() { # MESSAGE OPTIONS…
	m=$1
	shift
	rm -f content.json signer.pem
	"$OPENSSL" cms -verify -binary -inform DER -in "$m" -CAfile root.pem -purpose smimesign \
		-x509_strict -signer signer.pem -out content.json "$@" &&
		[ "$(cat content.json)" = '{"slx":1}' ]
}
role() { "$OPENSSL" x509 -in signer.pem -noout -ext extendedKeyUsage; }
reencode() { "$OPENSSL" cms -cmsout -inform DER -outform DER -in "$1" -out again.der && cmp "$1" again.der; }
spki() { "$OPENSSL" "$@" -noout -pubkey >"$T/spki.$1"; }

for kind in p256 p384 rsa; do
	m=response-$kind.der
	ok "a response signed by a $kind key verifies" verify "$m" -attime $NOW
	ok "it verifies with the list that it carries" verify "$m" -attime $NOW -crl_check_all
	ok 'its signer has a role' role
	like 'the role is response' '2\.25\.190313832143684814877470670237696347942\.2'
	ok 'it is its own DER encoding' reencode "$m"
	ok 'it can be printed' "$OPENSSL" cms -cmsout -print -inform DER -in "$m" -out /dev/null
done
ok 'on a device without a clock the check works without time' verify response-p256.der -no_check_time
not_ok 'years later it has ended' verify response-p256.der -attime 2400000000
ok 'a satellite is verified up to the root' verify satellite.der -attime $NOW -crl_check_all
ok 'its signer has a role' role
like 'the role is satellite' '2\.25\.190313832143684814877470670237696347942\.3'

sed 's/"slx":1/"slx":2/' response-p256.der >altered.der
not_ok 'altered content is refused' verify altered.der -attime $NOW

ok 'a request verifies' verify authorize.der -attime $NOW
ok 'a request in armour is the same' sh -c "
	'$OPENSSL' cms -cmsout -inform PEM -in authorize.pem -outform DER -out unarmoured.der &&
	cmp unarmoured.der authorize.der"
ok 'no signature holds a time' sh -c "! '$OPENSSL' asn1parse -inform DER -in authorize.der | grep signingTime"

ok 'a register request is signed by its own key' \
	"$OPENSSL" cms -verify -binary -inform DER -in register.der -noverify -certsout self.pem -out content.json
ok 'the certificate request is good' "$OPENSSL" req -inform DER -in request.csr -verify -noout
spki req -inform DER -in request.csr
spki x509 -in self.pem
ok 'both hold one key' cmp "$T/spki.req" "$T/spki.x509"
ok 'whose private half is well formed' "$OPENSSL" pkey -in device.key -check -noout
ok "a device's certificate has a path that a strict check takes" \
	"$OPENSSL" verify -x509_strict -attime $NOW -CAfile root.pem -untrusted issuing.pem device.pem
