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
PLAIN_TAG=regid.2018-05.com.cisco.S-NCS1K4-LIC-100G=,1.0_03df009f-5ac5-48da-af50-4279ddea5e24

# ---- managers ------------------------------------------------------------------

# make_authority [DATABASE-URL]: a fresh $DATA with licenses in NCS1000, not enough for all devices at
# their largest; devices report by the hour; sets ROOT and TOKEN
make_authority() {
	# shellcheck disable=SC2086 # an option or nothing
	manager init --data "$DATA" --account X ${1:+--database "$1"} >"$OUT" 2>"$ERR" || {
		note "$ERR"
		bail 'the data folder is made'
	}
	ROOT=$T/root.pem
	manager --data "$DATA" trust-anchor >"$ROOT"
	manager --data "$DATA" virtual-account create NCS1000
	manager --data "$DATA" license add --virtual-account NCS1000 $PLAIN $((3 * clients))
	manager --data "$DATA" license add --virtual-account NCS1000 $CRYPT $((2 * clients))
	# who is adopted goes into the other one
	for account in NCS1000 Default; do
		manager --data "$DATA" virtual-account policy "$account" collect_s=3600 report_s=3600 >"$OUT"
	done
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

# start_relays: the way to each manager, on which answers are lost while devices live; sets way_N
start_relays() {
	: >"$T/enough"
	[ -z "${RELAY_PID:-}" ] || stop "$RELAY_PID"
	set --
	for i in $(seq "$count"); do
		rm -f "$T/way.$i"
		eval "set -- \"\$@\" '$T/way.$i' \$port_$i"
	done
	background "$TOP_SRCDIR/tests/integration/lossy.py" "$seed" "$T/enough" "$@"
	RELAY_PID=$LAST_PID RELAY_LOG=$LAST_LOG
	for i in $(seq "$count"); do
		wait_for 20 test -s "$T/way.$i" || bail "the way to manager $i is there"
		eval "way_$i=$(cat "$T/way.$i")"
	done
}

# make_device N: its configuration knows all managers, beginning with another for each; by the other
# one it goes by file
make_device() {
	conf https://localhost/ "$ROOT" "$T/store.$1"
	sed -e "s/CAT2231B18Y/DEV$1/" -e '/destination address/d' \
		-e "s|^\(license platform inventory\).*|\1 $T/inventory.$1|" "$CONF" >"$T/conf.$1"
	{
		grep -v 'smart transport' "$T/conf.$1"
		printf 'license smart %s\n' 'transport file' "file outbox $T/stick.$1/out" \
			"file inbox $T/stick.$1/in"
	} >"$T/conf.file.$1"
	mkdir -p "$T/stick.$1/out" "$T/stick.$1/in" "$T/stick.$1/answers" "$T/stick.$1/late"
	for i in $(seq "$count"); do
		eval "port=\$way_$((($1 + i) % count + 1))"
		sed -i "s|^  active|&\n  destination address http https://localhost:$port/its/service/oddce/services/DDCEService|" \
			"$T/conf.$1"
	done
	cp "$T/cards.1" "$T/inventory.$1"
	: >"$T/sampled.$1"
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
	start_relays
	for n in $(seq "$clients"); do
		make_device "$n"
		register "$n" >"$T/said.$n" 2>&1 || note "$T/said.$n"
	done
}

# another hour passes for device N: it collects and reports
pass_hour() { "$TOP_BUILDDIR/tests/integration/hours" "$T/conf.$1" pass "${2:-5}"; }

# note_samples N: before its store forgets them
note_samples() {
	[ ! -e "$T/store.$1" ] || "$TOP_BUILDDIR/tests/integration/hours" "$T/conf.$1" book >>"$T/sampled.$1"
}

# ---- what a device does --------------------------------------------------------

# each kind of command, the usual one more often
ALL_KINDS='auth id register leave reserve name return cancel file report lose'
DECK="$ALL_KINDS auth auth auth reserve report die die"

# plan SEED: what a device does: a word, its number of cards from then on, when it loses its power.
# Words are dealt from a shuffled deck, so that none is long in coming.
plan() {
	awk -v seed="$1" -v deck="$DECK" 'BEGIN {
		srand(seed)
		n = split(deck, card)
		for (i = 0; i < 20000; i++)
			for (k = n; k > 0; k--) {
				at = 1 + int(rand() * k)
				word = card[at]
				card[at] = card[k]
				card[k] = word
				print word, int(rand() * 5), 0.005 + rand() * 0.06
			}
	}'
}

# ask_by_file N: what is in use is to be reserved; the request goes on a stick
ask_by_file() {
	"$TOP_BUILDDIR/tools/smartlic" -c "$T/conf.file.$1" license smart reservation request &&
		mv "$T/stick.$1"/out/*.slrq "$T/stick.$1/late/"
}

# answer_stick N MOMENT: the authority dies over it, and answers it twice, with all that lies about of
# earlier ones
answer_stick() {
	rm -f "$T/stick.$1"/answers/*
	timeout -s KILL "$2" "$TOP_BUILDDIR/manager/smartlic-manager" --data "$DATA" offline answer \
		--out "$T/stick.$1/answers" "$T/stick.$1"/late/*.slrq
	for _ in 1 2; do
		manager --data "$DATA" offline answer --out "$T/stick.$1/answers" "$T/stick.$1"/late/*.slrq
	done
}

# install_by_file N MOMENT
install_by_file() {
	ask_by_file "$1" || return
	answer_stick "$1" "$2"
	asked=$(dev "$1" --json show license summary | jq -r '.["pending-request"]["request-id"][0:8]')
	dev "$1" --timeout 5 license smart reservation install "$T/stick.$1"/answers/*-"$asked".slrs
}

# cancel N CARDS MOMENT: it was granted, or is answered when nobody waits for it any more
cancel() {
	ask_by_file "$1" || return
	[ $(($2 % 2)) -eq 0 ] || answer_stick "$1" "$3"
	dev "$1" --timeout 5 license smart reservation cancel
}

# die N CARDS MOMENT: the power fails amid a command
die() {
	case $2 in
	0) set -- "$1" "$3" renew id ;;
	1) set -- "$1" "$3" reservation request ;;
	2) set -- "$1" "$3" reservation return ;;
	3)
		timeout -s KILL "$3" "$TOP_BUILDDIR/tests/integration/hours" "$T/conf.$1" pass 5
		return
		;;
	*) set -- "$1" "$3" renew auth ;;
	esac
	conf=$T/conf.$1 moment=$2
	shift 2
	timeout -s KILL "$moment" "$TOP_BUILDDIR/tools/smartlic" -c "$conf" license smart "$@"
}

# act N WORD CARDS MOMENT
act() {
	case $2 in
	auth) dev "$1" --timeout 5 license smart renew auth ;;
	id) dev "$1" --timeout 5 license smart renew id ;;
	register) register "$1" force ;;
	leave)
		note_samples "$1"
		dev "$1" --timeout 5 license smart deregister
		;;
	reserve) dev "$1" --timeout 5 license smart reservation request ;;
	name) dev "$1" --timeout 5 license smart reservation request "$PLAIN_TAG" "$(($3 + 1))" ;;
	return) dev "$1" --timeout 5 license smart reservation return ;;
	cancel) cancel "$1" "$3" "$4" ;;
	file) install_by_file "$1" "$4" ;;
	report) pass_hour "$1" ;;
	lose)
		note_samples "$1"
		rm -rf "$T/store.$1" "$T/stick.$1"/late/*
		register "$1" force
		;;
	die) die "$1" "$3" "$4" ;;
	esac
}

# live N: until $T/enough is there
live() {
	plan "$((seed * 1000 + $1))" | while read -r what cards moment; do
		[ ! -e "$T/enough" ] || break
		cp "$T/cards.$cards" "$T/inventory.$1"
		act "$1" "$what" "$cards" "$moment" >"$T/said.$1" 2>&1
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

# Was a command of each kind done, by any device?
all_kinds() {
	for kind in $ALL_KINDS; do
		grep -q "^$kind 0" "$T"/life.* || return 1
	done
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
instance_views() { # count|held|reserved
	jq -cS ".usage | $(printf "$usage_of" ".$1")" "$T/instances"
}

# What is reserved, and the code; {} where nothing is.
# shellcheck disable=SC2059
device_reserved() {
	dev "$1" --json show license tech | jq -cS '.["reservation-info"] | if (.code // "") == "" then {} else
		{code, license: (.license | '"$(printf "$usage_of" .count)"')} end'
}

# shellcheck disable=SC2059
instance_reserved() {
	manager --data "$DATA" reservation show "DEV$1" --json 2>/dev/null | jq -scS 'map(select(.state == "open")) |
		if length == 0 then {} else .[0] | {code, license: (.licenses | '"$(printf "$usage_of" .count)"')} end'
}

# What is to be held for each device: by tag the larger of use and reservation.
larger() {
	paste -d ' ' "$T/devices" "$T/reserved" | jq -cS -s '. as $v | range(0; length; 2) | [$v[.], $v[. + 1].license // {}] |
		map(to_entries[]) | group_by(.key) | map({(.[0].key): map(.value) | max}) | add // {}'
}

# Samples of all devices: "N TAG START HOURS MAX LAST" after the serial number.
ledger_samples() {
	for n in $(seq "$clients"); do
		manager --data "$DATA" instance usage "DEV$n" --json |
			jq -r --arg n "$n" '.[] | "\($n) \(.n) \(.tag) \(.start) \(.hours) \(.max) \(.last)"'
	done | sort
}

# known|open…: those that devices have made
device_samples() {
	for n in $(seq "$clients"); do
		sed -nE "s/^($1) /$n /p" "$T/sampled.$n"
	done | sort -u
}

# agree_samples SENTENCE
agree_samples() {
	for n in $(seq "$clients"); do
		note_samples "$n"
	done
	ledger_samples >"$T/samples"
	device_samples 'open|known' >"$T/made"
	device_samples known >"$T/told"
	echo "# $(wc -l <"$T/samples") samples"
	ok "$1: devices have reported" test -s "$T/samples"
	is "$1: each sample is counted once" "$(cut -d ' ' -f 1-4 "$T/samples" | uniq -d)" ''
	is "$1: each as a device has made it" "$(comm -13 "$T/made" "$T/samples")" ''
	is "$1: all that were acknowledged are" "$(comm -23 "$T/told" "$T/samples")" ''
}

# agree SENTENCE [USES]: of the token, if some registered otherwise
agree() {
	for n in $(seq "$clients"); do
		ok "$1: device $n reports" pass_hour "$n" 20
	done
	for n in $(seq "$clients"); do
		device_view "$n"
	done >"$T/devices"
	for n in $(seq "$clients"); do
		device_reserved "$n"
	done >"$T/reserved"
	for n in $(seq "$clients"); do
		manager --data "$DATA" instance show "DEV$n" --json
	done >"$T/instances"
	for n in $(seq "$clients"); do
		instance_reserved "$n"
	done >"$T/promised"
	instance_views count >"$T/counts"
	instance_views reserved >"$T/kept"
	instance_views held >"$T/held"
	larger >"$T/larger"
	echo "# $(wc -l <"$RELAY_LOG") answers were lost"
	echo "# $(grep -c code "$T/reserved") of $clients devices have a reservation"
	ok "$1: entries, pools, holdings, tokens and keys are in order" \
		manager --data "$DATA" ledger verify
	ok "$1: what the manager knows of each instance's use is what the device uses" \
		diff "$T/devices" "$T/counts"
	ok "$1: what it has reserved for each is what the device says" diff "$T/reserved" "$T/promised"
	ok "$1: and keeps for each" sh -c "jq -cS '.license // {}' '$T/reserved' | diff - '$T/kept'"
	ok "$1: of both the larger is counted" diff "$T/larger" "$T/held"
	is "$1: the pools are their sum" \
		"$(manager --data "$DATA" license list --json | jq -cS 'group_by(.tag) |
			map({(.[0].tag): map(.in_use) | add}) | add // {} | with_entries(select(.value > 0))')" \
		"$(jq -csS 'map(to_entries) | add | group_by(.key) | map({(.[0].key): map(.value) | add}) | add // {}' \
			"$T/larger")"
	is "$1: each device is live once" \
		"$(manager --data "$DATA" instance list --json | jq -c '[.[] | select(.state == "live") | .sn] |
			[length, (unique | length)]')" "[$clients,$clients]"
	is "$1: none is taken for a clone" "$(jq '.alerts | length' "$T/instances" | sort -u)" 0
	is "$1: the token is charged once for each" \
		"$(manager --data "$DATA" token list --json | jq 'map(.uses) | add')" "${2:-$clients}"
	agree_samples "$1"
}
