#!/bin/sh
# What ./run check counts, and that it names what was left out.
. "$(dirname "$0")/../sh/lib.sh"

logged() { # NAME RESULT LINE…: as automake leaves them
	name=$T/made/tests/unit/$1
	printf ':test-result: %s\n' "$2" >"$name.trs"
	shift 2
	printf '%s\n' "$@" >"$name.log"
}
tally() { "$TOP_SRCDIR/tests/tally" plain "$T/made"; }
# left CODE SENTENCE LINES: a shell test of these lines leaves with this status
left() {
	printf '. "%s/tests/sh/lib.sh"\n%s\n' "$TOP_SRCDIR" "$3" >"$T/inner.sh"
	status "$1" "$2" sh "$T/inner.sh"
}

mkdir -p "$T/made/tests/unit"
logged sound PASS 'ok - one' 'ok - two'
logged check PASS '100%: Checks: 12, Failures: 0, Errors: 0'
logged mute PASS 'hello'
tally >"$OUT"
is 'facts are counted, a mute program is one' "$(cat "$OUT")" 'plain 15 0'
logged faulty FAIL 'ok - one' 'not ok - two'
logged crashed FAIL 'ok - one'
tally >"$OUT"
is 'a failed fact and a crash are one failed each' "$(cat "$OUT")" 'plain 17 2'
rm -f "$T"/made/tests/unit/*
logged half SKIP 'ok - one' '# skipped: no dnsmasq' '# skipped: no clock'
logged none SKIP '# something else'
tally >"$OUT"
is 'what was skipped is named with its reason, the rest of it counted' "$(cat "$OUT")" \
	'skipped: plain tests/unit/half: no dnsmasq; no clock
skipped: plain tests/unit/none: it does not say why
plain 1 0'

left 77 'a test that skips the rest says so by its status' "ok one true; skip 'no peer'; ok two false"
like '  … and why' '^# skipped: no peer$'
left 77 'one that leaves a part out does, too' "partly 'no clock'; ok one true"
like '  … and goes on' '^ok - one$'
left 1 'a failure in it is a failure' "partly 'no clock'; ok one false"
left 1 'also before it skips' "ok one false; skip 'no peer'"
left 0 'one that does all does not' 'ok one true'
left 1 'one that does nothing fails' :
left 1 'also where it says that a part was left out' "partly 'no clock'"
