#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What an administrator sees of a device that registers, works, is copied, and is removed.
# shellcheck source=tests/integration/cli_lib.sh
. "$(dirname "$0")/cli_lib.sh"

# Lines of a text that was folded are one again.
unfold() {
	awk '/^        / { sub(/^ +/, " "); printf "%s", $0; next } NR > 1 { print "" } { printf "%s", $0 } END { print "" }' "$1"
}

start_authority
ok 'a device registers' device_register
ok 'and reports its licenses' device license smart renew auth
ok 'it is listed' manager --data "$DATA" instance list
like 'live and authorized' \
	'^[0-9a-f-]{36} +NCS1004 +CAT2231B18Y +NCS1000 +live +authorized +[0-9-]{10}T[0-9:]{8}Z +-$'
ok 'it is shown by its serial number' manager --data "$DATA" instance show CAT2231B18Y
like 'with its UUID of the platform' '^UUID: +default-sdr$'
like 'with its last contact' '^Last contact: +[0-9-]{10}T[0-9:]{8}Z$'
like 'with its compliance' '^Compliance: +authorized$'
like 'with its usage' "^$PLAIN +8 +8 +0$"
like 'and the other license' "^$CRYPT +8 +8 +0$"
like 'with its current key' '^[0-9a-f]{40} +current +'
unlike 'without an alert' '^ALERT|clone'
ok 'JSON says the same' manager --data "$DATA" instance show CAT2231B18Y --json
is 'of compliance, usage and keys' \
	"$(jq -r '[.compliance, (.usage | map(.held) | add), (.keys | length), (.alerts | length)] | join(" ")' "$OUT")" \
	'authorized 16 1 0'
uuid=$(jq -r .instance "$OUT")
ok 'it is shown by its UUID too' manager --data "$DATA" instance show "$uuid"
manager --data "$DATA" license list >"$OUT"
like 'the pool counts it' "^NCS1000 +$PLAIN +8 +8 +in compliance +-$"
ok 'a pool may become smaller than what is in use' manager --data "$DATA" license set \
	--virtual-account NCS1000 $PLAIN 4
manager --data "$DATA" license list >"$OUT"
like 'which is said' "^NCS1000 +$PLAIN +4 +8 +out of compliance +-$"

ok 'what it reported over time is listed' manager --data "$DATA" instance usage CAT2231B18Y --days 7
like 'by span, license and counts' '^START +HOURS +LICENSE +HIGHEST +LAST$'
unlike 'all of it' 'Complete' "$ERR"
ok 'of samples no more than 35 days are kept' manager --data "$DATA" account set 'BU Production Test' --sample-days 35
ok 'who asks for more' manager --data "$DATA" instance usage CAT2231B18Y --days 40 --json
unlike 'has all of it until they are removed' 'Complete' "$ERR"
# that is by a day in an hour, and takes two weeks
sqlite3 "$DATA/ledger.db" "UPDATE account SET samples_from_s = 86400 * (strftime('%s') / 86400 - 35)"
ok 'and then' manager --data "$DATA" instance usage CAT2231B18Y --days 40 --json
like 'is told from when on it is complete' '^Complete from [0-9-]{10}T00:00:00Z on: ' "$ERR"
not_ok 'for at most a year' manager --data "$DATA" instance usage CAT2231B18Y --days 366

# ---- a copied store ------------------------------------------------------------

cp -a "$STORE" "$T/copy"
ok 'the device goes on' device license smart renew auth
conf "$URL" "$ROOT" "$T/copy"
# the copy uses a sequence again; whatever it is told, nobody is locked out
device license smart renew auth >"$OUT" 2>"$ERR"
conf "$URL"
ok 'the instance is shown again' manager --data "$DATA" instance show CAT2231B18Y
like 'a copied store is an alert' '^possible clone +'
ok 'it is in the list of alerts' manager --data "$DATA" alert list
like 'with its severity, when it is due, and the device' \
	'^possible clone +critical +at once +PID:NCS1004 SN:CAT2231B18Y$'
unfold "$OUT" >"$OUT.alerts"
like 'with one contact' '^    One contact: +[0-9-]{10}T.*, request [0-9a-f-]{36}, store [0-9a-f-]{36}' "$OUT.alerts"
like 'with the other' '^    The other: +[0-9-]{10}T.*, request [0-9a-f-]{36}, store [0-9a-f-]{36}' "$OUT.alerts"
like 'with since when it is known' '^    Raised: +[0-9-]{10}T[0-9:]{8}Z$' "$OUT.alerts"
like 'with what to do' '^    What to do: +find out which of the two contacts is the copy, and register that device anew$' \
	"$OUT.alerts"
like 'with what clears it' \
	'^    Cleared when: +the device registers anew or is removed, or 90 days pass without another sign$' "$OUT.alerts"
unlike 'what is below an alert fits 80 columns' '^ .{80}'
like 'the pool that became smaller too' "^out of compliance +major +at once +NCS1000: $PLAIN$"
like 'with its cause' '^    Cause: +8 in use of 4$'
is 'as many as JSON has, each with what clears it' "$(grep -c '^    Cleared when: ' "$OUT")" \
	"$(manager --data "$DATA" alert list --json | jq length)"
unlike 'open ones have no time at which they were cleared' '^    Cleared: '
ok 'the device still works' device license smart renew auth

# ---- secrets -------------------------------------------------------------------

printf '%s' "$TOKEN" | tail -c 40 >"$T/secrets" # of the secret half
not_ok 'after a registration no file of the data folder holds the token' grep -rlaF -f "$T/secrets" "$DATA"
not_ok 'nor does the log' grep -lF -f "$T/secrets" "$MANAGER_LOG"

# ---- lists ---------------------------------------------------------------------

manager --data "$DATA" token create --virtual-account NCS1000 --days 1 >/dev/null
ok 'it is found by the beginning of its serial number' manager --data "$DATA" instance list --search cat22
like 'in any case' '^[0-9a-f-]{36} +NCS1004 +CAT2231B18Y '
ok 'and not by another' manager --data "$DATA" instance list --search fox --json
is 'an empty list' "$(jq -c . "$OUT")" '[]'
ok 'by account and state' manager --data "$DATA" instance list --virtual-account NCS1000 --state live --limit 1
like 'it is there' ' CAT2231B18Y '
ok 'behind it comes nothing' manager --data "$DATA" instance list --after "$uuid" --json
is 'as JSON' "$(jq -c . "$OUT")" '[]'
status 2 'a state that there is not' manager --data "$DATA" instance list --state dead
like 'the states are named' 'live, pending, closed' "$ERR"
status 2 'a page behind what is no instance' manager --data "$DATA" instance list --after CAT2231B18Y
like 'what is expected is said' "--after: 'CAT2231B18Y': the UUID of an instance is expected" "$ERR"
status 2 'also of devices without the root' manager --data "$DATA" key devices --after CAT2231B18Y
like 'it is said' "--after: 'CAT2231B18Y': the UUID of an instance is expected" "$ERR"

# ---- transfer ------------------------------------------------------------------

ok 'it is transferred' manager --data "$DATA" instance transfer CAT2231B18Y --virtual-account Default --by alice
manager --data "$DATA" license list >"$OUT"
like 'with what it holds' "^Default +$PLAIN +0 +8 +out of compliance +-$"
like 'which is free where it was' "^NCS1000 +$PLAIN +4 +0 +in compliance +-$"
status 1 'not twice' manager --data "$DATA" instance transfer CAT2231B18Y --virtual-account Default
ok 'the device goes on there' device license smart renew auth
ok 'and back' manager --data "$DATA" instance transfer CAT2231B18Y --virtual-account NCS1000
ok 'its history tells so' manager --data "$DATA" instance show CAT2231B18Y
like 'by whom, from and to' 'Z +transferred +alice +from NCS1000 to Default$'
like 'what it held' "Z +transferred +- +-8 $PLAIN$"
like 'and how it began' 'Z +registered +- +-$'

# ---- removal -------------------------------------------------------------------

ok 'it is removed' manager --data "$DATA" instance remove CAT2231B18Y
ok 'it is still shown' manager --data "$DATA" instance show "$uuid"
like 'as closed' '^State: +closed$'
like 'by whom' "^Closed by: +$(id -un)$"
manager --data "$DATA" alert list --json >"$OUT.alerts"
is 'nothing is left to be done about it' "$(jq -c 'map(.alert)' "$OUT.alerts")" '[]'
manager --data "$DATA" alert list --all --json >"$OUT.alerts"
is 'what was is kept' "$(jq -c '[.[] | select(.cleared != null) | .alert] | unique' "$OUT.alerts")" \
	'["insufficient licenses","out of compliance","possible clone"]'
unlike 'neither in compliance nor out of it' '^Compliance: +[a-z]'
ok 'the text has them too' manager --data "$DATA" alert list --all
like 'with the time at which they were cleared' '^    Cleared: +[0-9-]{10}T[0-9:]{8}Z$'
ok 'it is still listed' manager --data "$DATA" instance list
like 'as closed, without a compliance' '^[0-9a-f-]{36} +NCS1004 +CAT2231B18Y +NCS1000 +closed +- +[0-9-]{10}T'
manager --data "$DATA" license list >"$OUT"
like 'its licenses are free' "^NCS1000 +$PLAIN +4 +0 +in compliance +-$"
not_ok 'the device is told so' device license smart renew auth
like 'in words that name the cure' 'register' "$ERR"
ok 'it may register anew with another token' manager --data "$DATA" token create --virtual-account NCS1000 \
	--days 1 --uses 1
TOKEN=$(cat "$OUT")
ok 'and does' device_register
manager --data "$DATA" instance list --json >"$OUT"
is 'one is live, the old one closed' "$(jq -r 'map(.state) | sort | join(" ")' "$OUT")" 'closed live'

# ---- a returned device ---------------------------------------------------------

status 2 'a replacement is a device' manager --data "$DATA" instance replace CAT2231B18Y --with CAT9
ok 'another device takes its place' manager --data "$DATA" instance replace CAT2231B18Y --with NCS1004:CAT9
is 'a token is printed alone' "$(grep -cE '^[A-Za-z0-9_][A-Za-z0-9_-]{63}$' "$OUT") $(wc -l <"$OUT")" '1 1'
like 'for whom is said beside it' 'PID:NCS1004 SN:CAT9, and no other device.* NCS1000' "$ERR"
TOKEN=$(cat "$OUT")
manager --data "$DATA" license list >"$OUT"
like 'what it held is free' "^NCS1000 +$PLAIN +4 +0 +in compliance +-$"
not_ok 'the token is not for the returned device' device_register
ok 'the token is shown' manager --data "$DATA" token show "$TOKEN"
like 'bound to the replacement' '^NCS1004 +CAT9 +-$'
like 'what for' '^Description: +in the place of PID:NCS1004 SN:CAT2231B18Y$'
