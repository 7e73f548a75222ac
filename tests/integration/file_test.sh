#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `license smart test` where requests go by file: what is found of both folders before somebody travels.
# shellcheck source=tests/integration/file_lib.sh
. "$(dirname "$0")/file_lib.sh"

# tests SENTENCE STATUS: the findings are in $T/findings
tests() {
	status "$2" "$1" device --json license smart test
	cp "$OUT" "$T/findings"
}
# finds PLACE SUBJECT GRADE ERE: the finding has this grade, and found matches
finds() {
	jq -r --arg p "$1" --arg s "$2" '.[] | select(.place == $p and .subject == $s) | .grade + ": " + .found' \
		"$T/findings" >"$T/found"
	like "  … $2${1:+ of the ${1##*/}}: $3" "^$3: $4" "$T/found"
}
# says MEMBER ERE: a finding has it there
says() {
	jq -r ".[].$1" "$T/findings" >"$T/said"
	like "  … with its $1" "$2" "$T/said"
}
in_folders() { find "$OUTBOX" "$INBOX" -printf '%p %s %T@ %C@\n' | sort; }

start_office
before=$(in_folders)
tests 'both folders are good before anything was asked for' 0
is '  … in all that is looked at' "$(jq -r 'map(.grade) | unique | join(" ")' "$T/findings")" good
is '  … from the configuration to the answers' "$(jq -r 'map(.subject) | join(", ")' "$T/findings")" \
	'configuration, trust anchor, request, folder, writing, room, requests, folder, answers'
finds '' request good 'none is open'
finds "$OUTBOX" writing good '[0-9]+ bytes could be written, in a file without a name'
finds "$OUTBOX" requests good 'requests there: 0, and none is open'
finds "$INBOX" answers good 'files of answers there: 0'
is '  … nothing is left behind' "$(in_folders)" "$before"
ok '  … and no store is made' test ! -e "$STORE"

device_register >"$OUT" 2>"$ERR" || bail 'a registration is written'
name=$(basename "$OUTBOX"/*.slrq)
id=${name##*-}
stored >"$T/stored"
tests 'what is waited for is said' 0
finds '' request good "'register' is open since 20[0-9T:-]+Z, its id is ${id%.slrq}-"
finds "$OUTBOX" requests good "requests there: 1, the one that is open among them: $name"
says cure '^carry it to the authority'
finds "$INBOX" answers good 'files of answers there: 0, none with an answer to the open request'
mv "$OUTBOX/$name" "$T"
answer "$T/$name" >"$OUT" 2>&1 || bail 'it is answered'
mv "$ANSWERS"/*.slrs "$INBOX"
before=$(in_folders)
tests '  … and that it was answered' 0
finds "$OUTBOX" requests good "requests there: 0, the one that is open not among them: $name"
finds "$INBOX" answers good 'files of answers there: 1, one with an answer that names the open request'
says cure '^license smart file import'
is '  … which is not taken' "$(stored)" "$(cat "$T/stored")"
is '  … nor anything else changed' "$(in_folders)" "$before"
ok '  … until it is imported' device license smart file import

background "$TOP_BUILDDIR/tools/smartlic" -c "$CONF" run
wait_for 20 test -s "$STORE/lock" || bail 'run holds the lock' # which has its number while it does
tests 'while run holds the lock the test is not refused' 0
stop "$LAST_PID"

chmod 777 "$INBOX"
rmdir "$OUTBOX"
tests 'a stick that is elsewhere' 1
finds "$OUTBOX" folder bad 'cannot be opened: No such file or directory'
says cure "^put the stick in or make the folder, or correct 'license smart file outbox'"
finds "$OUTBOX" writing skipped 'not reached'
finds "$INBOX" folder warning '.* its permissions are 0777'
rm -r "$INBOX"
status 1 'as text it is one line a finding' device license smart test
like '  … under the folder' "^$INBOX:\$"
like '  … with what was found, its meaning and the cure' \
	'^  folder          bad      cannot be opened: .*; no answer is found there now; put the stick in '
is '  … said once' "$(cat "$ERR")" ''
