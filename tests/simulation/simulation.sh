#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Device-years of the simulation; that its runs replay; that it finds bugs which are there.
. "$(dirname "$0")/../sh/lib.sh"

dir=$TOP_BUILDDIR/tests/simulation
percent=${SL_TEST_SCALE:-100}
# sanitizers make each year several times as long
! grep -aq __asan_init "$dir/simulate" || percent=$((percent / 20))
years=$((1800 * percent / 100))
signed=$((50 * percent / 100))
shared=$((200 * percent / 100))

digest() { "$dir/simulate" --seed "$1" --days 60 --faults 3 | grep -o 'steps, digest .*'; }
replays() { first=$(digest 7) && [ -n "$first" ] && [ "$first" = "$(digest 7)" ]; }

# finds BUG INVARIANT [OPTIONS]: a run fails with it, and fails again from what was printed
finds() {
	# shellcheck disable=SC2086 # a list of words
	SL_BUG=$1 "$dir/simulate_bugs" --years 50 ${3-} >"$T/found" 2>&1 && return 1
	grep -q "$2" "$T/found" || { cat "$T/found"; return 1; }
	again=$(sed -n 's/^  again: simulate \(.*\) --trace$/\1/p' "$T/found")
	# shellcheck disable=SC2086 # a list of words
	SL_BUG=$1 "$dir/simulate_bugs" $again >"$T/again" 2>&1 && return 1
	[ "$(grep '^seed' "$T/found")" = "$(grep '^seed' "$T/again")" ]
}

ok 'a seed makes the same run each time' replays
ok "$years device-years keep every invariant" \
	"$(dirname "$0")/simulate.sh" "$TOP_BUILDDIR" "$years"
note "$OUT"
ok "$shared device-years with satellites keep every invariant" \
	"$(dirname "$0")/simulate.sh" "$TOP_BUILDDIR" "$shared" 1 2
note "$OUT"
ok "$signed device-years with signed messages keep every invariant" \
	"$dir/simulate_signed" --years "$signed"
note "$OUT"
ok 'a request that is not persisted before it is sent is found' finds forgotten-persist 'invariant 7'
# by its two ids, or by the clone alert that it raises, whichever a run comes to first
ok 'a sequence that is used twice is found' finds reused-sequence 'invariant [79]'
ok 'a token that is charged twice is found' finds token-charged-twice 'invariant 2'
ok 'a return that is confirmed and not executed is found' finds forgotten-return 'it has the reservation'
ok 'a sample that is acknowledged and not kept is found' finds forgotten-sample 'invariant 8'
ok 'a row of a satellite that is not taken whole is found' finds half-a-row 'invariant 12' '--satellites 1'
