#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The manager's HTTPS side, met by curl and openssl.
. "$(dirname "$0")/../sh/lib.sh"

CMS='Content-Type: application/cms'

# post ARGUMENT…: curl to the server; body in $T/answer, status on standard output.
post() {
	curl -sS --noproxy '*' --cacert "$ROOT" -o "$T/answer" -w '%{http_code}' "$@" 2>"$T/curl.log"
}

start_manager

# ---- certificates ------------------------------------------------------------

ok 'the trust anchor is one certificate' sh -c 'test "$(grep -c BEGIN "$0")" = 1' "$ROOT"
for cert in issuing signer tls; do
	ok "the chain of $cert passes openssl verify -x509_strict" "$OPENSSL" verify -x509_strict \
		-CAfile "$ROOT" "$DATA/pki/$cert.pem"
done
printf 'no message' >"$T/garbage"
for name in localhost 127.0.0.1 "$(hostname)"; do
	is "the TLS certificate is for $name" "$(post --connect-to "$name:$PORT:127.0.0.1:$PORT" \
		-H "$CMS" --data-binary @"$T/garbage" "$(echo "$URL" | sed "s/localhost/$name/")")" 200
done
post --connect-to "other.example:$PORT:127.0.0.1:$PORT" -H "$CMS" --data-binary @"$T/garbage" \
	"$(echo "$URL" | sed 's/localhost/other.example/')" >"$OUT"
is 'it is not for other.example' "$(cat "$OUT")" 000
like 'and a client says so' 'no alternative certificate subject name|subject name' "$T/curl.log"

# ---- a garbage body ----------------------------------------------------------

is 'garbage is answered' "$(post -D "$T/headers" -H "$CMS" --data-binary @"$T/garbage" "$URL")" 200
like 'as application/cms' '^Content-Type: application/cms' "$T/headers"
ok 'the answer passes the stock check with its lists' "$OPENSSL" cms -verify -binary -inform DER \
	-in "$T/answer" -CAfile "$ROOT" -purpose smimesign -x509_strict -crl_check_all \
	-signer "$T/signer.pem" -out "$T/advice.json"
"$OPENSSL" x509 -in "$T/signer.pem" -noout -ext extendedKeyUsage >"$OUT"
like 'by a response signer' '2\.25\.190313832143684814877470670237696347942\.2'
is 'it is advice: bad_request, bound to nothing' \
	"$(jq -r '[.status, .error.code, has("request_sha256"), has("request_id"), has("udi")] | join(" ")' "$T/advice.json")" \
	'error bad_request false false false'
: >"$T/empty"
is 'an empty body is answered too' "$(post -H "$CMS" --data-binary @"$T/empty" "$URL")" 200
is 'an HTML page is answered too' "$(post -H "$CMS" --data-binary '<html></html>' "$URL")" 200

# ---- what is no request ------------------------------------------------------

is 'GET is refused' "$(post -D "$T/headers" "$URL")" 405
like 'with what is allowed' '^Allow: POST' "$T/headers"
is 'another path is not found' "$(post -H "$CMS" --data-binary x "https://localhost:$PORT/")" 404
is 'a form is refused' "$(post --data-binary x "$URL")" 415
head -c 393217 /dev/zero >"$T/large"
is 'a byte too many is refused' "$(post -H "$CMS" --data-binary @"$T/large" "$URL")" 413
is 'so are chunks of it' "$(post -H 'Transfer-Encoding: chunked' -H "$CMS" --data-binary @"$T/large" "$URL")" 413
head -c 393216 /dev/zero >"$T/largest"
is 'the largest is answered' "$(post -H "$CMS" --data-binary @"$T/largest" "$URL")" 200
is 'the next request is served as if nothing had been' \
	"$(post -H "$CMS" --data-binary @"$T/garbage" "$URL")" 200
for version in 1.0 1.1; do
	not_ok "TLS $version is refused" curl -sS --cacert "$ROOT" --tls-max "$version" \
		--ciphers DEFAULT@SECLEVEL=0 -H "$CMS" --data-binary x "$URL"
done
ok 'TLS 1.2 is spoken' curl -sS --cacert "$ROOT" --tls-max 1.2 -o "$T/answer" -H "$CMS" --data-binary x "$URL"
not_ok 'plain HTTP is not' curl -sS -o "$T/answer" -H "$CMS" --data-binary x "http://localhost:$PORT/"
unlike 'no request was logged' 'event=request' "$MANAGER_LOG"

# ---- starting and ending -----------------------------------------------------

status 1 'a port in use is refused' manager serve --data "$DATA" --listen "127.0.0.1:$PORT"
like 'by its name' "127.0.0.1:$PORT cannot be listened on" "$ERR"
status 2 'a listen without a port is wrong usage' manager serve --data "$DATA" --listen 127.0.0.1
status 2 'a TLS name that is none is wrong usage' manager serve --data "$DATA" --listen 127.0.0.1:0 \
	--tls-name 'not a name'
ok 'SIGTERM ends it with 0' stop "$MANAGER_PID"
not_ok 'the port file is gone' test -e "$T/port"
before=$(cksum <"$DATA/pki/tls.pem")

serve_manager --tls-name licenses.example.net --tls-name 192.0.2.9 --debug
is 'a TLS name of the command line is served' "$(post -H "$CMS" --data-binary @"$T/garbage" \
	--connect-to "licenses.example.net:$PORT:127.0.0.1:$PORT" \
	"$(echo "$URL" | sed 's/localhost/licenses.example.net/')")" 200
is 'beside localhost' "$(post -H "$CMS" --data-binary @"$T/garbage" "$URL")" 200
ok 'an address too' "$OPENSSL" verify -x509_strict -CAfile "$ROOT" -verify_ip 192.0.2.9 "$DATA/pki/tls.pem"
ok 'the certificate was made anew' test "$(cksum <"$DATA/pki/tls.pem")" != "$before"
like 'a debug line says where from, status and size' 'event=request status=200 peer=127.0.0.1 bytes=10 us=[0-9]+ type=unreadable code=bad_request ' "$MANAGER_LOG"
ok 'SIGINT ends it too' sh -c 'kill -INT "$0"' "$MANAGER_PID"
ok 'and its end is logged' wait_for 10 grep -q stopped "$MANAGER_LOG"

# many at once, among them bad ones
serve_manager
n=0
while [ "$n" -lt 40 ]; do
	n=$((n + 1))
	head -c 2000 /dev/urandom >"$T/noise.$n"
	background curl -sS --cacert "$ROOT" -o /dev/null -H "$CMS" --data-binary @"$T/noise.$n" "$URL"
done
is 'a request beside forty noisy ones is answered' \
	"$(post --max-time 10 -H "$CMS" --data-binary @"$T/garbage" "$URL")" 200
