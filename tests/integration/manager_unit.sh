#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The manager needs few rights: none of root's, no way to it but loopback unless told, and in its unit
# systemd takes the others away.
# shellcheck disable=SC2086 # $unprivileged is a list of words
# shellcheck source=tests/sh/lib.sh
. "$(dirname "$0")/../sh/lib.sh"
# shellcheck source=tests/sh/listen.sh
. "$(dirname "$0")/../sh/listen.sh"

UNIT=$TOP_BUILDDIR/packaging/smartlic-manager.service

# words before a command: nobody's, where one may choose
unprivileged=
if [ "$(id -u)" -eq 0 ]; then
	# who is not root may not look for leaks in a process that forbids to look into it
	export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0"
	unprivileged='setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs --bounding-set=-all'
fi

# ---- without rights --------------------------------------------------------------

chmod 711 "$T"
mkdir -m 777 "$T/home"
DATA=$T/home/data
# below a folder that is root's alone nobody finds the program
cp "$TOP_BUILDDIR/manager/smartlic-manager" "$T/smartlic-manager"
chmod 755 "$T/smartlic-manager"
ok 'nobody makes a data folder' $unprivileged "$T/smartlic-manager" init --data "$DATA" --account X
is 'and owns it alone' "$(stat -c %a "$DATA" "$DATA/ledger.db" "$DATA/token.key" "$DATA/pki/root.key" | paste -sd ' ')" \
	'700 600 600 600'
listen "$T/home/notify" "$T/notified"
chmod 666 "$T/home/notify"
NOTIFY_SOCKET=$T/home/notify
export NOTIFY_SOCKET
background $unprivileged "$T/smartlic-manager" serve --data "$DATA" --listen 127.0.0.1:0 \
	--port-file "$T/home/port"
unset NOTIFY_SOCKET
serving=$LAST_PID
ok 'nobody serves' wait_for 20 test -s "$T/home/port"
PORT=$(cat "$T/home/port")
ok 'and tells who started it that it is ready' wait_for 10 grep -q '^READY=1$' "$T/notified"
if [ "$(id -u)" -eq 0 ]; then
	is 'it is not root' "$(awk '/^Uid:/ { print $2, $3, $4 }' "/proc/$serving/status")" '65534 65534 65534'
fi
is 'no right of root is left' "$(awk '/^Cap(Prm|Eff):/ { print $2 }' "/proc/$serving/status" | sort -u)" \
	0000000000000000
not_ok 'nor can another process of its user look into it' $unprivileged cat "/proc/$serving/mem"

# ---- where it listens --------------------------------------------------------------

ask() { curl -sk -o /dev/null --noproxy '*' --connect-timeout 5 "https://$1:$PORT/"; }
ok 'it is found at the loopback address' ask 127.0.0.1
address=$(hostname -I 2>/dev/null | tr ' ' '\n' | grep -m 1 -v -e : -e '^127' || :)
if [ -n "$address" ]; then
	status 7 'and refuses any other, though the host has one' ask "$address"
fi
ok 'it ends when told' stop "$serving"
ok '… and says so before' wait_for 10 grep -q '^STOPPING=1$' "$T/notified"
ok 'help says so too' "$T/smartlic-manager" help serve
like 'for who says nothing' '127\.0\.0\.1:8443'

# ---- what root does meanwhile ----------------------------------------------------------

if [ "$(id -u)" -eq 0 ]; then
	ok 'root rolls a key over' "$T/smartlic-manager" key roll signer --now --data "$DATA"
	ok '… copies the ledger' "$T/smartlic-manager" backup --data "$DATA" --to "$T/backup"
	ok '… and goes back to the copy' "$T/smartlic-manager" restore --data "$DATA" --from "$T/backup"
	is 'all is of the user who serves nevertheless' "$(find "$DATA" ! -user 65534)" ''
	is '… but what is elsewhere' "$(stat -c %u "$T/backup")" 0
fi

# ---- the unit -----------------------------------------------------------------------

like 'the unit starts what is installed' '^ExecStart=/[^ @]*/smartlic-manager serve --data /' "$UNIT"
unlike 'nothing in it was forgotten to be filled in' '@[a-z]+@' "$UNIT"
like 'as a user of its own' '^User=smartlic-manager$' "$UNIT"
if ! systemd-analyze security --help 2>/dev/null | grep -q -e --threshold; then
	skip "no systemd-analyze counts the unit's exposure; the package systemd has it"
fi
status 0 'systemd counts its exposure 2.0 or less' \
	systemd-analyze security --no-pager --offline=true --threshold=20 "$UNIT"
