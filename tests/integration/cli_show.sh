#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every command that looks: before a registration and after, as text and as JSON, changing nothing.
# shellcheck source=tests/integration/cli_lib.sh
. "$(dirname "$0")/cli_lib.sh"

LOOKS='license all
license status
license usage
license udi
license summary
license tech
license trace all
license platform detail
license platform summary
license platform trace
license platform trace all
tech-support smartlic'

# each_look SENTENCE COMMAND…: the command, for every line of LOOKS as its last words
each_look() {
	sentence=$1
	shift
	echo "$LOOKS" | while read -r words; do
		# shellcheck disable=SC2086 # words are words
		"$@" $words || echo "$words"
	done >"$T/failed"
	is "$sentence" "$(cat "$T/failed")" ''
}
as_text() { device show "$@" >"$OUT" 2>"$ERR" && [ -s "$OUT" ] && [ ! -s "$ERR" ]; }
as_json() { device --json show "$@" 2>"$ERR" | jq -e .time >"$OUT" 2>&1 && [ ! -s "$ERR" ]; }

start_authority
each_look 'a device that is not registered shows every text' as_text
each_look '  … and every JSON object' as_json
is '  … and its store is not made by that' "$(stored)" ''

device_register >"$OUT" 2>"$ERR" || bail 'it registers'
before=$(stored)
each_look 'a registered device shows every text' as_text
each_look '  … and every JSON object' as_json
is '  … and its store is as it was' "$(stored)" "$before"

ok 'the platform has its details' device show license platform detail
like '  … the state' '^Current state:    REGISTERED$'
like '  … how often it collects' '^Parameters: Collection interval:[0-9 ]{8} minute\(s\)$'
like '  … and reports' '^            Reporting interval:[0-9 ]{8} minute\(s\)$'
like '  … the licenses by number' '^\[ 2\] Name: NCS1K4 smart license - one QSFP28 client with encryption$'
ok '  … and as a table' device show license platform summary
like '  … of last and next' "^System        $PLAIN +[0-9]+ +[0-9]+\$"
ok '  … and its trace' device show license platform trace
like '  … of what changed' "in use: $PLAIN 8, before 0\$"
unlike '  … and of nothing else' 'REG_SUCCESS'

ok 'under the hood' device show license tech
like '  … is the instance' '^Product Instance: [0-9a-f-]{36}$'
like '  … what runs by itself' '^authorize: [A-Z][a-z]{2} '
like '  … the time that is certain' '^Floor: [A-Z][a-z]{2} '
like '  … what is told of the device' '^Send Hostname: (Yes|No)$'
like '  … whether licenses are reserved' '^License reservation: DISABLED$'
is '  … the same in JSON' "$(device --json show license tech | jq -r '.registration.instance, .store.id')" \
	"$(sed -n 's/^Product Instance: //p; s/^Store ID: //p' "$OUT")"

ok 'the trace tells' device show license trace all
like '  … of the request' ': agent: makes the request register '
like '  … and of its answer' ': call-home: answer to register [0-9a-f-]{36}: ok$'
like '  … with the message' ': agent: %LICENSE-SMART_LIC-6-AGENT_REG_SUCCESS : '
is '  … in JSON as well' "$(device --json show license trace all | jq '[.trace[] | select(.part == "agent")] | length > 3')" true

ok 'a support case has all of it' device show tech-support smartlic
for words in 'license all' 'license summary' 'license tech' 'license platform detail' 'license trace all'; do
	like "  … show $words" "^-+ show $words -+\$"
done
device sh lic pl de >"$T/short"
device show license platform detail >"$T/whole"
ok 'words may be abbreviated' diff "$T/whole" "$T/short"
status 2 'where two words begin alike the choice is named' device show license t
like '  … both' 'ambiguous: tech, trace' "$ERR"
