#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2086,SC2119 # device_today is a list of words
# Usage that is reported by stick: written by a device that runs, acknowledged days later.
# shellcheck source=tests/integration/file_lib.sh
. "$(dirname "$0")/file_lib.sh"

# Usage is metered in elapsed time, which faketime cannot move for a process that sleeps on a timer:
# the device lives in time namespaces, by its own wall clock it is the first day all along.  The
# authority goes by the wall clock, which is faketime's.
DAY=0
device_today='unshare -T --boottime'
# in a user namespace the folders above a plug-in are nobody's, so that it is not loaded
[ "$(id -u)" -eq 0 ] && $device_today 86400 true 2>/dev/null ||
	skip 'time cannot pass for a device, which takes root, unshare and time namespaces'
faked=$(command -v faketime)
! grep -q __asan_init "$TOP_BUILDDIR/lib/.libs/libsmartlic.so" || faked=
[ -n "$faked" ] || skip 'time cannot pass for the authority: faketime is missing, or cannot be loaded'
manager() { "$faked" -f "+${DAY}d" "$TOP_BUILDDIR/manager/smartlic-manager" "$@"; }
smartlic() { $device_today $((DAY * 86400)) "$TOP_BUILDDIR/tools/smartlic" "$@"; }

# lives: runs until COMMAND… succeeds, for 20 seconds at most
lives() {
	background $device_today $((DAY * 86400)) "$TOP_BUILDDIR/tools/smartlic" -c "$CONF" run
	wait_for 20 "$@"
	lived=$?
	stop "$LAST_PID"
	return "$lived"
}
requests() { find "$OUTBOX" -name '*.slrq' | wc -l; }
asks() { [ "$(requests)" -eq 1 ]; }
pending() { json tech '.["pending-request"].type // "none"'; }
unreported() { json tech '.usage["unreported-samples"]'; }
# hours of both licenses that the authority knows of, and the highest counts in them
reported() {
	manager --data "$DATA" --json instance usage CAT2231B18Y |
		jq -r '[([.[].hours] | add), (map(.max) | unique[])] | join(" ")'
}

start_registered
is 'a device that was registered by file has nothing to report yet' "$(unreported) $(requests)" '0 0'

DAY=1
ok 'a day later it writes a report to the outbox, while it runs' lives asks
is '  … which is what is waited for' "$(pending)" report
is '  … with what both licenses used' "$(unreported)" 2
cp "$OUTBOX"/*.slrq "$T/first"
DAY=2
status 1 'without an answer nothing is imported' device license smart file import
like '  … and that is said' "no answer to 'report' is in the inbox yet" "$ERR"
ok '  … the report stays as it was written' cmp "$OUTBOX"/*.slrq "$T/first"

DAY=4
ok 'the authority answers three days after it was written' carry
like '  … with a line for it' ' report +ok ' "$T/answered"
is '  … and has the first day of both licenses' "$(reported)" '48 8'
DAY=5
ok 'a day after, the device that runs takes the answer and reports the rest at once' lives asks
is '  … which alone is still unreported' "$(unreported)" 8
is '  … and waited for' "$(pending)" report
not_ok '  … in another report' cmp -s "$OUTBOX"/*.slrq "$T/first"
rm -f "$INBOX"/*

echo "$OUTBOX"/*.slrq >"$T/second"
ok 'an authorization that is asked for meanwhile goes first' device license smart renew auth
is '  … by a file of its own' "$(requests)" 2
is '  … it is waited for' "$(pending)" authorize
mv "$(cat "$T/second")" "$T/second.slrq"
ok '  … and answered first' carry
ok 'the report that made way is answered after it' answer "$T/second.slrq"
like '  … not executed' ' report +superseded '
mv "$ANSWERS"/*.slrs "$INBOX"
is '  … so that the authority has no more than before' "$(reported)" '48 8'
DAY=6
ok 'the answer to the authorization is imported' device license smart file import
like '  … as what it is' '^Answered: authorize$'
is '  … and what was not reported is written once more' "$(requests) $(pending)" '1 report'
ok '  … carried' carry
ok '  … executed again it changes nothing' answer "$T/second.slrq" "$T/first"
is '  … the authority has six days of both, each once' "$(reported)" '288 8'
ok '  … imported' device license smart file import
like '  … as what it is' '^Answered: report$'
like '  … which the log has' 'all that was collected' "$ERR"
is '  … and nothing is left to report' "$(unreported) $(pending)" '0 none'

DAY=7
rm -f "$OUTBOX"/*
ok 'the next report waits in the outbox' lives asks
DAY=40
both() { [ "$(requests)" -eq 2 ]; }
ok '  … until, weeks later, the authorization is due, which goes first by itself, too' lives both
is '  … and is waited for' "$(pending)" authorize
