# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2034,SC2119,SC2120 # for those who source it
#
# What shell tests share.  A test sources this file first:
#
#	. "$(dirname "$0")/../sh/lib.sh"
#	start_manager
#	ok 'a virtual account is made' manager --data "$DATA" virtual-account create NCS1000
#
# It prints `ok - sentence` or `not ok - sentence`, and leaves with 1 if any was not ok or none was
# run.  What was started is stopped and $T is removed at the end, also after ^C.

set -u
TOP_SRCDIR=${TOP_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
TOP_BUILDDIR=${TOP_BUILDDIR:-$TOP_SRCDIR/build}
OPENSSL=${OPENSSL:-openssl}
T=$(mktemp -d "${TMPDIR:-/tmp}/smartlic-test.XXXXXX") || exit 1
OUT=$T/stdout # of the last command that ok, not_ok or status ran
ERR=$T/stderr
DATA=$T/data # of the manager
export LC_ALL=C
: >"$OUT"
: >"$ERR"

tests_run=0
tests_failed=0
left_out=
started=
logs=0

manager() { "$TOP_BUILDDIR/manager/smartlic-manager" "$@"; }
smartlic() { "$TOP_BUILDDIR/tools/smartlic" "$@"; }

report() { # 0|1 sentence
	tests_run=$((tests_run + 1))
	if [ "$1" -eq 0 ]; then
		printf 'ok - %s\n' "$2"
	else
		tests_failed=$((tests_failed + 1))
		printf 'not ok - %s\n' "$2"
	fi
}

note() { sed 's/^/# /' "$@"; }

# status N SENTENCE COMMAND…: the command leaves with exactly N.
status() {
	want=$1
	sentence=$2
	shift 2
	"$@" >"$OUT" 2>"$ERR"
	got=$?
	if [ "$got" -eq "$want" ]; then
		report 0 "$sentence"
	else
		report 1 "$sentence"
		printf '# exit status %s, expected %s: %s\n' "$got" "$want" "$*"
		note "$OUT" "$ERR"
	fi
}

# ok SENTENCE COMMAND…: it succeeds.  Its output stays in $OUT and $ERR.
ok() { status 0 "$@"; }

# not_ok SENTENCE COMMAND…: it fails, but not by a signal.
not_ok() {
	sentence=$1
	shift
	"$@" >"$OUT" 2>"$ERR"
	got=$?
	if [ "$got" -ne 0 ] && [ "$got" -lt 126 ]; then
		report 0 "$sentence"
	else
		report 1 "$sentence"
		printf '# exit status %s: %s\n' "$got" "$*"
		note "$OUT" "$ERR"
	fi
}

# like SENTENCE ERE [FILE]: a line of the file ($OUT) matches.  unlike: none does.
like() {
	if grep -qE -e "$2" "${3:-$OUT}"; then
		report 0 "$1"
	else
		report 1 "$1"
		printf '# no line matches: %s\n' "$2"
		note "${3:-$OUT}"
	fi
}

unlike() {
	if grep -qE -e "$2" "${3:-$OUT}"; then
		report 1 "$1"
		printf '# these lines match: %s\n' "$2"
		grep -nE -e "$2" "${3:-$OUT}" | note
	else
		report 0 "$1"
	fi
}

# is SENTENCE GOT WANTED
is() {
	if [ "$2" = "$3" ]; then
		report 0 "$1"
	else
		report 1 "$1"
		printf '# got:      %s\n# expected: %s\n' "$2" "$3"
	fi
}

# wait_for SECONDS COMMAND…: until it succeeds; 1 when the time is over.
wait_for() {
	left=$(($1 * 20))
	shift
	until "$@" >/dev/null 2>&1; do
		left=$((left - 1))
		[ "$left" -gt 0 ] || return 1
		sleep 0.05
	done
}

# A test that cannot go on.
bail() {
	printf 'not ok - %s\n' "$1"
	tests_failed=$((tests_failed + 1))
	exit 1
}

# skip REASON: the test, or what is left of it, cannot run here.
skip() {
	printf '# skipped: %s\n' "$1"
	exit 77
}

# partly REASON: goes on, and is reported as one that did not do all.
partly() {
	printf '# skipped: %s\n' "$1"
	left_out=yes
}

# background COMMAND…: started, and stopped at the end; sets LAST_PID and LAST_LOG.
background() {
	logs=$((logs + 1))
	LAST_LOG=$T/log.$logs
	"$@" >"$LAST_LOG" 2>&1 &
	LAST_PID=$!
	started="$started $LAST_PID"
}

# stop PID: asks it to end, waits, gives its exit status.
stop() {
	kill -TERM "$1" 2>/dev/null
	wait "$1" 2>/dev/null
	stopped=$?
	left_over=
	for pid in $started; do
		[ "$pid" = "$1" ] || left_over="$left_over $pid"
	done
	started=$left_over
	return "$stopped"
}

# serve_manager [OPTION…]: serves $DATA on a free port; sets PORT, URL, MANAGER_PID, MANAGER_LOG.
serve_manager() {
	rm -f "$T/port"
	background "$TOP_BUILDDIR/manager/smartlic-manager" serve --data "$DATA" --listen 127.0.0.1:0 \
		--port-file "$T/port" "$@"
	MANAGER_PID=$LAST_PID
	MANAGER_LOG=$LAST_LOG
	if ! wait_for 20 test -s "$T/port"; then
		note "$MANAGER_LOG"
		bail 'the manager listens'
	fi
	PORT=$(cat "$T/port")
	URL=https://localhost:$PORT/its/service/oddce/services/DDCEService
}

# init_manager [ACCOUNT]: a fresh $DATA, and its root in $ROOT.
init_manager() {
	manager init --data "$DATA" --account "${1:-BU Production Test}" >"$OUT" 2>"$ERR" || {
		note "$ERR"
		bail 'the data folder is made'
	}
	ROOT=$T/root.pem
	manager --data "$DATA" trust-anchor >"$ROOT" || bail 'the trust anchor is printed'
}

# start_manager [ACCOUNT]: both.
start_manager() {
	init_manager "$@"
	serve_manager
}

finish() {
	code=$?
	trap - EXIT INT TERM HUP
	for pid in $started; do
		kill -TERM "$pid" 2>/dev/null
		kill -CONT "$pid" 2>/dev/null # a test may have stopped it
	done
	for pid in $started; do
		wait "$pid" 2>/dev/null
	done
	rm -rf "$T"
	if [ "$tests_run" -eq 0 ] && [ "$code" -ne 77 ]; then
		echo 'not ok - no test was run'
		code=1
	fi
	[ "$code" -ne 0 ] || [ -z "$left_out" ] || code=77
	[ "$tests_failed" -eq 0 ] || code=1
	exit "$code"
}
trap finish EXIT
trap 'exit 1' INT TERM HUP
