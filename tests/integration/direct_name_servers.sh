#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The name servers that are configured, and no others: those of the system, which listen here as well,
# are asked for nothing, whatever becomes of the configured ones.
if [ -z "${SL_OWN_NAMES-}" ]; then
	export SL_OWN_NAMES=yes
	# in a user namespace the folders above a plug-in are nobody's, so that it is not loaded
	[ "$(id -u)" -eq 0 ] && unshare -mn sh -c 'ip link set lo up && mount --bind /etc/hosts /etc/hosts &&
		mount --bind /etc/resolv.conf /etc/resolv.conf' 2>/dev/null || {
		echo '# skipped: no /etc/resolv.conf of its own, which takes root, unshare and ip'
		exit 77
	}
	exec unshare -mn sh "$0" "$@"
fi
# shellcheck source=tests/integration/direct_lib.sh
. "$(dirname "$0")/direct_lib.sh"
# shellcheck source=tests/integration/cli_lib.sh
. "$(dirname "$0")/cli_lib.sh"

command -v dnsmasq >/dev/null || skip 'dnsmasq is not installed'

SYSTEM=127.0.0.1
CONFIGURED=127.0.0.2
ip link set lo up || bail 'there is a network'
printf 'nameserver %s\nsearch leak.test\noptions timeout:1\n' $SYSTEM >"$T/resolv.conf"
printf '127.0.0.1 localhost\n127.0.0.1 known.example.test\n' >"$T/hosts"
for file in resolv.conf hosts; do
	mount --bind "$T/$file" "/etc/$file" || bail "$file is the test's own"
done

# on_53 NAME ADDRESS OPTION…: dnsmasq there; its log is $T/NAME.dns.
on_53() {
	name=$1
	address=$2
	shift 2
	name_server_at "$address:53" "$name" "$@" || {
		note "$LAST_LOG"
		bail "the name server $name starts"
	}
}

# What the system's server was asked since the last time.  A question of ours comes after all before it.
fences=0
leaked() {
	fences=$((fences + 1))
	exchange "destination=http://fence$fences.invalid" >"$T/fence" 2>&1
	wait_for 20 grep -q "query.* fence$fences.invalid" "$T/system.dns" || bail 'the system is asked'
	grep -o 'query[^ ]* [^ ]*' "$T/system.dns" | grep -v ' fence[0-9]*\.'
	: >"$T/system.dns"
}
# asks KEY=VALUE…: one exchange, then the test of the same way; neither need succeed
asks() {
	exchange -x 20 "$@" >"$T/asked" 2>&1
	exchange -x 20 -t 1 "$@" >>"$T/asked" 2>&1
}

start_peer plain
PLAIN=$PEER_PORT
root_ca ours
CRL=http://lists.example.test:$PLAIN/x.crl
certificate ours here 'IP:127.0.0.1'
unset CRL
start_peer tls "$T/here.pem" "$T/here.key"
# The ways on which names are looked up, and their options: a destination's, also one of a single label, to which
# the system would add its domain; a domain's satellites; the proxy's; that of a certificate's revocation list.
ways="
destination destination=http://ssm.example.test:$PLAIN
label destination=http://ssm:$PLAIN
domain srv-domain=example.test
proxy destination=http://192.0.2.1 proxy=proxy.example.test:$PLAIN
lists destination=https://127.0.0.1:$PEER_PORT tls-trust-anchor-pem=@$T/ours.pem
"
# each_way COMMAND…: with the name of the way and its options after it
each_way() {
	echo "$ways" | grep . >"$T/ways"
	while read -r way options; do
		# shellcheck disable=SC2086 # a list of words
		"$@" "$way" $options </dev/null
	done <"$T/ways"
}

on_53 system $SYSTEM --host-record=ssm.example.test,lists.example.test,proxy.example.test,127.0.0.1 --local=/#/

# without one the system's is asked: what is looked for below would be seen
system_is_asked() {
	way=$1
	shift
	asks "$@"
	leaked >"$T/leaked"
	like "without a name server the system's is asked: $way" '^query' "$T/leaked"
}
each_way system_is_asked

# system_is_not SENTENCE WAY OPTION…: by the configured one alone
system_is_not() {
	sentence=$1
	way=$2
	shift 2
	: >"$ASKED"
	asks "$@" name-server=$CONFIGURED
	leaked >"$T/leaked"
	is "the system's name server is not asked $sentence: $way" "$(cat "$T/leaked")" ''
	[ "$sentence" = 'when the configured one is dead' ] || {
		ok '  … but the configured one is' test -s "$ASKED"
		unlike "  … and not within the system's domain" 'leak\.test' "$ASKED"
	}
}
ASKED=$T/configured.asked
each_way system_is_not 'when the configured one is dead'
while read -r flags sentence; do
	answering configured "${flags#-}" $CONFIGURED:53
	each_way system_is_not "when the configured one $sentence"
	stop "$LAST_PID"
done <<-END
	- never answers
	8182 fails
	8183 knows no such name
	8180 knows the name, but nothing of it
	8185 refuses
	8184 does no such thing
	8181 does not understand
	8380 has more to say, by a way that it does not serve
END

on_53 liar $CONFIGURED --address=/#/127.0.0.1
LIAR=$LAST_PID
ASKED=$T/liar.dns
each_way system_is_not 'when the configured one lies'
: >"$ASKED"
ok 'a name of the hosts file' exchange "destination=http://known.example.test:$PLAIN" name-server=$CONFIGURED
unlike '  … is not asked of the configured one' query "$ASKED"
is "  … nor of the system's" "$(leaked)" ''
stop "$LIAR"
on_53 srv $CONFIGURED --srv-host="_smartlic._tcp.example.test,gone.example.test,$PLAIN" --local=/test/
ASKED=$T/srv.dns
system_is_not 'when a domain names a satellite that has no address' domain srv-domain=example.test
like '  … for its address' 'query\[A\] gone.example.test' "$ASKED"

# and so by the lines of a configuration
init_manager
manager --data "$DATA" virtual-account create NCS1000 >"$OUT" 2>&1 || bail 'a virtual account is made'
new_token
# device_is_not SENTENCE: its test and its registration fail, by the configured one alone
device_is_not() {
	: >"$ASKED"
	status 1 "$1: the test fails" device --timeout 20 license smart test
	printf '%s\n' "$TOKEN" | device --timeout 20 license smart register idtoken - >"$OUT" 2>&1
	is "  … and the system's name server is not asked, by it or a registration" "$(leaked)" ''
	ok '  … but the configured one is' test -s "$ASKED"
	rm -rf "$STORE"
}
conf "http://no.example.test:$PLAIN/"
echo "domain name-server $CONFIGURED" >>"$CONF"
device_is_not 'a destination that the configured one does not know'
sed -i 's|^call-home|&\n http-proxy no-proxy.example.test port 3128|' "$CONF"
device_is_not 'a proxy that it does not know'
sed -i '/http-proxy/d; s|^license smart transport.*|license smart transport satellite\nlicense smart satellite srv absent.test|' "$CONF"
device_is_not 'a domain that it does not know'
