# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2034,SC2154 # for those who source it; port_N, pid_N, log_N by eval
# Several managers on one ledger and several devices that live at once, and whether in the end all
# agree.  Source it instead of tests/integration/cli_lib.sh.  It takes from its test:
#
#	seed clients count    # numbers; of devices and of managers
#	SERVE                 # options of each manager, "" at first

# shellcheck source=tests/integration/cli_lib.sh
. "$(dirname "$0")/cli_lib.sh"

SERVE=

# ---- managers ------------------------------------------------------------------

# make_authority [DATABASE-URL]: a fresh $DATA with 8 licenses in NCS1000; sets ROOT and TOKEN
make_authority() {
	# shellcheck disable=SC2086 # an option or nothing
	manager init --data "$DATA" --account X ${1:+--database "$1"} >"$OUT" 2>"$ERR" || {
		note "$ERR"
		bail 'the data folder is made'
	}
	ROOT=$T/root.pem
	manager --data "$DATA" trust-anchor >"$ROOT"
	manager --data "$DATA" virtual-account create NCS1000
	manager --data "$DATA" license add --virtual-account NCS1000 $PLAIN 8
	new_token
}

# start_one N PORT: the manager N, which tells its port in $T/port.N; sets pid_N, log_N
start_one() {
	rm -f "$T/port.$1"
	# shellcheck disable=SC2086 # a list
	background "$TOP_BUILDDIR/manager/smartlic-manager" serve $SERVE --data "$DATA" --listen "127.0.0.1:$2" \
		--port-file "$T/port.$1"
	eval "pid_$1=$LAST_PID log_$1=$LAST_LOG"
	wait_for 20 test -s "$T/port.$1" || {
		note "$LAST_LOG"
		bail "manager $1 listens"
	}
	eval "port_$1=$(cat "$T/port.$1")"
}

# ---- devices -------------------------------------------------------------------

# inventory_for N: n cards that need 2 licenses each, every second one the other kind
inventory_for() {
	jq -n --argjson n "$1" '{chassis: [{pid: "NCS1004", cards: [range($n) as $i | {
		location: "0/\($i)", pid: "NCS1K4-1.2T-L-K9", mode: "mxponder-slice", slices: [{
		slice: 0, trunk_gbps: 600, ports: [range(2; 8) | {port: ., client: "100GE",
		encrypted: ($i % 2 == 1)}]}]}]}]}'
}

make_cards() {
	for cards in 0 1 2 3 4; do
		inventory_for "$cards" >"$T/cards.$cards"
	done
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

# $count managers, and $clients devices that register
start_fleet() {
	for i in $(seq "$count"); do
		start_one "$i" 0
	done
	for n in $(seq "$clients"); do
		make_device "$n"
		register "$n" >"$T/said.$n" 2>&1 || note "$T/said.$n"
	done
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

# agree SENTENCE [USES]: of the token, if some registered otherwise
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
		"$(manager --data "$DATA" license list --json | jq -cS 'group_by(.tag) |
			map({(.[0].tag): map(.in_use) | add}) | add // {} | with_entries(select(.value > 0))')" \
		"$(jq -csS 'map(to_entries) | add | group_by(.key) | map({(.[0].key): map(.value) | add}) | add // {}' \
			"$T/devices")"
	is "$1: each device is live once" \
		"$(manager --data "$DATA" instance list --json | jq -c '[.[] | select(.state == "live") | .sn] |
			[length, (unique | length)]')" "[$clients,$clients]"
	is "$1: none is taken for a clone" "$(jq '.alerts | length' "$T/instances" | sort -u)" 0
	is "$1: the token is charged once for each" \
		"$(manager --data "$DATA" token list --json | jq 'map(.uses) | add')" "${2:-$clients}"
}
