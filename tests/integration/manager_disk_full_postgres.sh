#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The disk of PostgreSQL is full while devices call managers, and has room again: first that of its
# tables, then that of its log, without which it goes down.  Small file systems of the test's own, which
# only root may mount.
# shellcheck disable=SC2119,SC2154 # port_N, pid_N and log_N are set by eval
# shellcheck source=tests/integration/fleet_lib.sh
. "$(dirname "$0")/fleet_lib.sh"
# shellcheck source=tests/sh/postgres.sh
. "$(dirname "$0")/../sh/postgres.sh"

seed=1 clients=4 count=3
SERVE=--debug
TABLES=$T/postgres
LOG=$T/wal

# lib.sh removes $T at the end: nothing may be mounted there then
umount_disks() {
	code=$?
	[ -z "$lives" ] || end_lives
	for i in $(seq "$count"); do
		eval "[ -z \"\${pid_$i:-}\" ] || stop \$pid_$i"
	done
	[ -z "${POSTGRES_PID:-}" ] || stop_postgres "$POSTGRES_PID" 2>/dev/null
	umount "$TABLES" "$LOG" 2>/dev/null
	(exit "$code")
	finish
}

find_postgres
mkdir "$TABLES" "$LOG"
if ! mount -t tmpfs -o size=64m,mode=777 smartlic-test "$TABLES" 2>"$ERR" ||
	! mount -t tmpfs -o size=24m,mode=777 smartlic-test "$LOG" 2>"$ERR"; then
	umount "$TABLES" 2>/dev/null
	skip "no file system can be mounted, which takes root: $(head -n 1 "$ERR")"
fi
lives=
trap umount_disks EXIT
# shellcheck disable=SC3045 # all that there are have it
ulimit -c 0 # a server that gives up would leave itself on the disk

logs() { cat "$T"/log.*; }
# Requests that somebody was told to be done.
acknowledged() { logs | sed -n 's/^.* code=ok request_id=\([0-9a-f-]\{36\}\)$/\1/p' | sort -u; }
# served N: so many since $already were
served() { [ "$(acknowledged | wc -l)" -ge $((already + $1)) ]; }
refused() { logs | grep -c ' status=503 '; }
# turned_away: a device was, since $before were
turned_away() { [ "$(refused)" -gt "$before" ]; }
said() { logs | grep -q -e "$1"; }
# gives_up: has the server, which is made to begin another file of its log?
gives_up() {
	sql 'SELECT pg_switch_wal()'
	said 'PANIC: .*No space left on device'
}
# fill FOLDER: all that is left, to the last byte
fill() {
	before=$(refused)
	cat /dev/zero >"$1/fill" 2>"$ERR"
	like '  … is full' 'No space left on device' "$ERR"
}

INITDB="--wal-segsize=1 --waldir=$LOG/data"
start_postgres postgres 'fsync = on' 'full_page_writes = on' 'min_wal_size = 2MB' 'max_wal_size = 4MB' \
	'restart_after_crash = on'
make_cards
make_authority "$DATABASE"
start_fleet
already=0
start_lives
ok 'devices are answered' wait_for 30 served 10
ok 'the doctor finds nothing wrong' manager --data "$DATA" doctor --quick
like '  … and room on the disk of the server' "^server's disk +good "

# ---- the tables' disk ----------------------------------------------------------

echo '# the disk of the tables'
fill "$TABLES"
ok '  … devices are told to come again' wait_for 60 turned_away
ok '  … it is said with what is full, and the cure' wait_for 30 said 'could not be answered: .*No space left on device: make room'
status 1 '  … the doctor says it' manager --data "$DATA" doctor --quick
like '  … with the cure' "^server's disk +bad +.*No space left on device: make room; .*status 503; make room"
ok '  … what was written is in order' manager --data "$DATA" ledger verify
for i in $(seq "$count"); do
	ok "  … manager $i goes on" eval "kill -0 \$pid_$i"
done
rm "$TABLES/fill"
already=$(acknowledged | wc -l)
ok '  … has room again: devices are answered, without a restart' wait_for 60 served 10
ok '  … and the doctor is content' manager --data "$DATA" doctor --quick

# ---- the log's -----------------------------------------------------------------

# a standby that is gone: what it has not fetched is kept, until there is no room for more
echo '# the disk of the log'
sql "SELECT pg_create_physical_replication_slot('gone', true)" >"$OUT"
fill "$LOG"
ok '  … the server gives up' wait_for 60 gives_up
before=$(refused)
ok '  … devices are told to come again' wait_for 60 turned_away
status 1 '  … the doctor says it' manager --data "$DATA" doctor --quick
like '  … with what to look at' '^database +bad +.*; no request can be answered; .*its disk is full'
for i in $(seq "$count"); do
	ok "  … manager $i goes on" eval "kill -0 \$pid_$i"
done
rm "$LOG/fill"
# whoever runs it starts it again
kill -0 "$POSTGRES_PID" 2>/dev/null || run_postgres postgres
ok '  … what has filled it is let go' wait_for 30 sql "SELECT pg_drop_replication_slot('gone')"
already=$(acknowledged | wc -l)
ok '  … has room again: devices are answered, by the same managers' wait_for 60 served 10
ok '  … and the doctor is content' manager --data "$DATA" doctor --quick
end_lives
for n in $(seq "$clients"); do
	settle "$n" || note "$T/said.$n"
done
acknowledged >"$T/before"
sql 'SELECT request_id FROM request UNION SELECT request_id FROM token_result' | sort >"$T/known"
is 'none that was answered is missing' "$(comm -23 "$T/before" "$T/known")" ''
echo "# $(wc -l <"$T/before") answers, $(refused) times none; by command and exit status:"
cat "$T"/life.* | sort | uniq -c | note
agree 'after both'
