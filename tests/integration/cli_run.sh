#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `smartlic run`: a device that lives on the command line alone.
# shellcheck source=tests/integration/cli_lib.sh
. "$(dirname "$0")/cli_lib.sh"
# shellcheck source=tests/sh/listen.sh
. "$(dirname "$0")/../sh/listen.sh"

LOG=$T/log.socket
# facility daemon, severity error
RFC_5424='^<27>1 [0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{3}Z [!-~]+ smartlic [0-9]+'

# inventory FILE: as a careful writer puts it in place
inventory() { cp "$1" "$T/inventory.new" && mv "$T/inventory.new" "$T/inventory"; }

run() { # [OPTION…]; sets RUN_PID and RUN_LOG
	background "$TOP_BUILDDIR/tools/smartlic" -c "$CONF" "$@" run
	RUN_PID=$LAST_PID
	RUN_LOG=$LAST_LOG
}

# authority_has N: plain ones are in use there
authority_has() {
	manager --data "$DATA" license list --json |
		jq -e --arg n "$PLAIN" --argjson c "$1" '.[] | select(.virtual_account == "NCS1000" and .license == $n) | .in_use == $c'
}

# device_has N: licenses in use here, of both kinds
device_has() { device --json show license usage | jq -e "[.entitlement[].count] | add == $1"; }

start_authority
cp "$TOP_SRCDIR/examples/ncs1004-four-cards.txt" "$T/inventory"
sed -i "s|^license platform inventory .*|license platform inventory $T/inventory|" "$CONF"
device_register >"$OUT" 2>"$ERR" || bail 'the device registers'

listen "$LOG" "$T/heard"
LISTENER=$LAST_PID
listen "$T/notify.socket" "$T/notified"
NOTIFY_SOCKET=$T/notify.socket
export NOTIFY_SOCKET
run --syslog="$LOG"
unset NOTIFY_SOCKET
ok 'it tells who started it that it is ready' wait_for 10 grep -q '^READY=1$' "$T/notified"
status 1 'a command meanwhile does not disturb it' device license smart renew auth
like '… and is told which process has the store' "in use by another process \\(number $RUN_PID\\)" "$ERR"
like '… and what to do' 'smartlic run.*stop it, .*start it again' "$ERR"
ok 'what is shown meanwhile is what it has' device show license summary

ok 'the authority has eight plain ones in use' authority_has 8
awk '/^hw-module location 0\/1/ { skip = 1 } skip && /^!/ { skip = 0; next } !skip' \
	"$TOP_SRCDIR/examples/ncs1004-four-cards.txt" | grep -v '^0/1 ' >"$T/three"
manager --data "$DATA" license set --virtual-account NCS1000 $PLAIN 2 >"$OUT" 2>"$ERR"
inventory "$T/three"
ok 'a card that goes from the inventory reaches the authority by itself' wait_for 20 authority_has 4
ok '… and the message of its answer the log, as a line of RFC 5424 with the message id' \
	wait_for 10 grep -qE "$RFC_5424 OUT_OF_COMPLIANCE - %LICENSE-SMART_LIC-3-OUT_OF_COMPLIANCE : " \
	"$T/heard"
like 'what it counts anew is told' "smartlic: $T/inventory has changed: counted anew" "$RUN_LOG"

printf '{ "half": ' >"$T/inventory"
ok 'a file that cannot be used is named' wait_for 20 grep -q \
	"the counts stay as they were until $T/inventory can be used" "$RUN_LOG"
: >"$T/inventory"
ok 'one that was cut to nothing is not what is configured' wait_for 20 grep -q \
	"inventory '$T/inventory' is empty" "$RUN_LOG"
rm "$T/inventory"
ok 'so is one that is not there' wait_for 20 grep -q "inventory '$T/inventory' cannot be read" "$RUN_LOG"
ok '… and the counts are the last good ones' device_has 12
inventory "$TOP_SRCDIR/examples/ncs1004-four-cards.txt"
ok 'one that comes back is counted' wait_for 20 device_has 16
ok '… by the authority, too' wait_for 20 authority_has 8

kill -HUP "$RUN_PID"
ok 'a hangup has the configuration read again' wait_for 10 grep -q "smartlic: $CONF was read again" "$RUN_LOG"
printf 'license smart nonsense\n' >>"$CONF"
kill -HUP "$RUN_PID"
ok 'one that is wrong is named with its line, and changes nothing' wait_for 10 grep -q \
	"$CONF was not read again: everything stays as it was" "$RUN_LOG"
like '… the line' "$CONF:[0-9]+: " "$RUN_LOG"
sed -i '/nonsense/d' "$CONF"
sed "s|^license platform inventory .*|license platform inventory $T/nowhere|" "$CONF" >"$T/other.conf"
cp "$CONF" "$T/good.conf"
cp "$T/other.conf" "$CONF"
kill -HUP "$RUN_PID"
ok 'so is one that names an inventory which is not there' wait_for 10 grep -q \
	"inventory '$T/nowhere' cannot be read" "$RUN_LOG"
inventory "$T/three"
ok '… and the former one is still watched and counted, whatever the file says now' \
	wait_for 20 device_has 12
cp "$T/good.conf" "$CONF"
inventory "$TOP_SRCDIR/examples/ncs1004-four-cards.txt"
ok '… as before' wait_for 20 device_has 16

kill -TERM "$LISTENER"
wait "$LISTENER" 2>/dev/null
rm -f "$LOG"
ok 'it ends when told to, with status 0' stop "$RUN_PID"
ok '… and says that it stops' wait_for 10 grep -q '^STOPPING=1$' "$T/notified"
manager --data "$DATA" license set --virtual-account NCS1000 $PLAIN 8 >"$OUT" 2>"$ERR"
run --syslog="$T/none"
inventory "$T/three"
ok 'without a log the messages are not lost' wait_for 20 grep -q '5-IN_COMPLIANCE' "$RUN_LOG"
is '… and that there is none is said once' "$(grep -c 'takes nothing' "$RUN_LOG")" 1
kill -KILL "$RUN_PID"
wait "$RUN_PID" 2>/dev/null
rm "$T/inventory"
run
ok 'it starts without the inventory, too' wait_for 20 grep -q \
	"the counts stay as they were until $T/inventory can be used" "$RUN_LOG"
ok '… with the counts of before' device_has 12
inventory "$TOP_SRCDIR/examples/ncs1004-four-cards.txt"
ok 'after it was killed the next one goes on' wait_for 20 authority_has 8
unlike '… registered as it was' 'store is empty|no identity' "$RUN_LOG"
ok '… and ends' stop "$RUN_PID"
ok 'the store is free then' device license smart renew auth
