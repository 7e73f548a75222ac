#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Licenses that are reserved for a device which no network reaches: asked for, installed, renewed, returned.
# shellcheck source=tests/integration/file_lib.sh
. "$(dirname "$0")/file_lib.sh"

reservations() { manager --data "$DATA" --json reservation list | jq -r "$1"; }
held() { manager --data "$DATA" --json license list | jq -r '[.[] | .in_use] | join(" ")'; }

start_registered

status 1 'before anything is reserved nothing can be returned' device license smart reservation return
like '  … and that is said' 'nothing is reserved' "$ERR"
status 1 '  … nor installed' device license smart reservation install
like '  … with what to do' 'license smart reservation request' "$ERR"

ok 'what is in use is asked to be reserved' device license smart reservation request
like '  … by a file in the outbox' "^Written: $OUTBOX/NCS1004-CAT2231B18Y-default-sdr-[0-9a-f]{8}\\.slrq\$"
ok '  … once' device license smart reservation request
is '  … in one file' "$(find "$OUTBOX" -type f | wc -l)" 1
status 1 '  … which is waited for' device license smart reservation install
like '  … in the inbox' 'no answer to .reserve. is in the inbox yet' "$ERR"
cp "$OUTBOX"/*.slrq "$T/asked"
ok '  … the authority answers' answer "$OUTBOX"/*.slrq
like '  … with a line for it' ' +reserve +ok'
rm -f "$OUTBOX"/*
status 1 'another file is no answer to it' device license smart reservation install "$T/asked"
like '  … which is told' "the answer to 'reserve' was not taken" "$ERR"
ok 'the answer is installed from the file that was written' device license smart reservation install "$ANSWERS"/*.slrs
like '  … with its end' '^Reserved until 20[0-9-]{8}T[0-9:]{8}Z$'
like '  … and its code' '^Authorization Code: [0-9a-f]{32}$'
like '  … and the authorization' '^  Status: AUTHORIZED - RESERVED on '
rm -f "$ANSWERS"/*

device show license tech >"$OUT" 2>"$ERR"
like 'the device shows it' '^License reservation: ENABLED$'
like '  … with what is reserved' "^Reserved: $PLAIN 8$"
is 'the authority has the same code' "$(reservations '.[0].code')" "$(json tech '.["reservation-info"].code')"
ok '  … and shows it by the serial number' manager --data "$DATA" reservation show CAT2231B18Y
like '  … open' '^State: +open$'
like '  … with its licenses' "^$CRYPT +8$"
is '  … which are counted once' "$(held)" '8 8'

ok 'the next authorization by file is a reserved one' device license smart renew auth
ok '  … carried' carry
ok '  … imported' device license smart file import
like '  … it stays so' '^  Status: AUTHORIZED - RESERVED on '

ok 'more than there is is asked for' device license smart reservation request "$PLAIN" 9
ok '  … carried' carry
like '  … refused' ' reserve +not_allowed ' "$T/answered"
status 1 '  … which the device learns' device license smart reservation install
like '  … with the number that is free' 'has 8 free' "$ERR"
is '  … and keeps what it had' "$(json tech '.reservation')" true
ok 'fewer are asked for' device license smart reservation request "$PLAIN" 6 "$CRYPT" 8
ok '  … carried' carry
ok '  … and installed from the inbox' device license smart reservation install
is '  … take the place of the former' "$(reservations '[.[] | .state] | sort | join(" ")')" 'open replaced'
status 2 'a count that is none is not understood' device license smart reservation request "$PLAIN" many

rm -f "$OUTBOX"/*
ok 'one is asked for and cancelled' device license smart reservation request
cp "$OUTBOX"/*-"$(json summary '.["pending-request"]["request-id"][0:8]')".slrq "$T/late"
rm -f "$OUTBOX"/*
ok '  … which is written for the authority' device license smart reservation cancel
like '  … as a return' "^Written: $OUTBOX/"
is '  … and has the device without' "$(json tech '.reservation')" false
ok 'the authority gets it nevertheless' answer "$T/late"
like '  … and grants it' ' reserve +ok'
rm -f "$ANSWERS"/*
ok '  … carried' carry
ok '  … imported' device license smart file import
like '  … confirmed' '^Answered: return$'
is '  … nothing is reserved there either' "$(reservations '[.[] | select(.state == "open")] | length')" 0

rm -f "$OUTBOX"/*
ok 'it is reserved anew' device license smart reservation request
ok '  … carried' carry
ok '  … installed' device license smart reservation install
ok 'the device burns down, and an administrator closes the reservation' \
	manager --data "$DATA" reservation close CAT2231B18Y --reason 'lost in a fire'
manager --data "$DATA" reservation show CAT2231B18Y >"$OUT"
like '  … with the reason' '^Reason: +lost in a fire$'
like '  … unconfirmed' '^Unconfirmed: +yes$'
not_ok '  … without a reason it is not done' manager --data "$DATA" reservation close CAT2231B18Y
ok 'the device was not lost: it asks' device license smart renew auth
ok '  … is answered' carry
ok '  … and imports' device license smart file import
like '  … the end of its reservation' 'RESERVATION_LOST' "$ERR"
is '  … which is confirmed now' "$(reservations '[.[] | select(.unconfirmed)] | length')" 0

rm -f "$OUTBOX"/*
ok 'the last one is reserved' device license smart reservation request
ok '  … carried' carry
ok '  … installed' device license smart reservation install
rm -f "$OUTBOX"/*
ok 'it is returned by file' device license smart reservation return
like '  … which is written' "^Written: $OUTBOX/"
is '  … and given up at once' "$(json tech '.reservation')" false
ok '  … carried' carry
ok '  … confirmed' device license smart file import
is '  … returned' "$(reservations '[.[] | select(.state == "returned")] | length > 0')" true

echo '{"chassis": [{"pid": "NCS1004", "cards": []}]}' >"$T/no-cards"
sed -i "s|^license platform inventory .*|license platform inventory $T/no-cards|" "$CONF"
rm -f "$OUTBOX"/*
ok 'a device that uses nothing yet has licenses reserved' \
	device license smart reservation request regid.2018-05.com.cisco.S-NCS1K4-LIC-100G=,1.0_03df009f-5ac5-48da-af50-4279ddea5e24 3
ok '  … carried' carry
ok '  … installed' device license smart reservation install
device license smart renew auth >"$OUT" 2>&1
ok '  … and says so' carry
is '  … the pool counts them' "$(held)" '3 0'
ok '  … and where they are the instance tells' manager --data "$DATA" instance show CAT2231B18Y
like '  … used, held and reserved' "^$PLAIN +0 +3 +3$"
