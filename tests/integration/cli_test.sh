#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `license smart test`: what is on the way to the authority, without an effect at either end.
# shellcheck source=tests/integration/direct_lib.sh
. "$(dirname "$0")/direct_lib.sh"
# shellcheck source=tests/integration/cli_lib.sh
. "$(dirname "$0")/cli_lib.sh"

finding() { # [.place] SUBJECT MEMBER, of the JSON in $T/findings
	jq -r --arg s "$1" 'map(select(.subject == $s))[0].'"$2" "$T/findings"
}
# tests SENTENCE STATUS SUBJECT GRADE ERE: the finding has this grade, and found matches
tests() {
	status "$2" "$1" device --json --timeout 30 license smart test
	cp "$OUT" "$T/findings"
	is '  … by its finding' "$(finding "$3" grade)" "$4"
	finding "$3" found >"$T/found"
	like '  … which says what' "$5" "$T/found"
	finding "$3" meaning >"$T/meaning"
	finding "$3" cure >"$T/cure"
	like '  … what it means' '.....' "$T/meaning"
	[ "$4" = good ] || [ "$4" = skipped ] || like '  … and what to do' '.....' "$T/cure"
	ok '  … and no store was made' test ! -e "$STORE"
}

start_authority
before=$(manager --data "$DATA" audit list | sha256sum)
tests 'the way to a good authority is good' 0 authority good 'the authority .*, ledger [0-9a-f-]{36}, protocol 1$'
is '  … in each step' "$(jq -r 'map(.grade) | unique | join(" ")' "$T/findings")" good
is '  … from the configuration to the clock' "$(jq -r 'map(.subject) | join(", ")' "$T/findings")" \
	'configuration, trust anchor, name servers, name, route, TLS, answer, authority, clock'
like '  … the route with both ends' '^connected to (127.0.0.1|::1) port [0-9]+ from (127.0.0.1|::1)$' - <<-END
	$(finding route found)
END
like '  … the certificate with its issuer and end' '^the certificate is for .*localhost.*, from .*, until 20.* UTC$' - <<-END
	$(finding TLS found)
END
ok 'as text it is one line a finding' device license smart test
like '  … under the destination' "^$URL:\$"
like '  … with what was found, its meaning and the cure' \
	'^  route           good     connected to .*; the way is open; nothing to do$'
is 'the authority did nothing' "$(manager --data "$DATA" audit list | sha256sum)" "$before"

ok 'a device registers' device_register
stored >"$T/stored"
ok 'once registered the test passes' device license smart test
stored | diff "$T/stored" - >"$T/changed"
is '  … and leaves the store as it was' "$(wc -c <"$T/changed")" 0
background "$TOP_BUILDDIR/tools/smartlic" -c "$CONF" run
wait_for 20 test -s "$STORE/lock" || bail 'run holds the lock' # which has its number while it does
status 1 'while run holds the lock a command is refused' device license smart renew auth
ok '  … the test is not' device license smart test
stop "$LAST_PID"
rm -rf "$STORE"

# what is configured wrongly
conf "https://localhost:$(free_port)/"
tests 'a port where nobody listens' 1 route bad '^Connection refused$'
is '  … ends the way: the rest is not looked at' "$(finding TLS grade) $(finding answer grade)" 'skipped skipped'
conf "$URL"
sed -i "s|^  destination address.*|&\n  destination address http https://localhost:$(free_port)/|" "$CONF"
status 1 'each destination is looked at, also where the first is good' device --json license smart test
is '  … by a finding of its own' "$(jq -r 'map(select(.subject == "route").grade) | join(" ")' "$OUT")" 'good bad'
conf "http://localhost:$PORT/"
tests 'a port of https that is spoken to by http' 1 answer bad .
start_peer clear
conf "http://127.0.0.1:$PEER_PORT/portal"
tests 'plain http is a warning' 1 TLS warning 'not used'
is '  … and a portal no authority' "$(finding answer grade)" bad
conf "http://127.0.0.1:$PEER_PORT/"
tests "a stranger's answer is not believed" 1 authority bad 'certificate chain'
sed -i '/license smart trust-anchor/d' "$CONF"
status 1 'without a trust anchor nothing is tried' device license smart test
like '  … and the line is named' 'license smart trust-anchor' "$ERR"

root_ca ours
certificate ours elsewhere 'DNS:other.example.net'
certificate ours ended 'DNS:localhost,IP:127.0.0.1' 20190101000000Z 20200401000000Z
# by_ours URL: TLS trusts the test's own root
by_ours() {
	conf "$1"
	printf 'crypto ca trustpool import url %s\ncrypto ca trustpoint Trustpool crl optional\n' "$T/ours.pem" >>"$CONF"
}
start_peer elsewhere "$T/elsewhere.pem" "$T/elsewhere.key"
by_ours "https://127.0.0.1:$PEER_PORT/"
tests 'a certificate for another name' 1 TLS bad 'is for other.example.net, not for 127.0.0.1'
start_peer ended "$T/ended.pem" "$T/ended.key"
by_ours "https://127.0.0.1:$PEER_PORT/"
tests 'a certificate that has ended' 1 TLS bad 'ended on 2020-04-01'
manager init --data "$T/other" --account Other >"$OUT" 2>&1 || bail 'another authority is made'
manager --data "$T/other" trust-anchor >"$T/other.pem" || bail 'its trust anchor is printed'
conf "$URL" "$T/other.pem"
tests "an anchor that is another authority's" 1 TLS bad 'unknown issuer'

conf "$URL"
sed -i "s|^call-home|&\n http-proxy 127.0.0.1 port $(free_port)|" "$CONF"
tests 'a proxy that is not there' 1 route bad '^Connection refused$'
is '  … is not looked at further' "$(finding proxy grade)" skipped

conf "https://ssm.example.test:$PORT/"
echo 'domain name-server 127.255.255.1' >>"$CONF" # nobody listens there
tests 'a name server that is not there' 1 'name servers' bad 'nobody answers there, or refuses to'
is '  … leaves the name unknown' "$(finding name grade)" skipped

# seen SENTENCE ERE OPTION…: a finding of the transport alone
seen() {
	sentence=$1
	text=$2
	shift 2
	exchange -t 1 "$@" >"$OUT" 2>"$ERR"
	like "$sentence" "^finding $text"
}
command -v dnsmasq >/dev/null || skip 'no name servers: dnsmasq is not installed'
start_peer plain
D=http://ssm.example.test:$PEER_PORT
name_server good --host-record=ssm.example.test,127.0.0.1 --local=/test/ \
	--srv-host="_smartlic._tcp.example.test,ssm.example.test,$PEER_PORT,10"
GOOD=name-server=$DNS
name_server liar --address=/#/127.0.0.1
LIAR=name-server=$DNS
seen 'name servers that answer are named' "good name servers: ${GOOD#*=} answered; " "destination=$D" "$GOOD"
seen 'one that is dead beside them is named, too' \
	"warning name servers: 127.255.255.1:53 nobody there, ${GOOD#*=} answered; .*take it out of" \
	"destination=$D" name-server=127.255.255.1 "$GOOD"
seen '  … if it was asked' "good name servers: ${GOOD#*=} answered; " "destination=$D" "$GOOD" name-server=127.255.255.1
like '  … and the address' '^finding good name: ssm.example.test is at 127.0.0.1; ' "$OUT"
seen 'a name that does not exist is its own finding' 'bad name: .*there is no such name' "destination=http://no.example.test" "$GOOD"
like '  … where the name servers are good' '^finding good name servers: ' "$OUT"
seen 'a name server that lies leads to a portal' 'bad answer: status 200 .*captive portal' "destination=$D/portal" "$LIAR"
seen 'a domain that names satellites' 'good discovery: SRV records lead to 1 satellites more' srv-domain=example.test "$GOOD"
like '  … has them looked at' '^finding bad TLS: ' "$OUT"
seen 'a domain that names none' 'bad discovery: .*there is no such name.*satellite srv' srv-domain=absent.test "$GOOD"
