#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The direct transport against a web server that behaves well, badly and not at all.
# shellcheck source=tests/integration/direct_lib.sh
. "$(dirname "$0")/direct_lib.sh"

start_peer plain
P=http://127.0.0.1:$PEER_PORT
SEEN=$T/plain.seen

ok 'a request is posted and its answer comes back' exchange -o "$T/answer" "destination=$P"
like 'one warning says that http is not encrypted' '^log 4 destination http://.*not encrypted'
like 'no thread was started' '^threads 1$'
like 'no descriptor is left open' '^descriptors-left 0$'
ok 'the answer is what the server sent, to the byte' cmp "$T/answer" "$ANSWER"
ok 'the request arrived to the byte' cmp "$SEEN/body" "$REQUEST"
like 'its type is that of a signed message' '^Content-Type: application/cms$' "$SEEN/header"
like 'without a path the default one is meant' '^POST /its/service/oddce/services/DDCEService$' \
	"$SEEN/header"
unlike 'nothing was asked before sending' '^Expect' "$SEEN/header"

: >"$SEEN/connections"
ok 'three requests one after another are answered' exchange -n 3 "destination=$P"
is '  … on one connection' "$(wc -l <"$SEEN/connections")" 1

ok 'a signed message is an answer under any status' exchange "destination=$P/error-signed"
like '  … and the status is told' '^status 500$'
ok 'a server need not name the type' exchange "destination=$P/no-type"
ok 'an interim status is passed over' exchange "destination=$P/early-hint"

ok 'one that lets the body be sent as well' exchange "destination=$P/continue"
fails 'interim ones without end are given up' '.*, answer: .*header than 64 KiB' "destination=$P/hints-without-end"
fails 'another protocol is no answer' '.*, answer: the connection ended without one' "destination=$P/switch"

fails "a captive portal's 200 is no answer" \
	'127.0.0.1:[0-9]+, answer: status 200 with 33 bytes of text/html.*captive portal' "destination=$P/portal"
fails 'an empty body is no answer' '.*, answer: status 200 with 0 bytes' "destination=$P/empty"
fails 'no content is no answer' '.*, answer: status 204 with 0 bytes of no type' "destination=$P/no-content"
fails 'a truncated body is no answer' \
	'.*, answer: cut off after 1000 bytes, more were announced' "destination=$P/truncated"
fails 'an answer announced as too large is not read' \
	'.*, answer: larger than 384 KiB' "destination=$P/oversize"
fails 'an answer without end is given up' '.*, answer: larger than 384 KiB' "destination=$P/endless"
fails 'a header without end is given up' '.*, answer: .*header than 64 KiB' "destination=$P/endless-header"
fails 'a redirect is not followed' \
	'.*, answer: status 302 .*redirect to http://login.example.net/.*not followed' "destination=$P/redirect"
fails 'a path that leads nowhere names the right one' \
	'.*, answer: status 404 .*/its/service/oddce/services/DDCEService' "destination=$P/not-found"
for code in 300 301 303 304 307 308; do
	fails "the status $code is not followed" ".*, answer: status $code .*redirects are not followed" \
		"destination=$P/$code/status"
done
fails 'a portal that says so itself is named' '.*, answer: status 511 .*captive portal' "destination=$P/511/status"
fails 'a request that came too slowly is told' '.*, answer: status 408 .*in time' "destination=$P/408/status"
for code in 400 401 403 405 410 418 451; do
	fails "the status $code is no authority's" ".*, answer: status $code .*no license authority" \
		"destination=$P/$code/status"
done
for code in 500 501 504 599; do
	fails "the status $code is trouble" ".*, answer: status $code .*in trouble" "destination=$P/$code/status"
done
fails 'a gateway in trouble is named' '.*, answer: status 502 .*in trouble' "destination=$P/trouble"
fails 'a proxy that wants a login is named' '.*, answer: status 407 .*proxy' "destination=$P/proxy-login"
fails 'a server that takes less is named' '.*, answer: status 413 .*larger' "destination=$P/too-large"
fails 'a connection that ends without an answer is named' \
	'.*, answer: the connection ended without one' "destination=$P/close"
fails 'something that is not HTTP is named' '.*, answer: not HTTP' "destination=$P/no-http"

fails 'a busy server is obeyed' '.*, answer: status 503 .*come back later' "destination=$P/busy"
like '  … for as many seconds as it names' '^retry-after-ms 120000$'
fails '429 is a refusal to take the request, whatever its body' '.*status 429' "destination=$P/busy-signed"
like '  … for as many seconds as it names' '^retry-after-ms 60000$'
fails 'a date to come back at counts from the date of the answer' '.*status 503' "destination=$P/busy-date"
like '  … so that no clock plays a part' '^retry-after-ms 300000$'
fails 'a wait that is not understood is none' '.*status 503' "destination=$P/busy-nonsense"
like '  … and -1 says so' '^retry-after-ms -1$'

fails 'a server that never answers is given up after 30 s' '.*, answer: no progress for 30 s' -x 100 \
	"destination=$P/silent"
fails 'a server that trickles is given up' '.*, answer: no progress for 10 s' -x 50 "destination=$P/trickle"
fails 'one that trickles its header as well' '.*, answer: no progress for 10 s' -x 50 \
	"destination=$P/header-trickle"
fails 'a server that takes for ever, steadily, is given up as well' \
	'.*, answer: too slow, not over after [67][0-9] s' -x 50 "destination=$P/steady"
fails 'a compressed body is not unpacked' \
	'.*, answer: status 200 with [0-9]+ bytes of application/cms, no signed message' "destination=$P/bomb"

ok 'cancelling in the middle succeeds' exchange -c 200 "destination=$P/silent"
is '  … in less than 50 ms' "$(sed -n 's/^cancelled-in-us //p' "$OUT" |
	awk '{ print ($1 < 50000) ? "yes" : $1 }')" yes
like '  … and leaves no descriptor open' '^descriptors-left 0$'

ok 'a source address is kept to' exchange "destination=$P" source-address=127.0.0.77
is '  … as the server sees' "$(cat "$SEEN/sender")" 127.0.0.77
fails 'a source address that this machine has not is told' \
	'127.0.0.1:[0-9]+, connect: the source address cannot be used: .*source-ip-address' "destination=$P" \
	source-address=192.0.2.77
fails '  … also where the destination has addresses of another kind as well' \
	'localhost:[0-9]+, connect: the source address cannot be used: .*source-ip-address' \
	"destination=http://localhost:${P##*:}" source-address=192.0.2.77
ok 'the address of a source interface is taken' exchange "destination=$P" source-interface=lo
is '  … as the server sees' "$(cat "$SEEN/sender")" 127.0.0.1
fails 'a source interface that this machine has not is told' \
	'127.0.0.1:[0-9]+, connect: there is no interface nosuch0; correct source-interface' "destination=$P" \
	source-interface=nosuch0
status 3 'a source interface beside a source address is refused' exchange "destination=$P" source-interface=lo \
	source-address=127.0.0.1
for bad in x 192.0.2 '' lo; do
	status 3 "the source address '$bad' is refused" exchange "destination=$P" "source-address=$bad"
done

stop "$LAST_PID"
fails 'a refused connection is named' \
	'127.0.0.1:[0-9]+, connect: Connection refused; ' "destination=$P"

start_peer second
ok 'of several destinations the next is tried when one fails' \
	exchange "destination=$P" "destination=http://127.0.0.1:$PEER_PORT/portal" \
	"destination=http://127.0.0.1:$PEER_PORT"
like '  … and each failure is logged' '^log 5 127.0.0.1:[0-9]+, connect: Connection refused'
like '  … this one too' '^log 5 127.0.0.1:[0-9]+, answer: status 200'

export http_proxy=http://127.0.0.1:1 https_proxy=http://127.0.0.1:1 all_proxy=http://127.0.0.1:1
ok 'the environment names no proxy to us' exchange "destination=http://127.0.0.1:$PEER_PORT"
unset http_proxy https_proxy all_proxy

for bad in ftp://x/ https:// x.example.net https://u:p@x/ 'https://x/#y' https://x:99999/ \
	'https://[fe80::1%25eth0]/'; do
	status 3 "the destination $bad is refused" exchange "destination=$bad"
	like '  … by a text that names it' "^text option destination '"
done
status 3 'no destination is refused' exchange
like '  … with the line to configure' '^text option destination: missing; configure destination address'
