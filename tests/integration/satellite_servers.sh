#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The satellite transport: servers tried in turn, those that fail rest, and DNS names others.
# shellcheck source=tests/integration/direct_lib.sh
. "$(dirname "$0")/direct_lib.sh"

[ -d "$PLUGINS" ] || skip 'this build loads no plug-ins'
install -m 755 "$TOP_BUILDDIR/transports/.libs/smartlic-transport-satellite.so" "$PLUGINS"
satellite() { exchange -p satellite "$@"; }

# What the manual has under DIAGNOSTICS besides what that of direct has.
sed -n '/^.Sh DIAGNOSTICS/,/^.Sh SEE/p' "$TOP_SRCDIR/man/smartlic-transport-satellite.7" | grep '^\.It' |
	grep -o 'Li "[^"]*"' | sed -E 's/^Li "(.*)"$/\1/; s/[][().*+?{}|^$\\]/\\&/g
		s/\b(NAME|ADDRESS|DOMAIN)\b/.+/g; s/^/^text /' >>"$T/diagnostics"

start_peer first
FIRST=http://127.0.0.1:$PEER_PORT/its/service/oddce/services/DDCEService
start_peer second
SECOND=http://127.0.0.1:$PEER_PORT/its/service/oddce/services/DDCEService
CLOSED_PORT=$(free_port)
CLOSED=http://127.0.0.1:$CLOSED_PORT

ok 'of two satellites the first is asked' satellite -n 2 "destination=$FIRST" "destination=$SECOND"
like '  … which is named' "^peer $FIRST\$"
ok '  … the second is not' test ! -e "$T/second.seen/body"
ok 'one that is not there is passed over' satellite -n 3 "destination=$CLOSED" "destination=$SECOND"
like '  … which is told' "^log [0-9]+ 127.0.0.1:.*, connect: Connection refused"
is '  … once: it rests, the next requests begin with the one that answered' \
	"$(grep -c 'connect: Connection refused' "$OUT")" 1
like '  … which is named' "^peer $SECOND\$"
ok 'after its rest it is tried first again' satellite -a 1800000 -n 3 "destination=$CLOSED" "destination=$SECOND"
is '  … at each request' "$(grep -c 'connect: Connection refused' "$OUT")" 3
ok '  … and no earlier' satellite -a 800000 -n 3 "destination=$CLOSED" "destination=$SECOND"
is '  … which is half an hour' "$(grep -c 'connect: Connection refused' "$OUT")" 1
status 1 'where none answers the last one tells why' satellite "destination=$CLOSED" "destination=$SECOND/portal"
like '  … and is named' "^text 127.0.0.1:${PEER_PORT}, answer: status 200 .*captive portal"

status 3 'without a satellite nothing is opened' satellite crl=optional
for bad in '' 'two words' "$(printf '%0240d' 0)"; do
	status 3 "the domain '$bad' is refused" satellite "srv-domain=$bad"
	like '  … by a text that names it' "^text option srv-domain '"
done

command -v dnsmasq >/dev/null || skip 'no name servers: dnsmasq is not installed'
root_ca ours
certificate ours here 'DNS:a.example.test,DNS:b.example.test,DNS:c.example.test'
ANCHOR="trust-anchor-pem=@$T/ours.pem"
start_peer tls "$T/here.pem" "$T/here.key"
name_server srv --local=/test/ --host-record=a.example.test,127.0.0.1 --host-record=b.example.test,127.0.0.1 \
	--host-record=c.example.test,127.0.0.1 --txt-record=_smartlic._tcp.none.test,nothing \
	--srv-host="_smartlic._tcp.example.test,b.example.test,$PEER_PORT,20" \
	--srv-host="_smartlic._tcp.example.test,a.example.test,$PEER_PORT,10" \
	--srv-host="_smartlic._tcp.broken.test,a.example.test,$CLOSED_PORT,10" \
	--srv-host="_smartlic._tcp.broken.test,b.example.test,$PEER_PORT,20" \
	--srv-host="_smartlic._tcp.off.test"
DNS="name-server=$DNS"

status 1 'a domain that is no name is told' satellite "srv-domain=a..test" "$DNS" "$ANCHOR"
like '  … with the line to correct' '^text discover: .*not a name .*; correct license smart satellite srv$'
in_manual
ok 'a domain names its satellites' satellite "srv-domain=example.test" "$DNS" "$ANCHOR"
like '  … that of the lowest priority comes first' "^peer https://a.example.test:$PEER_PORT/its/service/"
like '  … without a thread' '^threads 1$'
like '  … or a descriptor left' '^descriptors-left 0$'
like '  … which was asked for SRV' 'query\[SRV\] _smartlic._tcp.example.test' "$T/srv.dns"
ok 'the next comes when it fails' satellite -n 2 "srv-domain=broken.test" "$DNS" "$ANCHOR"
like '  … by priority' "^peer https://b.example.test:$PEER_PORT/its/service/"
is '  … and it rests, though DNS is asked anew' "$(grep -c 'connect: Connection refused' "$OUT")" 1
status 1 'the certificate must be that of the server that DNS names' satellite srv-domain=example.test "$DNS"
like '  … also there' '^text b.example.test:.*, TLS: .*unknown issuer'
ok 'one that is configured comes before those' satellite "destination=$FIRST" srv-domain=example.test "$DNS" "$ANCHOR"
like '  … and is named' "^peer $FIRST\$"

discovers_none() { # SENTENCE ERE OPTION…
	sentence=$1
	text=$2
	shift 2
	status 1 "$sentence" satellite "$@" "$ANCHOR"
	like '  … and the text says so' "^text discover: $text"
	in_manual
}
discovers_none 'a domain that names none' '_smartlic._tcp.none.test: the domain names no server .*satellite srv' \
	srv-domain=none.test "$DNS"
discovers_none 'a domain that says that it has none' '_smartlic._tcp.off.test: the domain names no server' \
	srv-domain=off.test "$DNS"
discovers_none 'a domain that does not exist' '_smartlic._tcp.absent.test: there is no such name .*satellite srv' \
	srv-domain=absent.test "$DNS"
discovers_none 'a name server that is not there' '_smartlic._tcp.example.test: nobody answers there, or refuses to' \
	srv-domain=example.test "name-server=127.0.0.1:$CLOSED_PORT"
ok 'where none is discovered those that are configured are asked' \
	satellite "destination=$FIRST" srv-domain=absent.test "$DNS"
like '  … and that is told' '^log [0-9]+ discover: _smartlic._tcp.absent.test: there is no such name'
