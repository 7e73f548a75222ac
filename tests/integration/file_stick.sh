#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# By stick, where the stick may only be read, for root too, or is full: mounts of the test's own.
if [ -z "${SL_OWN_MOUNTS-}" ]; then
	export SL_OWN_MOUNTS=yes
	# in a user namespace the folders above a plug-in are nobody's, so that it is not loaded
	[ "$(id -u)" -eq 0 ] && unshare -mi mount -t tmpfs smartlic-test /mnt 2>/dev/null || {
		echo '# skipped: no file system can be mounted, which takes root and unshare'
		exit 77
	}
	exec unshare -mi sh "$0" "$@"
fi
# shellcheck source=tests/integration/file_lib.sh
. "$(dirname "$0")/file_lib.sh"

# lib.sh removes $T at the end: nothing may be mounted there then
pull_all() {
	code=$?
	umount "$INBOX" "$OUTBOX" 2>/dev/null
	(exit "$code")
	finish
}
trap pull_all EXIT
# read_only FOLDER: until umount
read_only() { mount --bind "$1" "$1" && mount -o remount,bind,ro "$1"; }
pending() { json summary '.["pending-request"].type // "none"'; }
import() { device license smart file import; }
# tested ERE: `license smart test` has such a line
tested() {
	device license smart test >"$T/tested" 2>&1
	like '  … and so says the test beforehand' "$1" "$T/tested"
}

start_office
rmdir "$OUTBOX"
status 1 'while the stick is elsewhere a registration is not written' device_register
like '  … which is told with folder and cure' "outbox $OUTBOX: .*; put the stick in or make the folder" "$ERR"
like '  … and what follows' '^No feature stops; the registration is written on .*, or by the next command\.$' "$ERR"
mkdir "$OUTBOX"
ok 'once it is there the same command writes it' device_register
ok '  … carried' carry
read_only "$INBOX" || bail 'the inbox is mounted'
status 1 '  … on a stick that may only be read' touch "$INBOX/new"
before=$(cd "$INBOX" && sha256sum ./*)
ok '  … and imported from it' import
like '  … as registered' '^Registered: Smart Account BU Production Test'
like '  … and authorized' '^  Status: AUTHORIZED on '
is '  … which leaves it as it is' "$(cd "$INBOX" && sha256sum ./*)" "$before"
umount "$INBOX"

rm -f "$OUTBOX"/*
read_only "$OUTBOX" || bail 'the outbox is mounted'
status 1 'an outbox that may only be read takes no request' device license smart renew auth
like '  … which is told with folder and cause' "outbox $OUTBOX: .*Read-only file system" "$ERR"
is '  … and the request stays open' "$(pending)" authorize
tested '^  writing +bad +nothing can be written: Read-only file system; .*; put in one that may be written to$'
umount "$OUTBOX"

mount -t tmpfs -o size=8k smartlic-test "$OUTBOX" || bail 'a small outbox is mounted'
cat /dev/zero >"$OUTBOX/fill" 2>"$ERR"
like 'an outbox is full' 'No space left on device' "$ERR"
status 1 '  … and takes no request' device license smart renew auth
like '  … which is told with folder and cause' "outbox $OUTBOX: .*No space left on device" "$ERR"
is '  … leaves nothing half written' "$(ls "$OUTBOX")" fill
is '  … and the request stays open' "$(pending)" authorize
tested '^  writing +bad +nothing can be written: No space left on device; .*; make room there$'
tested '^  room +warning +0 KiB are free, the largest request takes 520; a large report does not fit; make room there$'
rm -f "$OUTBOX/fill"
ok 'once there is room the same command writes it' device license smart renew auth
like '  … there' "^Written: $OUTBOX/"
cp "$OUTBOX"/*.slrq "$T/request.slrq"
umount "$OUTBOX"
ok '  … it is answered' answer "$T/request.slrq"
mv "$ANSWERS"/*.slrs "$INBOX"
read_only "$INBOX" || bail 'the inbox is mounted again'
ok '  … imported beside the older one' import
like '  … as what it is' '^Answered: authorize$'
is '  … and nothing is waited for' "$(pending)" none

# one of those that have no files without a name, and say nothing of their room; a stick's cannot be had everywhere
if mount -t mqueue smartlic-test "$OUTBOX" 2>/dev/null; then
	ok 'a file system without nameless files' device license smart test
	like '  … is not tried' '^  writing +good +permissions and file system allow it; it was not tried' "$OUT"
	like '  … and need not say how much room it has' '^  room +skipped +the file system does not say' "$OUT"
	is '  … nothing is left behind' "$(ls -A "$OUTBOX")" ''
	umount "$OUTBOX"
else
	partly 'no file system without nameless files can be mounted'
fi
