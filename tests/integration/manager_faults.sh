#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Many devices at once, managers and devices that are killed at any moment, answers that are lost, a disk
# that is full: what the ledger's entries say, what it says of each instance, and what the devices
# believe agree.
#
#	manager_faults.sh [--seconds N] [--clients N] [--managers N] [--seed N] [--database URL]
#
# Without --managers both are lived through: one manager, and three on the same ledger.
# shellcheck disable=SC2154 # port_N, pid_N and log_N are set by eval
# shellcheck source=tests/integration/fleet_lib.sh
. "$(dirname "$0")/fleet_lib.sh"

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

# ---- the story -----------------------------------------------------------------

killed() { # managers
	count=$1
	kills=0
	start_fleet
	start_lives
	chaos "$seed" "$seconds" >"$T/chaos"
	while read -r pause i; do
		sleep "$pause" # that the moment is any
		kill_one "$i"
		eval "start_one \$i \$port_$i"
	done <"$T/chaos"
	ok "of each kind of command of a device one was done, while $count were killed or thereafter" wait_for 60 all_kinds
	end_lives
	for n in $(seq "$clients"); do
		settle "$n" || note "$T/said.$n"
	done
	echo "# $(cat "$T"/life.* | wc -l) commands, $kills managers killed, answers by command and exit status:"
	cat "$T"/life.* | sort | uniq -c | note
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

make_cards
for many in $managers; do
	rm -rf "$DATA" "$T"/store.* "$T"/stick.* "$T"/life.*
	make_authority "$database"
	killed "$many"
	if [ "$many" = 1 ] && [ -z "$database" ]; then
		full
	fi
	for i in $(seq "$many"); do
		eval "stop \$pid_$i"
	done
done
