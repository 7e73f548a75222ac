#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The direct transport over a bad network, from one network namespace to another: packets that are
# late, lost, doubled or overtaken, and places that cannot be reached.
if [ -z "${SL_OWN_NETWORK-}" ]; then
	export SL_OWN_NETWORK=yes
	own=-n
	[ "$(id -u)" -eq 0 ] || own=-rn
	unshare $own ip link set lo up 2>/dev/null && [ -w /dev/net/tun ] || {
		echo '# skipped: needs the commands unshare and ip, network namespaces, and /dev/net/tun'
		exit 77
	}
	exec unshare $own sh "$0" "$@"
fi
# shellcheck source=tests/integration/direct_lib.sh
. "$(dirname "$0")/direct_lib.sh"

NEAR=10.9.0.1
FAR=10.9.0.2
SPARE=10.9.0.3

# far COMMAND…: in the other namespace
far() { nsenter -t "$HOLDER" -n "$@"; }

other_network() {
	[ "$(readlink "/proc/$HOLDER/ns/net")" != "$(readlink /proc/self/ns/net)" ]
}

# net HOW…: from now on the network is that, and nothing else; see net.py
net_number=0
net() {
	net_number=$((net_number + 1))
	echo "$net_number $*" >"$T/net"
	wait_for 20 grep -qx "$net_number" "$T/net.state" || bail "the network is told: $*"
}

# start_far NAME ADDRESS: a web server there; sets PEER_PORT
start_far() {
	mkdir -p "$T/$1.seen"
	background nsenter -t "$HOLDER" -n python3 "$TOP_SRCDIR/tests/integration/peer.py" --answer "$ANSWER" \
		--port-file "$T/$1.port" --seen "$T/$1.seen" --host "$2" --tls "$T/here.pem" "$T/here.key"
	wait_for 20 test -s "$T/$1.port" || bail "the server $1 listens"
	PEER_PORT=$(cat "$T/$1.port")
}

ip link set lo up
background unshare -n sleep 600
HOLDER=$LAST_PID
wait_for 20 other_network || bail 'there is another namespace'
mkfifo "$T/net"
background python3 "$TOP_SRCDIR/tests/integration/net.py" near far "$T/net" "$T/net.state"
DROPPED=$LAST_LOG
wait_for 20 test -s "$T/net.state" || bail 'there is a network'
{
	ip link set far netns "$HOLDER" && ip addr add $NEAR/24 dev near && ip link set near up &&
		far ip link set lo up && far ip addr add $FAR/24 dev far && far ip addr add $SPARE/24 dev far &&
		far ip link set far up
} 2>"$ERR" || {
	note "$ERR"
	bail 'the network has addresses'
}

root_ca ours
certificate ours here "IP:$FAR,IP:$SPARE"
ANCHOR="trust-anchor-pem=@$T/ours.pem"
start_far first $FAR
P=https://$FAR:$PEER_PORT
start_far second $SPARE
Q=https://$SPARE:$PEER_PORT

ok 'a request goes from one namespace to the other' exchange -o "$T/answer" "destination=$P" "$ANCHOR"
ok '  … and its answer back, to the byte' cmp "$T/answer" "$ANSWER"
net delay=150
ok 'a long way is no failure' exchange -n 2 "destination=$P" "$ANCHOR"
net loss=20
ok 'of ten packets two may be lost' exchange -n 3 "destination=$P" "$ANCHOR"
net delay=5 jitter=40 double=30
ok 'packets may be doubled and overtake each other' exchange -n 5 -o "$T/answer" "destination=$P" "$ANCHOR"
ok '  … and the answer is the same, to the byte' cmp "$T/answer" "$ANSWER"

net cut=all
fails 'a place that is cut off is given up after 10 s, in the step that waits' \
	"$FAR:[0-9]+, connect: no progress for 10 s" -x 50 "destination=$P" "$ANCHOR"
net pass=3
fails 'one that is lost after the connection was made, as well' \
	"$FAR:[0-9]+, TLS: no progress for 10 s" -x 50 "destination=$P" "$ANCHOR"
net cut=$FAR
ok 'while one destination is cut off the next is tried' exchange -x 50 "destination=$P" "destination=$Q" "$ANCHOR"
like '  … and the failure is logged' "^log 5 $FAR:[0-9]+, connect: "
fails 'a place that no route leads to is told at once' \
	'192.0.2.1:443, connect: Network is unreachable' "destination=https://192.0.2.1" "$ANCHOR"

: >"$DROPPED"
net cut=all
exchange "destination=$P" "$ANCHOR" >"$T/healed" 2>&1 &
asking=$!
wait_for 20 grep -q dropped "$DROPPED" || bail 'a packet is dropped'
net
wait $asking
is 'a network that comes back in time loses nothing' $? 0

# A device's life over such a network.
init_manager
rm -f "$T/port"
background nsenter -t "$HOLDER" -n "$TOP_BUILDDIR/manager/smartlic-manager" serve --data "$DATA" \
	--listen $FAR:0 --port-file "$T/port" --tls-name $FAR
wait_for 20 test -s "$T/port" || bail 'the manager listens'
manager --data "$DATA" license add S-NCS1K4-LIC-100G= 8 >"$OUT" 2>&1 || bail 'there are licenses'
TOKEN=$(manager --data "$DATA" token create --days 1) || bail 'a token is made'
cat >"$T/conf" <<END
call-home
 service active
 contact smart-licensing
 profile CiscoTAC-1
  active
  destination address http https://$FAR:$(cat "$T/port")/its/service/oddce/services/DDCEService
  destination transport-method http
license smart transport direct
license smart trust-anchor $ROOT
license smart store $T/store
license platform udi pid NCS1004 sn CAT2231B18Y uuid default-sdr
license platform catalog $TOP_SRCDIR/catalogs/ncs1004.json
license platform inventory $TOP_SRCDIR/examples/ncs1004-four-cards.txt
END
# register [OPTION…]: with the token by standard input
register() { printf '%s\n' "$TOKEN" | smartlic "$@" -c "$T/conf" license smart register idtoken - force; }
instances() { manager --data "$DATA" instance list --json; }

net cut=all
status 1 'a device that cannot reach its authority says so' register --timeout 2
is '  … and is not registered' "$(instances | jq length)" 0
net delay=20 jitter=30 loss=15
ok 'it registers when the network is back, bad as it is' register
is '  … once' "$(instances | jq -c '[.[] | .state]')" '["live"]'
is '  … with one use of the token' "$(manager --data "$DATA" token list --json | jq '.[0].uses')" 1
for i in 1 2; do
	ok "authorization $i of two is renewed" smartlic -c "$T/conf" license smart renew auth
done
net
ok 'it deregisters' smartlic -c "$T/conf" license smart deregister
is '  … and the authority knows' "$(instances | jq -c '[.[] | .state]')" '["closed"]'
