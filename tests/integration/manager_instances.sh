#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What an administrator sees of a device that registers, works, is copied, and is removed.
# shellcheck source=tests/integration/cli_lib.sh
. "$(dirname "$0")/cli_lib.sh"

start_authority
ok 'a device registers' device_register
ok 'and reports its licenses' device license smart renew auth
ok 'it is listed' manager --data "$DATA" instance list
like 'live and authorized' \
	'^[0-9a-f-]{36} +NCS1004 +CAT2231B18Y +NCS1000 +live +authorized +[0-9-]{10}T[0-9:]{8}Z$'
ok 'it is shown by its serial number' manager --data "$DATA" instance show CAT2231B18Y
like 'with its UUID of the platform' '^UUID: +default-sdr$'
like 'with its last contact' '^Last contact: +[0-9-]{10}T[0-9:]{8}Z$'
like 'with its compliance' '^Compliance: +authorized$'
like 'with its usage' "^$PLAIN +8 +8$"
like 'and the other license' "^$CRYPT +8 +8$"
like 'with its current key' '^[0-9a-f]{40} +current +'
unlike 'without an alert' '^ALERT|clone'
ok 'JSON says the same' manager --data "$DATA" instance show CAT2231B18Y --json
is 'of compliance, usage and keys' \
	"$(jq -r '[.compliance, (.usage | map(.held) | add), (.keys | length), (.alerts | length)] | join(" ")' "$OUT")" \
	'authorized 16 1 0'
uuid=$(jq -r .instance "$OUT")
ok 'it is shown by its UUID too' manager --data "$DATA" instance show "$uuid"
manager --data "$DATA" license list >"$OUT"
like 'the pool counts it' "^NCS1000 +$PLAIN +8 +8 +in compliance$"
ok 'a pool may become smaller than what is in use' manager --data "$DATA" license set \
	--virtual-account NCS1000 $PLAIN 4
manager --data "$DATA" license list >"$OUT"
like 'which is said' "^NCS1000 +$PLAIN +4 +8 +out of compliance$"

ok 'what it reported over time is listed' manager --data "$DATA" instance usage CAT2231B18Y --days 7
like 'by span, license and counts' '^START +HOURS +LICENSE +HIGHEST +LAST$'
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
ok 'the device still works' device license smart renew auth

# ---- secrets -------------------------------------------------------------------

printf '%s' "$TOKEN" | tail -c 40 >"$T/secrets" # of the secret half
not_ok 'after a registration no file of the data folder holds the token' grep -rlaF -f "$T/secrets" "$DATA"
not_ok 'nor does the log' grep -lF -f "$T/secrets" "$MANAGER_LOG"

# ---- removal -------------------------------------------------------------------

ok 'it is removed' manager --data "$DATA" instance remove CAT2231B18Y
ok 'it is still shown' manager --data "$DATA" instance show "$uuid"
like 'as closed' '^State: +closed$'
like 'by whom' "^Closed by: +$(id -un)$"
unlike 'neither in compliance nor out of it' '^Compliance: +[a-z]'
ok 'it is still listed' manager --data "$DATA" instance list
like 'as closed, without a compliance' '^[0-9a-f-]{36} +NCS1004 +CAT2231B18Y +NCS1000 +closed +- +[0-9-]{10}T'
manager --data "$DATA" license list >"$OUT"
like 'its licenses are free' "^NCS1000 +$PLAIN +4 +0 +in compliance$"
not_ok 'the device is told so' device license smart renew auth
like 'in words that name the cure' 'register' "$ERR"
ok 'it may register anew with another token' manager --data "$DATA" token create --virtual-account NCS1000 \
	--days 1 --uses 1
TOKEN=$(cat "$OUT")
ok 'and does' device_register
manager --data "$DATA" instance list --json >"$OUT"
is 'one is live, the old one closed' "$(jq -r 'map(.state) | sort | join(" ")' "$OUT")" 'closed live'
