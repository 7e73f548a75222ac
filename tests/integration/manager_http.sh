#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Plain HTTP: an authority that was told to answer there, and a device that lives by it; and an authority
# behind nginx, which has the certificate that devices see.
# shellcheck source=tests/integration/direct_lib.sh
. "$(dirname "$0")/direct_lib.sh"
# shellcheck source=tests/integration/cli_lib.sh
. "$(dirname "$0")/cli_lib.sh"

WAY=/its/service/oddce/services/DDCEService
serve_plain() {
	rm -f "$T/http-port"
	serve_manager --listen-http 127.0.0.1:0 --http-port-file "$T/http-port"
	BEHIND=127.0.0.1:$(cat "$T/http-port")
}
# warned: how many lines say that what is sent can be read
warned() { grep -c 'not encrypted' "$ERR"; }

start_authority
ok 'where nobody asked for it, plain HTTP is answered nowhere' test "$(grep -c 'plain HTTP' "$MANAGER_LOG")" = 0
status 52 '  … nor at the port of TLS' curl -sS --noproxy '*' "http://127.0.0.1:$PORT/healthz"
stop "$MANAGER_PID"
serve_plain
like 'where it was asked for, the log says so' "plain HTTP, which anybody on the way can read, on 127.0.0.1:${BEHIND#*:}\"\$" \
	"$MANAGER_LOG"
conf "http://$BEHIND$WAY"
ok 'a device registers there' device_register
is '  … and is warned once' "$(warned)" 1
ok '  … and lives there' device license smart renew auth
is '  … warned as often' "$(warned)" 1
ok '  … with another identity' device license smart renew id
ok '  … until it leaves' device license smart deregister
ok 'TLS is there as well' curl -sS --fail --noproxy '*' --cacert "$ROOT" "https://localhost:$PORT/healthz"

command -v nginx >/dev/null || skip 'nginx is not installed'
"$OPENSSL" req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=front \
	-addext subjectAltName=IP:127.0.0.1 -keyout "$T/front.key" -out "$T/front.pem" 2>/dev/null ||
	bail "nginx's certificate is made"
start_nginx "$T/front.pem" "$T/front.key" "/ { proxy_pass http://$BEHIND; }"
new_token
conf "https://127.0.0.1:$FRONT$WAY" "$ROOT" "$T/behind"
printf 'crypto ca trustpool import url %s\ncrypto ca trustpoint Trustpool crl optional\n' "$T/front.pem" >>"$CONF"
ok 'behind nginx, with its own certificate, a device registers' device_register
is '  … without that warning' "$(warned)" 0
ok '  … and is authorized' device license smart renew auth
ok '  … and renews its identity' device license smart renew id
like '  … by HTTP/2' "POST $WAY HTTP/2.0\" 200" "$T/nginx/access.log"
ok '  … and leaves' device license smart deregister
stop "$MANAGER_PID"
status 1 'an authority that is away behind it' device_register
like '  … is told as that' 'status 502' "$ERR"
