#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The lines of call-home, from the configuration file to the wire.
# shellcheck source=tests/integration/cli_lib.sh
. "$(dirname "$0")/cli_lib.sh"

start_authority
conf "https://localhost:1/its"
dead=$CONF
# lines LINE…: the configuration with these lines in call-home and after it
lines() {
	conf "https://localhost:1/its"
	{
		printf 'call-home\n'
		printf '%s\n' "$@"
	} >>"$dead"
}
P='profile CiscoTAC-1
  active
  destination address http'

status 1 'one destination that is not there is a failure' device_register
lines "$P https://localhost:2/its" "$P $URL"
ok 'of several destinations the one that answers is found' device_register force
unlike '  … none replaces another' 'replaces' "$ERR"
ok 'the trace of call-home tells the way' device show call-home trace all
like '  … who was tried, and where' ': connects to https://localhost:1/its, at 127.0.0.1,\[::1\]$'
like '  … and was not there' 'localhost:1, connect: Connection refused'
like '  … who was next' 'localhost:2, connect: Connection refused'
like '  … what was sent' ': sends register '
ok '  … which other traces call by its name' device show license trace all
like '  … beside theirs' ': call-home: sends register '
like '  … which are not in it' ': agent: '

lines "$P $URL" 'source-interface lo'
ok 'an interface may be the source' device license smart renew auth
lines "$P $URL" 'source-interface nosuch0'
status 1 'one that is not there is told' device license smart renew auth
like '  … with the line to correct' 'no interface nosuch0; correct source-interface' "$ERR"

printf 'opensesame\n' >"$T/password"
chmod 644 "$T/password"
lines "$P $URL" "http-proxy localhost port 1 user device password-file $T/password"
status 1 'a password that everybody may read is refused' device license smart renew auth
like '  … with the cure' "proxy's password '.*' can be read by everybody; chmod 600 it" "$ERR"
chmod 600 "$T/password"
status 1 'a proxy that is not there is told' device license smart renew auth
like '  … by name' 'by way of proxy localhost:1, connect: Connection refused' "$ERR"
unlike '  … without its password' 'sesame' "$ERR"
ok 'call-home is shown in detail' device show call-home detail
like '  … that it is on' '^    call home feature : enable$'
like '  … for whom' "^    contact person's email address: smart-licensing$"
like '  … its proxy' '^    http proxy: localhost:1$'
like '  … and user' '^    http proxy user: device$'
like '  … what is not set' '^    source interface: Not yet set up$'
like '  … the profile' '^    Profile: CiscoTAC-1 \(status: ACTIVE\)$'
like '  … the first destination' '^    HTTP  address\(es\): https://localhost:1/its$'
like '  … and the next below it' "^ {22} https://localhost:$PORT/its/service/oddce/services/DDCEService\$"
like '  … and how the last attempt went' '^Last Communication Attempt: FAILED on '
ok '  … as JSON as well' device --json show call-home detail
is '  … with the same facts' "$(jq -c '.["call-home"] | [.service, .contact, .proxy, .["proxy-user"], .crl,
	(.destinations | length), .["last-communication"].outcome]' "$OUT")" \
	'["active","smart-licensing","localhost:1","device","required",2,"failed"]'
ok '  … and for a support case with the trace' device show tech-support call-home
like '  … both' '^-+ show call-home trace all -+$'
unlike '  … and never the password' 'sesame'
cp "$CONF" "$T/active.conf"
printf 'call-home\nno service active\n' >>"$CONF"
ok 'a call-home that is off is shown with what it would do' device show call-home detail
like '  … as off' '^    call home feature : disable$'
like '  … its destination' '^    HTTP  address\(es\): https://localhost:1/its$'
ok '  … and what follows' device show license summary
like '  … that nothing is sent' '^Consequence: .*nothing is sent to the authority: call-home service is missing'
cp "$T/active.conf" "$CONF"
ok 'one that is on' device show license summary
unlike '  … has no such consequence' 'nothing is sent'

# a proxy that wants a login; for http it is asked as a server is
mkdir "$T/proxy.seen"
background python3 "$TOP_SRCDIR/tests/integration/peer.py" --answer "$TOP_SRCDIR/tests/vectors/response-good.der" \
	--port-file "$T/proxy.port" --seen "$T/proxy.seen"
wait_for 20 test -s "$T/proxy.port" || bail 'the proxy listens'
conf http://ssm.example.test/guarded
printf 'call-home\nhttp-proxy 127.0.0.1 port %s user device password-file %s\n' "$(cat "$T/proxy.port")" \
	"$T/password" >>"$CONF"
status 1 'what a proxy answers in place of the authority is no answer' device license smart renew auth
like '  … but it got the request' '^POST http://ssm.example.test/guarded$' "$T/proxy.seen/header"
like '  … and the login, the first line of the file' \
	"^Proxy-Authorization: Basic $(printf device:opensesame | base64)\$" "$T/proxy.seen/header"
unlike '  … of which nothing is told' 'sesame' "$ERR"
cp "$T/active.conf" "$CONF"
rm "$T/password"
status 1 'a password that is not there is told' device license smart renew auth
like '  … with the line to correct' "proxy's password '.*' cannot be read: .*'http-proxy'" "$ERR"
ok '  … but what only shows needs none' device show license status

lines "$P $URL" "crypto ca trustpool import url $ROOT"
ok 'roots for TLS may be the root of messages' device license smart renew auth
"$OPENSSL" req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=other \
	-keyout "$T/other.key" -out "$T/other.pem" 2>/dev/null
lines "$P $URL" "crypto ca trustpool import url $T/other.pem"
status 1 'where they are others the authority is not believed by TLS' device license smart renew auth
like '  … and the text says whom it knows' 'TLS: .*unknown issuer' "$ERR"
lines "$P $URL" "crypto ca trustpool import url $T/other.pem" "crypto ca trustpool import url $ROOT"
ok '  … two files are read as one' device license smart renew auth

lines "$P $URL" "license smart client-certificate $T/other.pem key $T/other.key"
chmod 644 "$T/other.key"
status 1 'a key that everybody may read is refused' device license smart renew auth
like '  … with the cure' "client key '.*' can be read by everybody" "$ERR"
chmod 600 "$T/other.key"
ok 'a server that wants no certificate is not shown one' device license smart renew auth
lines "$P $URL" "license smart client-certificate $ROOT key $T/other.key"
status 1 'a key of another certificate is told' device license smart renew auth
like '  … by the option' 'client-key-pem: not the key of' "$ERR"

# one that takes connections and says nothing
background python3 -c 'import os, socket, sys, time
s = socket.create_server(("127.0.0.1", 0))
open(sys.argv[1] + ".new", "w").write(str(s.getsockname()[1]))
os.rename(sys.argv[1] + ".new", sys.argv[1])
time.sleep(600)' "$T/silent.port"
wait_for 20 test -s "$T/silent.port" || bail 'a silent server listens'
conf "https://localhost:2/its" "$ROOT" "$T/store-silent"
printf 'call-home\n%s https://localhost:%s/its\n' "$P" "$(cat "$T/silent.port")" >>"$CONF"
status 1 'a command whose time is over before all were tried has failed' device_register --timeout 2
like '  … which says how it gets more' 'within 2 s; .*--timeout gives it longer' "$ERR"
ok '  … and leaves a trace' device show call-home trace all
like '  … of what came of those that were' 'localhost:2, connect: Connection refused'
