#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# smartlic count: a file is counted offline, explained, and compared with another.
# shellcheck source=tests/sh/lib.sh
. "$(dirname "$0")/../sh/lib.sh"
four=$TOP_SRCDIR/examples/ncs1004-four-cards.txt
ncs=$TOP_SRCDIR/catalogs/ncs1004.json
count() { smartlic count --catalog "$ncs" "$@"; }
json() { jq -r "$1" "$OUT"; }
for needed in jq; do
	command -v $needed >/dev/null || bail "$needed is there"
done

ok 'the four cards of the reference are counted' count "$four"
like 'eight plain clients' '^S-NCS1K4-LIC-100G= +8 '
like 'eight encrypted clients' '^S-NCS1K4-LIC-100X= +8 '
like 'it names the profile' 'profile ncs1004-slice of catalog ncs1004'
like 'it says how many lines it skipped' '^[0-9]+ lines of other features were skipped'
ok 'the same from the standard input' sh -c "'$TOP_BUILDDIR/tools/smartlic' count - --catalog '$ncs' <'$four'"
like 'eight of them too' '^S-NCS1K4-LIC-100G= +8 '

ok 'another profile' count "$four" --profile ncs1004-card
like 'counts by card' '^S-NCS1K4-LIC-100G= +32 '
like 'and both licenses' '^S-NCS1K4-LIC-100X= +16 '
status 1 'an unknown profile is refused' count "$four" --profile moon
like 'with the list of those there are' '^  ncs1004-card-replace ' "$ERR"

ok 'each port is explained' count "$four" --explain
like 'a free one' '^0/0/0/2 +free: within the 4 x 100G that are free for its slice$'
like 'a charged one' '^0/0/0/6 +100G: beyond the 4 x 100G'
like 'an encrypted one' '^0/3/0/13 +100X: .*encrypted: 100X instead of 100G$'
ok 'unused trunk capacity is explained' sh -c "printf '%s\n' '0/1 NCS1K4-1.2T-L-K9 OPERATIONAL NSHUT' \
	'hw-module location 0/1 mxponder-slice 0 trunk-rate 600G' |
	'$TOP_BUILDDIR/tools/smartlic' count - --catalog '$ncs' --explain"
like 'at the trunk' '^0/1/0/0 +2 x 100G: unused trunk capacity'
like 'what is missing is told with its line' '^line 2: no client-rate'

ok 'JSON' count "$four" --json
is 'has the profile' "$(json .profile)" ncs1004-slice
is 'has the catalog' "$(json .catalog)" ncs1004
is 'has tags and counts' "$(json '[.entitlements[] | "\(.name)\(.count)"] | join(" ")')" \
	'S-NCS1K4-LIC-100G=8 S-NCS1K4-LIC-100X=8'
is 'has full tags' "$(json '.entitlements[0].tag')" \
	'regid.2018-05.com.cisco.S-NCS1K4-LIC-100G=,1.0_03df009f-5ac5-48da-af50-4279ddea5e24'
is 'has every port' "$(json '.ports | length')" 48
is 'has as many charged ports as licenses' "$(json '[.ports[] | select(.charge != "free")] | length')" 16
is 'says why' "$(json '[.ports[] | select(.why == "")] | length')" 0
is 'has no diagnostics' "$(json '.diagnostics | length')" 0

sed 's/trunk-rate 600G/trunk-rate 500G/' "$four" >"$T/old"
ok 'what a change will cost' count "$four" --against "$T/old"
like 'is told' '^S-NCS1K4-LIC-100G= +8 \(was 4, \+4\)'
like 'port by port' '^0/0/0/7 +not configured -> 100G$'
like 'but not those that stay' '^Changes:$'
unlike 'as they were' '^0/0/0/2 '
ok 'nothing changed' count "$four" --against "$four"
unlike 'no changes' 'Changes'
ok 'also in JSON' count "$four" --against "$T/old" --json
is 'as a number' "$(json '.entitlements[1].change')" 4
is 'and a list' "$(json '.changes | length')" 8
is 'of ports' "$(json '.changes[0] | "\(.port) \(.was) \(.charge)"')" '0/0/0/7  100G'
printf '{"chassis":[{"cards":[{"location":"0/1"}]}]}' >"$T/no-pid.json"
status 1 'a card of JSON without a PID is refused' count "$T/no-pid.json"
like 'in the same words' '0/1: no PID is known' "$ERR"

printf '%s\n' 'hw-module location 0/2 mxponder' ' trunk-rate 600G' ' client-rate 100GE' >"$T/no-pid"
status 1 'a card without a PID is refused' count "$T/no-pid"
like 'with what to do' "no-pid: 0/2: no PID is known .*--pid 0/2=PID" "$ERR"
ok 'and counted when it is named' count "$T/no-pid" --pid 0/2=NCS1K4-1.2T-L-K9
like 'by its rule' '^S-NCS1K4-LIC-100G= +4 '
status 1 'an unknown PID is refused' count "$T/no-pid" --pid 0/2=NCS1K4-NEW
like 'with place and PID' '0/2: PID NCS1K4-NEW is not in catalog ncs1004' "$ERR"
status 1 'a location without a card is refused' count "$T/no-pid" --pid 0/7=NCS1K4-1.2T-L-K9
like 'by name' 'no card at 0/7' "$ERR"
ok 'a PID without a public rule' count "$T/no-pid" --pid 0/2=NCS1K4-QXP-L-K9
like 'is counted' '^S-NCS1K4-LIC-100G= +8 '
like 'and told' '^0/2: NCS1K4-QXP-L-K9 is a licensed PID, but no public rule'

status 1 'a file that is not there' count "$T/absent"
like 'is named' 'absent: No such file' "$ERR"
status 1 'a catalog that is not there' smartlic count "$four" --catalog absent
printf '{"chassis":[{"cards":[{"location":"0/1","pid":"X","slices":[{"slice":"a"}]}]}]}' >"$T/bad.json"
status 1 'bad JSON' count "$T/bad.json"
like 'has its path' 'bad.json: chassis\[0\].cards\[0\].slices\[0\].slice: expected integer .*got "a"' "$ERR"
status 2 'no file' count
status 2 'two files' count "$four" "$four"
status 2 'an unknown option' count "$four" --fast
status 2 'a PID without its location' count "$four" --pid NCS1K4-1.2T-L-K9
status 2 'an option without its value' count "$four" --profile
for f in router-tiers gateway-subscribers; do
	ok "catalog $f reads an empty inventory" smartlic count /dev/null --catalog "$TOP_SRCDIR/catalogs/$f.json"
done
