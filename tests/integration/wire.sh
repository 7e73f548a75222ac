#!/bin/sh
# What really passes between device and authority, kept by a relay in the middle and checked with
# stock openssl alone.
. "$(dirname "$0")/cli_lib.sh"
cd "$T" || exit 1
start_authority
background python3 "$TOP_SRCDIR/tests/integration/relay.py" "$T/relay-port" "$T" \
	"$DATA/pki/tls.pem" "$DATA/pki/tls.key" "$ROOT" \
	"https://127.0.0.1:$PORT/its/service/oddce/services/DDCEService" # no hosts file is needed
wait_for 20 test -s "$T/relay-port" || bail 'the relay listens'
# the device's register, authorize and renew-id are 1, 2 and 3
conf "https://localhost:$(cat "$T/relay-port")/its/service/oddce/services/DDCEService"
ok 'a device registers and authorizes through the relay' device_register
ok 'and renews its ID certificate' device license smart renew id

# verified FILE OPTION…: content to $T/content, the signer's certificate to $T/signer.pem
verified() {
	file=$1
	shift
	"$OPENSSL" cms -verify -binary -inform DER -in "$file" -CAfile "$ROOT" -purpose smimesign \
		-x509_strict -signer "$T/signer.pem" -out "$T/content" "$@"
}
role() { "$OPENSSL" x509 -in "$T/signer.pem" -noout -ext extendedKeyUsage; }
arc=$(echo 2.25.190313832143684814877470670237696347942 | sed 's/\./\\./g')

# the issued certificates, as the answer to register brings it
verified 1.response 2>/dev/null
jq -r '.body.certificates[0]' content | base64 -d | "$OPENSSL" x509 -inform DER -out id.pem
jq -r '.body.certificates[1]' content | base64 -d | "$OPENSSL" x509 -inform DER -out issuing.pem
cat id.pem issuing.pem >known.pem
cat "$ROOT" issuing.pem >anchors.pem

for n in 1 2 3; do
	ok "response $n verifies with its revocation lists" verified $n.response -crl_check_all
	ok '  … and its signer has roles' role
	like '  … the role of a response' "$arc\\.2"
	is "response $n names its request's digest" "$(jq -r .request_sha256 content)" \
		"$("$OPENSSL" cms -verify -noverify -binary -inform DER -in $n.request -certfile known.pem 2>/dev/null |
			sha256sum | cut -d' ' -f1)"
done

# register is signed by the key that its CSR asks to certify, under a certificate of its own
ok 'the register request is well signed by itself' \
	"$OPENSSL" cms -verify -noverify -binary -inform DER -in 1.request -certsout own.pem -out content
is 'it is a registration' "$(jq -r .type content)" register
jq -r .body.csr content | base64 -d >csr.der
"$OPENSSL" req -inform DER -in csr.der -noout -pubkey >csr.key 2>/dev/null
"$OPENSSL" x509 -in own.pem -noout -pubkey >own.key
ok 'by the key in its CSR' cmp csr.key own.key
unlike 'the token is not in it' "$TOKEN" content

# the key is known after register, so its identifier is enough
ok 'the authorize request verifies by the ID certificate' \
	"$OPENSSL" cms -verify -binary -inform DER -in 2.request -certfile known.pem -CAfile anchors.pem \
	-purpose smimesign -x509_strict -out content
is '  … it counts what is configured' "$(jq -c '[.body.usage[].count]' content)" '[8,8]'
# the first request after a start embeds ID certificate and issuing CA
ok 'the renew-id request verifies up to the root by itself' verified 3.request
ok '  … and its signer has roles' role
like '  … the role of a device' "$arc\\.1"

ok 'the issued chain passes a strict check' \
	"$OPENSSL" verify -x509_strict -CAfile "$ROOT" -untrusted issuing.pem id.pem
ok 'the TLS chain passes a strict check for its name' "$OPENSSL" verify -x509_strict -CAfile "$ROOT" \
	-purpose sslserver -verify_hostname localhost "$DATA/pki/tls.pem"
not_ok 'the TLS certificate can sign no message' \
	"$OPENSSL" verify -x509_strict -CAfile "$ROOT" -purpose smimesign "$DATA/pki/tls.pem"

# a byte changed on the way is seen by the stock command too
{ head -c 300 2.response; printf '\0'; tail -c +302 2.response; } >altered
not_ok 'an altered response does not verify' verified altered
