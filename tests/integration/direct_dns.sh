#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The direct transport and name servers: dnsmasq, and ones that are dead.
# shellcheck source=tests/integration/direct_lib.sh
. "$(dirname "$0")/direct_lib.sh"

command -v dnsmasq >/dev/null || skip 'dnsmasq is not installed'

start_peer plain

name_server good --host-record=ssm.example.test,127.0.0.1 --host-record=both.example.test,127.0.0.1,::1 \
	--host-record=six.example.test,::1 --local=/test/
GOOD=$DNS
D=destination=http://ssm.example.test:$PEER_PORT

ok 'a name is resolved by the configured server' exchange "$D" "name-server=$GOOD"
like '  … without a thread' '^threads 1$'
like '  … or a descriptor left' '^descriptors-left 0$'
like '  … which was asked for A' 'query\[A\] ssm.example.test' "$T/good.dns"
like '  … and AAAA' 'query\[AAAA\] ssm.example.test' "$T/good.dns"
ok 'a name with both addresses is reached by the one that answers' \
	exchange "destination=http://both.example.test:$PEER_PORT" "name-server=$GOOD"
if python3 -c 'import socket; socket.socket(socket.AF_INET6).bind(("::1", 0))' 2>/dev/null; then
	start_peer six '' '' ::1
	ok 'a name with an IPv6 address only is reached' \
		exchange "destination=http://six.example.test:$PEER_PORT" "name-server=$GOOD"
	like '  … without a thread' '^threads 1$'
	ok 'of both addresses it may be the IPv6 one that answers' \
		exchange "destination=http://both.example.test:$PEER_PORT" "name-server=$GOOD"
	ok 'an IPv6 address is a destination' exchange "destination=http://[::1]:$PEER_PORT"
	ok '  … from a source address of its kind' \
		exchange "destination=http://[::1]:$PEER_PORT" source-address=::1
	fails '  … but not from one of the other kind' '\[::1\]:[0-9]+, connect: .* of IPv6, .*source-ip-address' \
		"destination=http://[::1]:$PEER_PORT" source-address=127.0.0.1
	ok 'of both addresses the one that the source can reach is taken' \
		exchange "destination=http://both.example.test:$PEER_PORT" "name-server=$GOOD" source-address=::1
	PEER_PORT=$(cat "$T/plain.port")
fi
ok 'the name may end in a dot' exchange "destination=http://ssm.example.test.:$PEER_PORT" "name-server=$GOOD"
like '  … which the server is not told' '^Host: ssm.example.test:' "$T/plain.seen/header"
ok 'the next request asks anew, on the same connection' exchange -n 2 "$D" "name-server=$GOOD"
: >"$T/good.dns"
ok 'a name below localhost is this device, whatever the name server says' \
	exchange "destination=http://licenses.LocalHost:$PEER_PORT" "name-server=$GOOD"
unlike '  … which is not asked' 'licenses.localhost' "$T/good.dns"
ok 'an address is not asked for' exchange "destination=http://127.0.0.1:$PEER_PORT" "name-server=$GOOD"
unlike '  … not at all' query "$T/good.dns"
ok 'a name in the hosts file neither' exchange "destination=http://localhost:$PEER_PORT" "name-server=$GOOD"
unlike '  … not at all' query "$T/good.dns"

fails 'a name that does not exist is told' \
	"no.example.test:[0-9]+, resolve: no.example.test: there is no such name \(name server $GOOD\)" \
	"destination=http://no.example.test:$PEER_PORT" "name-server=$GOOD"
fails 'what cannot be a name is told' "a\.\.test:[0-9]+, resolve: a\.\.test: not a name .*; correct the destination" \
	"destination=http://a..test:$PEER_PORT" "name-server=$GOOD"
fails 'a server that knows nothing is told' \
	"x.example.net:[0-9]+, resolve: x.example.net: refuses to answer \(name server $GOOD\); have it serve" \
	"destination=http://x.example.net:$PEER_PORT" "name-server=$GOOD"

CLOSED=127.0.0.1:$(free_port)
fails 'a name server that is not there is told' \
	"ssm.example.test:[0-9]+, resolve: ssm.example.test: nobody answers there, or refuses to \(name server $CLOSED\)" \
	"$D" "name-server=$CLOSED"
answering silent
SILENT=$ANSWERING
status 1 'a dead name server is given up' exchange -x 20 "$D" "name-server=$SILENT"
like '  … and the text says so' \
	"^text ssm.example.test:[0-9]+, resolve: ssm.example.test: no answer \(name server $SILENT\); check the name servers"
in_manual
like '  … without a thread' '^threads 1$'
is '  … and without blocking' "$(sed -n 's/^longest-step-us //p' "$OUT" |
	awk '{ print ($1 < 200000) ? "yes" : $1 }')" yes
ok 'cancelling while a dead name server is asked succeeds' exchange -c 100 "$D" "name-server=$SILENT"
is '  … in less than 50 ms' "$(sed -n 's/^cancelled-in-us //p' "$OUT" |
	awk '{ print ($1 < 50000) ? "yes" : $1 }')" yes
like '  … and leaves no descriptor open' '^descriptors-left 0$'

answering formerr 8181
fails 'a name server that does not understand the question is told' \
	"ssm.example.test:[0-9]+, resolve: .*question is malformed \(name server $ANSWERING\); .*name-server" \
	"$D" "name-server=$ANSWERING"
answering servfail 8182
fails 'one that fails is a failure' \
	"ssm.example.test:[0-9]+, resolve: ssm.example.test: failed to answer \(name server $ANSWERING\); look into" \
	"$D" "name-server=$ANSWERING"
FAILING=$ANSWERING
answering notimp 8184
fails 'one that does no such thing is told' \
	"ssm.example.test:[0-9]+, resolve: ssm.example.test: answered that it does not do that \(name server $ANSWERING\); .*name-server" \
	"$D" "name-server=$ANSWERING"
fails 'of several it is told what each said' \
	"ssm.example.test:[0-9]+, resolve: ssm.example.test: nobody answers there, or refuses to \(name server $FAILING SERVFAIL, $ANSWERING NOTIMP, $CLOSED nobody there\)" \
	"$D" "name-server=$FAILING" "name-server=$ANSWERING" "name-server=$CLOSED"
ANSWERING=$FAILING
ok '  … and the next is asked' exchange "$D" "name-server=$ANSWERING" "name-server=$GOOD"

ok 'the second server is asked when the first is not there' \
	exchange "$D" "name-server=$CLOSED" "name-server=$GOOD"
ok 'the second server is asked when the first is dead' \
	exchange "$D" "name-server=$SILENT" "name-server=$GOOD"

# boxes on the way drop what they do not know
DROPPING=
for i in 1 2 3 4; do
	answering "four$i" A
	DROPPING="$DROPPING name-server=$ANSWERING"
done
# shellcheck disable=SC2086 # a list of words
ok 'of name servers that drop what asks for AAAA the addresses of IPv4 are taken' exchange "$D" $DROPPING
if [ -e "$T/six.port" ]; then
	answering six6 AAAA
	ok 'and of one that drops what asks for A those of IPv6' \
		exchange "destination=http://ssm.example.test:$(cat "$T/six.port")" "name-server=$ANSWERING"
fi

# a server that lies: every name is an address of its own
name_server liar --address=/#/127.0.0.1
fails 'a name server that lies leads to a portal, which is no answer' \
	'ssm.example.test:[0-9]+, answer: status 200 .*captive portal' \
	"destination=http://ssm.example.test:$PEER_PORT/portal" "name-server=$DNS"

printf 'ssm ssm.example.test\n' >"$T/aliases"
HOSTALIASES=$T/aliases
export HOSTALIASES
fails 'the environment gives no name another meaning' 'ssm:[0-9]+, resolve: ssm: ' \
	"destination=http://ssm:$PEER_PORT" "name-server=$GOOD"
unset HOSTALIASES

for bad in '' 'dns.example.net' '192.0.2.1,192.0.2.2' '192.0.2.300' '[::1' '[::1]x' '192.0.2.1:' '192.0.2.1:0' '192.0.2.1:65536' ' 192.0.2.1'; do
	status 3 "the name server '$bad' is refused" exchange "$D" "name-server=$bad"
	like '  … by a text that names it' "^text option name-server '"
done
for good in 192.0.2.1 2001:db8::1 '[2001:db8::1]:53' 192.0.2.1:5353; do
	status 1 "the name server $good is accepted" exchange -x 100000 "$D" "name-server=$good"
done
