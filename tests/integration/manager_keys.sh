#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The authority's own keys by the administrator's commands.
. "$(dirname "$0")/../sh/lib.sh"

init_manager
m() { manager --data "$DATA" "$@"; }

m key list >"$OUT"
like 'each key is listed with its end' '^signer +current +yes +20.*Z +- +20.*Z +- +- +Smart Licensing Response Signer '
like 'the root, too' '^root +current +yes '
m key list --json >"$OUT"
like 'as JSON, with its identifier' '"id": "[0-9a-f]{40}"'

status 2 'no key of that name' m key roll tls
like 'the refusal says which there are' 'signer, issuing, satellites or root' "$ERR"
ok 'a successor of the signer is made' m key roll signer
like 'it says when it takes its place' 'a successor was made, and takes its place at 20..-..-..T..:..:..Z; --now'
ok 'a second one is not' m key roll signer
like 'it says that one waits' 'a successor waits already'
m key list >"$OUT"
like 'it is listed, with its begin' '^signer +successor +yes +20.*Z +20.*Z +20.*Z '
before=$("$OPENSSL" x509 -in "$DATA/pki/signer.pem" -noout -serial)
ok 'it takes its place at once where that is asked for' m key roll signer --now
[ "$before" != "$("$OPENSSL" x509 -in "$DATA/pki/signer.pem" -noout -serial)" ]
report $? 'another certificate is the signer'
ok 'so does the successor of the issuing CA' m key roll issuing --now
m key list >"$OUT"
like 'the CA of before is kept' '^issuing +former +yes '
ok 'the successors are the root'"'"'s' "$OPENSSL" verify -x509_strict -CAfile "$DATA/pki/root.pem" \
	"$DATA/pki/signer.pem" "$DATA/pki/issuing.pem"
[ "$(stat -c %a "$DATA/pki/issuing.key")$(stat -c %a "$DATA/pki/signer.key")" = 600600 ]
report $? 'their keys are their owner'"'"'s alone'

status 1 'no CA of satellites is followed where there is none' m key roll satellites
like 'which is said, with the cure' "no pki/satellites.pem yet: 'satellite create'" "$ERR"
status 1 'there is no former root yet' m key retire --force
like 'which is said' 'there is no former root' "$ERR"
status 1 'nor one that devices could lack' m key devices
ok 'a next root is made' m key roll root
m key list >"$OUT"
like 'no device lacks it, no satellite' '^root +successor .* 0 +0 +Smart Licensing Root '
ok 'it vouches for itself, and the present one for it' "$OPENSSL" verify -x509_strict \
	-CAfile "$DATA/pki/root.pem" "$DATA/pki/root-cross.pem"
m trust-anchor >"$OUT"
[ "$(grep -c BEGIN "$OUT")" = 2 ]
report $? 'new devices get both roots'
ok 'it takes its place' m key roll root --now
status 1 'the former one has issued the signer' m key retire
like 'which is said, with the cure' "key roll signer --now" "$ERR"
ok 'so does the signer' m key roll signer --now
ok 'so does the issuing CA' m key roll issuing --now
serve_manager # makes another TLS certificate
ok 'the TLS certificate is the present root'"'"'s' "$OPENSSL" verify -CAfile "$DATA/pki/root.pem" "$DATA/pki/tls.pem"
m key devices --json >"$OUT"
like 'nobody is without the root' '^\[\]$'
ok 'the folder is well' m doctor --quick
ok 'the former root is retired' m key retire
m key list >"$OUT"
like 'it is listed without its key' '^root +former +no '
m virtual-account create Edge
ok 'a satellite is invited' m satellite create Edge Edge --days 7
ok 'the CA of satellites has a successor' m key roll satellites --now
m key list >"$OUT"
like 'the one of before is kept' '^satellites +former +yes '
ok 'its issuing CA is still known to be its own' m doctor --quick

mv "$DATA/pki/root.key" "$T/root.key"
status 1 'without the key of the root none is made' m key roll signer
like 'the refusal names what is missing' 'root.key is not there' "$ERR"
