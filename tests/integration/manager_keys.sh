#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The authority's own keys by the administrator's commands.
. "$(dirname "$0")/../sh/lib.sh"

init_manager
m() { manager --data "$DATA" "$@"; }

m key list >"$OUT"
like 'each key is listed with its end' '^signer +current +yes +20.*Z +- +20.*Z +Smart Licensing Response Signer '
like 'the root, too' '^root +current +yes '
m key list --json >"$OUT"
like 'as JSON, with its identifier' '"id": "[0-9a-f]{40}"'

status 2 'no key of that name' m key roll tls
like 'the refusal says which there are' 'signer or issuing' "$ERR"
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

mv "$DATA/pki/root.key" "$T/root.key"
status 1 'without the key of the root none is made' m key roll signer
like 'the refusal names what is missing' 'root.key is not there' "$ERR"
