#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# PostgreSQL fails over while devices call: its host dies, a standby is promoted.  What a synchronous
# one has is all that was answered; after an asynchronous one, what it lacks is adopted.
# shellcheck disable=SC2154 # log_N is set by eval
# shellcheck source=tests/integration/fleet_lib.sh
. "$(dirname "$0")/fleet_lib.sh"
# shellcheck source=tests/sh/postgres.sh
. "$(dirname "$0")/../sh/postgres.sh"

seed=1 clients=4 count=2
SERVE=--debug

# die_postgres PID: as if its host had lost its power, all processes of it at once
die_postgres() {
	processes="$1 $(ps -o pid= --ppid "$1")"
	# shellcheck disable=SC2086 # a list
	kill -9 $processes
	wait "$1" 2>/dev/null
}

# Requests that somebody was told to be done.
acknowledged() {
	sed -n 's/^.* code=ok request_id=\([0-9a-f-]\{36\}\)$/\1/p' "$log_1" "$log_2" | sort -u
}

# told TEXT: each manager says so in its log
told() { grep -q -e "$1" "$log_1" && grep -q -e "$1" "$log_2"; }

# served N: so many requests have been answered since $already were
served() { [ "$(acknowledged | wc -l)" -ge $((already + $1)) ]; }

# url NAME…: what the managers are told; the servers' folders, of which one may be written to
url() {
	hosts=
	for name in "$@"; do
		hosts="$hosts${hosts:+,}$T/$name"
	done
	printf 'postgresql:///postgres?host=%s&user=nobody\n' "$hosts"
}

start_postgres primary
primary=$POSTGRES_PID
# it alone has what the primary loses: what it says to be on its disk is there
start_standby standby primary 'fsync = on' 'full_page_writes = on'
is 'a standby writes with full durability' "$(sql 'SHOW fsync' standby) $(sql 'SHOW full_page_writes' standby)" 'on on'
sql "ALTER SYSTEM SET synchronous_standby_names = '*'" primary
sql 'SELECT pg_reload_conf()' primary >"$OUT"
ok 'and confirms what is committed' wait_for 20 sh -c "'$PG/bin/psql' -At '$(url primary)' \
	-c 'SELECT sync_state FROM pg_stat_replication' | grep -q sync"

# ---- the synchronous standby ---------------------------------------------------

make_cards
make_authority "$(url primary standby)"
start_fleet
already=0
start_lives
ok 'devices are answered' wait_for 30 served 20
die_postgres "$primary"
ok 'without a server that can be written to nobody is' wait_for 30 told 'cannot be reached'
acknowledged >"$T/before"
already=$(wc -l <"$T/before")
ok 'the standby is promoted' sql 'SELECT pg_promote()' standby
ok 'devices are answered again by the same managers, which nobody has told' wait_for 30 served 20
sql "SELECT request_id FROM request UNION SELECT request_id FROM token_result" standby | sort >"$T/known"
is 'none that was answered before is missing' "$(comm -23 "$T/before" "$T/known")" ''
end_lives
for n in $(seq "$clients"); do
	settle "$n" || note "$T/said.$n"
done
echo "# $already answers before, $(($(acknowledged | wc -l) - already)) after; by command and exit status:"
cat "$T"/life.* | sort | uniq -c | note
agree 'after the standby took over'

# ---- an asynchronous standby, behind -------------------------------------------

start_standby third standby
sql "ALTER SYSTEM SET primary_conninfo = ''" third
sql 'SELECT pg_reload_conf()' third >"$OUT"
ok 'a standby gets no more' wait_for 20 sh -c "! '$PG/bin/psql' -At '$(url third)' \
	-c 'SELECT 1 FROM pg_stat_wal_receiver' | grep -q 1"
clients=5
make_device 5
ok 'a device registers that it does not know' register 5
ok 'and uses licenses' dev 5 license smart renew auth
ok 'another has a new certificate' dev 1 license smart renew id
ok 'another uses more' sh -c "cp '$T/cards.4' '$T/inventory.2'"
ok 'which is counted' dev 2 license smart renew auth
die_postgres "$(head -n 1 "$T/standby/data/postmaster.pid")"
for i in $(seq "$count"); do
	eval "stop \$pid_$i"
done
ok 'this standby is promoted' sql 'SELECT pg_promote()' third
url third >"$DATA/database"
is 'it lacks the device' "$(manager --data "$DATA" instance list --search DEV5 --json | jq length)" 0
ok 'before devices are answered the ledger is renewed' manager --data "$DATA" ledger renew
like 'which says since when something may be missing' 'what it may lack is of after [0-9-]{10}T'
for i in $(seq "$count"); do
	eval "start_one $i \$port_$i"
done
for n in $(seq "$clients"); do
	ok "device $n goes on at once" dev "$n" license smart renew auth
done
agree 'after something was lost' 4
is 'the device that was lost is adopted' \
	"$(manager --data "$DATA" audit list --json | jq -r '.[] | select(.what == "instance adopted") | .text' |
		grep -c 'SN:DEV5')" 1
