#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Many devices at once, managers and devices that are killed at any moment, a disk that is full: what
# the ledger's entries say, what it says of each instance, and what the devices believe agree.
#
#	manager_faults.sh [--seconds N] [--clients N] [--managers N] [--seed N] [--database URL]
#
# Without --managers both are lived through: one manager, and three on the same ledger.
# shellcheck disable=SC2154 # port_N, pid_N and log_N are set by eval
# shellcheck source=tests/integration/cli_lib.sh
. "$(dirname "$0")/cli_lib.sh"

seconds=2 clients=5 managers='1 3' seed=1 database=
while [ $# -gt 1 ]; do
	case $1 in
	--seconds) seconds=$2 ;;
	--clients) clients=$2 ;;
	--managers) managers=$2 ;;
	--seed) seed=$2 ;;
	--database) database=$2 ;;
	*) break ;;
	esac
	shift 2
done
[ $# -eq 0 ] || bail "$1 is no option of this test"
echo "# seed $seed"

# ---- managers ------------------------------------------------------------------

# start_one N PORT: the manager N, which tells its port in $T/port.N; sets pid_N, log_N
start_one() {
	rm -f "$T/port.$1"
	background "$TOP_BUILDDIR/manager/smartlic-manager" serve --data "$DATA" --listen "127.0.0.1:$2" \
		--port-file "$T/port.$1"
	eval "pid_$1=$LAST_PID log_$1=$LAST_LOG"
	wait_for 20 test -s "$T/port.$1" || {
		note "$LAST_LOG"
		bail "manager $1 listens"
	}
	eval "port_$1=$(cat "$T/port.$1")"
}

# kill_one N: with no chance to say goodbye
kill_one() {
	eval "kill -9 \$pid_$1; stop \$pid_$1"
	kills=$((kills + 1))
}

# chaos SEED SECONDS: lines "pause manager", so many that they last that long
chaos() {
	awk -v seed="$1" -v left="$2" -v n="$count" 'BEGIN {
		srand(seed)
		for (; left > 0; left -= pause) {
			pause = 0.02 + rand() * rand() * 0.8
			print pause, 1 + int(rand() * n)
		}
	}'
}

# ---- devices -------------------------------------------------------------------

# inventory_for N: n cards that need 2 licenses each, every second one the other kind
inventory_for() {
	jq -n --argjson n "$1" '{chassis: [{pid: "NCS1004", cards: [range($n) as $i | {
		location: "0/\($i)", pid: "NCS1K4-1.2T-L-K9", mode: "mxponder-slice", slices: [{
		slice: 0, trunk_gbps: 600, ports: [range(2; 8) | {port: ., client: "100GE",
		encrypted: ($i % 2 == 1)}]}]}]}]}'
}

# make_device N: its configuration knows all managers, beginning with another for each
make_device() {
	conf https://localhost/ "$ROOT" "$T/store.$1"
	sed -e "s/CAT2231B18Y/DEV$1/" -e '/destination address/d' \
		-e "s|^\(license platform inventory\).*|\1 $T/inventory.$1|" "$CONF" >"$T/conf.$1"
	for i in $(seq "$count"); do
		eval "port=\$port_$((($1 + i) % count + 1))"
		sed -i "s|^  active|&\n  destination address http https://localhost:$port/its/service/oddce/services/DDCEService|" \
			"$T/conf.$1"
	done
	cp "$T/cards.1" "$T/inventory.$1"
}

dev() {
	n=$1
	shift
	"$TOP_BUILDDIR/tools/smartlic" -c "$T/conf.$n" "$@"
}

# register N [force]: without force the request that may be open is sent again as it was
register() {
	n=$1
	shift
	printf '%s\n' "$TOKEN" | dev "$n" --timeout 5 license smart register idtoken - "$@"
}

# plan SEED: what a device does: a word, its number of cards from then on, when it loses its power
plan() {
	awk -v seed="$1" 'BEGIN {
		srand(seed)
		for (i = 0; i < 100000; i++) {
			r = rand()
			what = r < 0.72 ? "auth" : r < 0.80 ? "id" : r < 0.86 ? "register" : r < 0.90 ? "leave" : "die"
			print what, int(rand() * 5), 0.005 + rand() * 0.06
		}
	}'
}

# live N: until $T/enough is there
live() {
	plan "$((seed * 1000 + $1))" | while read -r what cards moment; do
		[ ! -e "$T/enough" ] || break
		cp "$T/cards.$cards" "$T/inventory.$1"
		case $what in
		auth) dev "$1" --timeout 5 license smart renew auth ;;
		id) dev "$1" --timeout 5 license smart renew id ;;
		register) register "$1" force ;;
		leave) dev "$1" --timeout 5 license smart deregister ;;
		die) timeout -s KILL "$moment" "$TOP_BUILDDIR/tools/smartlic" -c "$T/conf.$1" license smart renew auth ;;
		esac >"$T/said.$1" 2>&1
		printf '%s %s\n' "$what" "$?" >>"$T/life.$1"
		# who has no registration, or lost it, is of no use to this test
		if grep -q 'is not registered' "$T/said.$1"; then
			register "$1" >"$T/said.$1" 2>&1
			printf 'register %s\n' "$?" >>"$T/life.$1"
		fi
	done
}

start_lives() {
	rm -f "$T/enough"
	lives=
	for n in $(seq "$clients"); do
		live "$n" &
		lives="$lives $!"
	done
}

end_lives() {
	: >"$T/enough"
	# shellcheck disable=SC2086 # a list
	wait $lives
}

# settle N: faults are over; a device is authorized within three exchanges, else by a fresh token
settle() {
	for _ in 1 2 3; do
		dev "$1" --timeout 20 license smart renew auth >"$T/said.$1" 2>&1 && return
	done
	register "$1" force >"$T/said.$1" 2>&1 &&
		dev "$1" --timeout 20 license smart renew auth >>"$T/said.$1" 2>&1
}

# ---- what everyone believes ----------------------------------------------------

usage_of='map({(.tag): .}) | add // {} | map_values(%s) | with_entries(select(.value > 0))'

# shellcheck disable=SC2059 # a form
device_view() {
	dev "$1" --json show license usage | jq -cS ".entitlement | $(printf "$usage_of" .count)"
}

# shellcheck disable=SC2059
instance_views() { # count|held
	jq -cS ".usage | $(printf "$usage_of" ".$1")" "$T/instances"
}

agree() {
	for n in $(seq "$clients"); do
		device_view "$n"
	done >"$T/devices"
	for n in $(seq "$clients"); do
		manager --data "$DATA" instance show "DEV$n" --json
	done >"$T/instances"
	instance_views count >"$T/counts"
	instance_views held >"$T/held"
	ok "$1: entries, pools, holdings, tokens and keys are in order" \
		manager --data "$DATA" ledger verify
	ok "$1: what the manager knows of each instance's use is what the device uses" \
		diff "$T/devices" "$T/counts"
	ok "$1: all of it is counted" diff "$T/devices" "$T/held"
	is "$1: the pools are their sum" \
		"$(manager --data "$DATA" license list --json | jq -cS 'map({(.tag): .in_use}) | add // {} |
			with_entries(select(.value > 0))')" \
		"$(jq -csS 'map(to_entries) | add | group_by(.key) | map({(.[0].key): map(.value) | add}) | add // {}' \
			"$T/devices")"
	is "$1: each device is live once" \
		"$(manager --data "$DATA" instance list --json | jq -c '[.[] | select(.state == "live") | .sn] |
			[length, (unique | length)]')" "[$clients,$clients]"
	is "$1: none is taken for a clone" "$(jq '.alerts | length' "$T/instances" | sort -u)" 0
	is "$1: the token is charged once for each" \
		"$(manager --data "$DATA" token list --json | jq '.[0].uses')" "$clients"
}

# ---- the story -----------------------------------------------------------------

killed() { # managers
	count=$1
	kills=0
	for i in $(seq "$count"); do
		start_one "$i" 0
	done
	for n in $(seq "$clients"); do
		make_device "$n"
		register "$n" >"$T/said.$n" 2>&1 || note "$T/said.$n"
	done
	start_lives
	chaos "$seed" "$seconds" >"$T/chaos"
	while read -r pause i; do
		sleep "$pause" # that the moment is any
		kill_one "$i"
		eval "start_one \$i \$port_$i"
	done <"$T/chaos"
	end_lives
	for n in $(seq "$clients"); do
		settle "$n" || note "$T/said.$n"
	done
	echo "# $(cat "$T"/life.* | wc -l) commands, $kills managers killed, answers by command and exit status:"
	cat "$T"/life.* | sort | uniq -c | note
	ok "with $count killed at any moment devices were answered" grep -q 'auth 0' "$T"/life.*
	agree "after $count were killed at any moment"
}

# The ledger's file and its log cannot grow any more: what is written fails, in the middle too.
full() {
	count=1
	stop "$pid_1"
	limit=$(($(stat -c %s "$DATA/ledger.db") / 512 + 60))
	# the signal ignored, writing fails as it does on a full disk
	rm -f "$T/port.1"
	background sh -c "trap '' XFSZ; ulimit -f $limit; exec \"\$@\"" sh \
		"$TOP_BUILDDIR/manager/smartlic-manager" serve --data "$DATA" --listen "127.0.0.1:$port_1" \
		--port-file "$T/port.1"
	pid_1=$LAST_PID log_1=$LAST_LOG
	start_lives
	ok 'when nothing more can be written this is said' \
		wait_for 30 grep -q 'a request could not be answered: ' "$log_1"
	like 'and what failed' 'could not be answered: .*ledger\.db' "$log_1"
	ok 'the manager goes on' kill -0 "$pid_1"
	ok 'what was written is in order' manager --data "$DATA" ledger verify
	end_lives
	stop "$pid_1"
	start_one 1 "$port_1"
	for n in $(seq "$clients"); do
		settle "$n" || note "$T/said.$n"
	done
	agree 'after the disk was full'
}

for cards in 0 1 2 3 4; do
	inventory_for "$cards" >"$T/cards.$cards"
done
for many in $managers; do
	rm -rf "$DATA" "$T"/store.* "$T"/life.*
	# shellcheck disable=SC2086 # an option or nothing
	manager init --data "$DATA" --account X ${database:+--database "$database"} >"$OUT" 2>"$ERR" || {
		note "$ERR"
		bail 'the data folder is made'
	}
	ROOT=$T/root.pem
	manager --data "$DATA" trust-anchor >"$ROOT"
	manager --data "$DATA" virtual-account create NCS1000
	manager --data "$DATA" license add --virtual-account NCS1000 $PLAIN 8
	new_token
	killed "$many"
	if [ "$many" = 1 ] && [ -z "$database" ]; then
		full
	fi
	for i in $(seq "$many"); do
		eval "stop \$pid_$i"
	done
done
