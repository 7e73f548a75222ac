#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A device whose clock says 1970, and one whose clock says 2060, live like any other.
# shellcheck source=tests/integration/cli_lib.sh
. "$(dirname "$0")/cli_lib.sh"

command -v faketime >/dev/null || skip 'faketime is not installed'
# an address sanitizer wants to be loaded before faketime, and clang links it in
if grep -q __asan_init "$TOP_BUILDDIR"/lib/.libs/libsmartlic.so; then
	skip 'faketime cannot be loaded before an address sanitizer'
fi

start_authority
manager --data "$DATA" license add --virtual-account NCS1000 $PLAIN 8 >"$OUT" 2>&1
manager --data "$DATA" license add --virtual-account NCS1000 $CRYPT 8 >"$OUT" 2>&1

FAKETIME_DONT_FAKE_MONOTONIC=1
export FAKETIME_DONT_FAKE_MONOTONIC
at() { # "YYYY-MM-DD hh:mm:ss" WORDS…
	when=$1
	shift
	faketime -f "@$when" "$TOP_BUILDDIR/tools/smartlic" -c "$CONF" "$@"
}
at_register() { printf '%s\n' "$TOKEN" | at "$1" license smart register idtoken -; }

for year in 1970 2060; do
	STORE=$T/store-$year
	conf "$URL"
	sed -i "s/CAT2231B18Y/CAT$year/" "$CONF"
	ok "a device whose clock says $year registers" at_register "$year-03-01 00:00:00"
	like '  … and is authorized' '^  Status: AUTHORIZED on '
	ok '  … and shows it by its own clock' at "$year-03-01 00:01:00" show license status
	like '  … as it is' "^  Initial Registration: SUCCEEDED on [A-Z][a-z]+ [A-Z][a-z]+ [0-9]+ $year "
	like '  … with a deadline that has not passed' '^  Communication Deadline: [A-Z][a-z]{2} '
	TZ='CET-1CEST,M3.5.0,M10.5.0/3'
	ok '  … in winter, by the clock of its zone' at "$year-03-01 01:01:00" show license status
	like '  … what was' "^  Initial Registration: SUCCEEDED on .* 01:00:[0-9]{2} CET\$"
	like '  … and what comes in summer, an hour later' '^  Next Renewal Attempt: [A-Z][a-z]{2} Aug .* 02:00:[0-9]{2} CEST$'
	TZ=UTC
	ok '  … and renews' at "$year-03-01 00:02:00" license smart renew auth
	ok '  … its identity, too' at "$year-03-01 00:03:00" license smart renew id
	ok '  … and goes on when the clock is set right' device license smart renew auth
	like '  … being authorized' '^  Status: AUTHORIZED on '
done

STORE=$T/store-accept
conf "$URL"
ok 'a clock may be accepted before there is anything to accept' device license smart clock accept
like '  … and says what follows' "^The time of the authority's next answer is accepted, once; 'license smart renew auth' asks for one$"
like '  … with a message' '-5-CLOCK_ACCEPT : ' "$ERR"
ok 'the next answer takes it' device_register
like '  … with a message, too' '-5-CLOCK_ACCEPTED : .*: [0-9]{4}-' "$ERR"
ok '  … and none after that' device license smart renew auth
unlike '  … does' 'CLOCK_ACCEPT' "$ERR"
