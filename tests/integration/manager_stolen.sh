#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Whoever steals the database, or a backup of it, gets no token and no private key.
# shellcheck source=tests/integration/cli_lib.sh
. "$(dirname "$0")/cli_lib.sh"

start_authority
ok 'a device registers' device_register
ok 'uses licenses' device license smart renew auth
ok 'renews its identity' device license smart renew id
ok 'and again, by its new key' device license smart renew auth
ok 'a backup is made' manager --data "$DATA" backup --to "$T/backup.db"

search() { python3 "$TOP_SRCDIR/tests/integration/manager_stolen.py" "$DATA" "$TOKEN" "$@"; }

# the log has what is not in the file yet
mkdir "$T/loot"
cat "$DATA"/ledger.db* >"$T/loot/ledger.db"
cp "$T/backup.db" "$T/loot/"
ok 'no secret of the authority or its token is in it, raw, as hex or as base64' \
	search "$T/loot/ledger.db" "$T/loot/backup.db"
cp "$OUT" "$T/guesses"
ok 'there are values that one may try' test "$(wc -l <"$T/guesses")" -ge 3
is 'none is the token' "$(grep -cxF -e "$TOKEN" "$T/guesses")" 0
cat "$T/backup.db" "$DATA/token.key" >"$T/planted"
not_ok 'a token key would be found' search "$T/planted"
{ cat "$T/backup.db"; printf 'x%s' "$TOKEN"; } >"$T/planted"
not_ok 'and a token' search "$T/planted"
unlike 'a private key is not in it either' 'PRIVATE KEY' "$T/loot/ledger.db"

# ---- it is tried ---------------------------------------------------------------

conf "$URL" "$ROOT" "$T/thief"
sed -i s/CAT2231B18Y/THIEF/ "$CONF"
while read -r guess; do
	printf '%s\n' "$guess" | device license smart register idtoken - force
done <"$T/guesses" >"$OUT" 2>"$ERR"
is 'each try to register by what is in it is refused' \
	"$(grep -c '^smartlic: .*the registration token is not known here' "$ERR")" "$(wc -l <"$T/guesses")"
is 'and leaves nothing' "$(manager --data "$DATA" instance list --json | jq -c 'map(.sn)')" '["CAT2231B18Y"]'
ok 'with the token it would have been another matter' device_register

# ---- the database alone, elsewhere ------------------------------------------------

mkdir "$T/elsewhere"
cp "$T/backup.db" "$T/elsewhere/ledger.db"
not_ok 'nobody serves by it' manager serve --data "$T/elsewhere" --listen 127.0.0.1:0
like 'the key of tokens is missing' 'token\.key' "$ERR"
not_ok 'nor makes tokens' manager --data "$T/elsewhere" token create --days 1
