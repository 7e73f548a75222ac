#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The disk of the data folder is full while devices call, and has room again: a small file system of
# its own, which only root may mount.
# shellcheck disable=SC2119,SC2154 # port_1, pid_1 and log_1 are set by eval
# shellcheck source=tests/integration/fleet_lib.sh
. "$(dirname "$0")/fleet_lib.sh"

seed=1 clients=4 count=1
DISK=$T/disk
SERVE=--debug

# lib.sh removes $T at the end: nothing may be mounted there then
umount_disk() {
	code=$?
	[ -z "$lives" ] || end_lives
	[ -z "$pid_1" ] || stop "$pid_1"
	umount "$DISK" 2>/dev/null
	(exit "$code")
	finish
}

mkdir "$DISK"
if ! mount -t tmpfs -o size=4m smartlic-test "$DISK" 2>"$ERR"; then
	skip "no file system can be mounted, which takes root: $(head -n 1 "$ERR")"
fi
lives='' pid_1=''
trap umount_disk EXIT
DATA=$DISK/data

# Requests that somebody was told to be done.
acknowledged() { sed -n 's/^.* code=ok request_id=\([0-9a-f-]\{36\}\)$/\1/p' "$log_1" | sort -u; }
served() { [ "$(acknowledged | wc -l)" -ge "$1" ]; }

make_cards
make_authority
start_fleet
start_lives
ok 'devices are answered' wait_for 30 served 10

# all that is left, to the last byte
cat /dev/zero >"$DISK/fill" 2>"$ERR"
like 'the disk is full' 'No space left on device' "$ERR"
ok 'that nothing more can be written is said' \
	wait_for 30 grep -q 'a request could not be answered: ' "$log_1"
like 'with what is full, and the cure' 'could not be answered: .*ledger\.db: .*full; make room' "$log_1"
acknowledged >"$T/before"
not_ok 'a command that would write fails' manager --data "$DATA" license add $PLAIN 1
like 'and says so, too' 'ledger\.db: .*full; make room' "$ERR"
ok 'the manager goes on' kill -0 "$pid_1"
status 1 'a device is told to come again' dev 1 --timeout 2 license smart renew auth

rm "$DISK/fill"
already=$(acknowledged | wc -l)
ok 'when there is room again devices are answered, without a restart' wait_for 60 served "$((already + 10))"
end_lives
sqlite3 "$DATA/ledger.db" 'SELECT request_id FROM request UNION SELECT request_id FROM token_result' |
	sort >"$T/known"
is 'none that was answered is missing' "$(comm -23 "$T/before" "$T/known")" ''
for n in $(seq "$clients"); do
	settle "$n" || note "$T/said.$n"
done
echo "# $already answers before, $(($(acknowledged | wc -l) - already)) after; by command and exit status:"
cat "$T"/life.* | sort | uniq -c | note
agree 'after the disk was full'
