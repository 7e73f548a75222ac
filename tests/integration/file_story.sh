#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The life of a device that no network reaches: by stick, there and back.
# shellcheck source=tests/integration/file_lib.sh
. "$(dirname "$0")/file_lib.sh"

# On day DAY of the story; where the programs cannot run with another library loaded first, all of it
# is one day.
DAY=0
FAKETIME_DONT_FAKE_MONOTONIC=1
export FAKETIME_DONT_FAKE_MONOTONIC
faked=$(command -v faketime)
! grep -q __asan_init "$TOP_BUILDDIR/lib/.libs/libsmartlic.so" || faked=
[ -n "$faked" ] || partly 'faketime cannot be loaded, so all of it is one day'
today() { ${faked:+"$faked"} ${faked:+-f "+${DAY}d"} "$@"; }
manager() { today "$TOP_BUILDDIR/manager/smartlic-manager" "$@"; }
smartlic() { today "$TOP_BUILDDIR/tools/smartlic" "$@"; }
name=NCS1004-CAT2231B18Y-default-sdr-

start_office

ok 'a registration is written to the outbox, which is what was asked for' device_register
like '  … and says where' "^Written: $OUTBOX/$name[0-9a-f]{8}\\.slrq\$"
like '  … and what to do with it' '^Carry it to the authority'
unlike '  … and nothing waits' 'waiting for' "$ERR"
is '  … one file, in the armour of its kind' "$(head -n 1 "$OUTBOX"/*) $(tail -n 1 "$OUTBOX"/*)" \
	'-----BEGIN CMS----- -----END CMS-----'
cp "$OUTBOX"/*.slrq "$T/first"
is '  … the JSON says what is waited for' "$(json summary '.["pending-request"].type')" register
like '  … and since when' '^20[0-9]{2}-' "$(json summary '.["pending-request"].since' >"$T/since" && echo "$T/since")"
ok '  … and the summary' device show license summary
like '  … too' '^Waiting For: the answer to register .*since '
ok '  … as does show license tech' device show license tech
like '  … with the request' '^ *Type: +register$'
ok 'the same command again finds it there' device_register
like '  … the same one' "^Written: $OUTBOX/$name"
ok '  … as it was' cmp "$OUTBOX"/*.slrq "$T/first"
status 1 'before it is answered nothing else can be asked for' device license smart renew auth
like '  … and why is said' 'not registered yet; the answer to its registration comes first' "$ERR"
status 1 'without an answer nothing is imported' device license smart file import
like '  … and that is said' "no answer to 'register' is in the inbox yet" "$ERR"

DAY=3
ok 'the authority answers three days later' answer "$OUTBOX"/*.slrq
like '  … with a line for the request' "$OUTBOX/.*slrq +1 +PID:NCS1004 SN:CAT2231B18Y +register +ok"
like '  … the file it wrote' "^Written: $ANSWERS/$name[0-9a-f]{8}\\.slrs \\(1\\)\$"
like '  … and a total' '^1 answered, of these 0 refused; 0 skipped$'
ok '  … and twice' answer "$T/first"
is '  … one registration' "$(manager --data "$DATA" --json instance list | jq length)" 1

mv "$ANSWERS"/*.slrs "$INBOX"
before=$(cd "$INBOX" && sha256sum ./*)
DAY=4
ok 'another process imports it, a day after' device license smart file import
like '  … is registered' '^Registered: Smart Account BU Production Test, Virtual Account NCS1000$'
like '  … and authorized with the same answer' '^  Status: AUTHORIZED on '
is '  … in one trip: no other request was made' "$(json summary '.["pending-request"].type // "none"')" none
is '  … with its counts' "$(json all '[.entitlement[] | .count, .state] | join(" ")')" '8 authorized 8 authorized'
is '  … and the inbox is left as it was' "$(cd "$INBOX" && sha256sum ./*)" "$before"
ok 'importing it twice changes nothing' device license smart file import
like '  … and says so' 'Nothing is waited for' "$ERR"
rm -f "$OUTBOX"/*

DAY=30
ok 'the authorization is renewed by file' device license smart renew auth
like '  … which is written' "^Written: $OUTBOX/"
ok '  … carried' carry
ok '  … and imported, beside an older answer' device license smart file import
like '  … the new one' '^Answered: authorize$'
like '  … with its status' '^  Status: AUTHORIZED on '
DAY=31
ok 'the identity is renewed by file' device license smart renew id
ok '  … carried' carry
ok '  … and imported by repeating the command' device license smart renew id
like '  … which was what was asked for' '^Renewed: the ID certificate$'
is '  … nothing more is waited for' "$(json summary '.["pending-request"].type // "none"')" none

manager --data "$DATA" license set --virtual-account NCS1000 $PLAIN 4 >"$OUT" 2>&1 || bail 'the pool shrinks'
ok 'a pool that is too small is told by file' device license smart renew auth
ok '  … carried' carry
ok '  … and imported' device license smart file import
like '  … as a status' '^  Status: OUT OF COMPLIANCE on '

ok 'an administrator removes it' manager --data "$DATA" instance remove CAT2231B18Y
ok 'a removed one asks by file' device license smart renew auth
ok '  … is refused by file' carry
like '  … which the line says' ' authorize +instance_removed ' "$T/answered"
status 1 '  … and learns it' device license smart file import
like "  … in the reference's words" 'Data and signature do not match for udi' "$ERR"

new_token
ok 'it registers again' device_register
ok '  … carried' carry
ok '  … and imported' device license smart file import
ok 'it deregisters by file' device license smart deregister
like '  … which is written' "^Written: $OUTBOX/"
ok '  … and is clean at once' device show license status
like '  … shown so' '^  Status: UNREGISTERED$'
ok '  … carried' carry
ok '  … imported' device license smart file import
like '  … and known to the authority' '^Deregistered: '
manager --data "$DATA" instance list >"$T/instances"
like '  … which has it closed' 'CAT2231B18Y .* closed ' "$T/instances"
