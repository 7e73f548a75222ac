#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A device between an authority and a real satellite of it: it moves by its configuration, and says
# who answers and how far behind that one is.
# shellcheck source=tests/integration/cli_lib.sh
. "$(dirname "$0")/cli_lib.sh"

EDGE=$T/edge
json() { device --json show license "$1" | jq -r "$2"; }

start_manager
{
	manager virtual-account create NCS1000 --data "$DATA" &&
		manager license add --virtual-account NCS1000 $PLAIN 8 --data "$DATA" &&
		manager license add --virtual-account NCS1000 $CRYPT 8 --data "$DATA" &&
		manager satellite create Edge NCS1000 --days 7 --data "$DATA" >"$T/invitation" &&
		manager satellite join --data "$EDGE" --upstream "https://localhost:$PORT" --token - --trust-anchor "$ROOT" \
			<"$T/invitation" && manager satellite sync --data "$EDGE"
} >"$OUT" 2>"$ERR" || {
	note "$ERR"
	bail 'a satellite joins the authority'
}
background "$TOP_BUILDDIR/manager/smartlic-manager" serve --data "$EDGE" --listen 127.0.0.1:0 --port-file "$T/edge.port"
wait_for 20 test -s "$T/edge.port" || bail 'the satellite listens'
EDGE_URL=https://localhost:$(cat "$T/edge.port")/its/service/oddce/services/DDCEService
TOKEN=$(manager --data "$EDGE" token create --virtual-account NCS1000 --days 30) || bail 'a token is made'

conf "$URL"
sed 's/^license smart transport direct/license smart transport satellite/' "$CONF" >"$T/by-satellite.conf"
echo "license smart satellite $EDGE_URL" >>"$T/by-satellite.conf"
cp "$CONF" "$T/direct.conf"
cp "$T/by-satellite.conf" "$CONF"

ok 'the test tells that a satellite answers' device --json license smart test
like '  … by its signer' '"found": "the satellite ' "$OUT"
is '  … and when it last synchronised' "$(jq -r '.[] | select(.subject == "synchronisation") | .grade' "$OUT")" good
ok 'a device registers at the satellite' device_register
INSTANCE=$(json all .registration.instance)
is '  … which is named' "$(json all '."answered-by"')" "$EDGE_URL"
ok '  … with its last synchronisation' test "$(json all '.satellite.behind')" -ge 0
device show license summary >"$T/summary"
like '  … also in the summary' "^Satellite: $EDGE_URL\$" "$T/summary"
like '  … with the span' '^  Behind: 0 days, 0 hours, ' "$T/summary"
device show license all >"$T/all"
unlike '  … but in no text of the reference' 'Satellite|Behind' "$T/all"

cp "$T/direct.conf" "$CONF"
ok 'it moves to the authority by its configuration' device license smart renew auth
is '  … as the same instance' "$(json all .registration.instance)" "$INSTANCE"
is '  … which is named' "$(json all '."answered-by"')" "$URL"
is '  … and has no synchronisation' "$(json all '.satellite')" null

cp "$T/by-satellite.conf" "$CONF"
ok 'and back to the satellite' device license smart renew auth
is '  … as the same instance' "$(json all .registration.instance)" "$INSTANCE"
is '  … which is named again' "$(json all '."answered-by"')" "$EDGE_URL"

# ---- somebody else's satellite --------------------------------------------------

THEIRS=$T/theirs
{
	manager account create Others --data "$DATA" &&
		manager --account Others virtual-account create Theirs --data "$DATA" &&
		manager --account Others satellite create Theirs Theirs --days 7 --data "$DATA" >"$T/invitation" &&
		manager satellite join --data "$THEIRS" --upstream "https://localhost:$PORT" --token - \
			--trust-anchor "$ROOT" <"$T/invitation"
} >"$OUT" 2>"$ERR" || {
	note "$ERR"
	bail 'a satellite of another account joins the authority'
}
background "$TOP_BUILDDIR/manager/smartlic-manager" serve --data "$THEIRS" --listen 127.0.0.1:0 \
	--port-file "$T/theirs.port"
wait_for 20 test -s "$T/theirs.port" || bail 'the satellite of another account listens'
sed "s,^license smart satellite .*,license smart satellite https://localhost:$(cat "$T/theirs.port")/its/service/oddce/services/DDCEService," \
	"$T/by-satellite.conf" >"$CONF"
BEFORE=$(stored)

authority() { jq -r ".[] | select(.subject == \"authority\") | .$1" "$OUT"; }
status 1 'the test of another account'"'"'s satellite fails' device --json license smart test
is '  … not for the way there' "$(jq -c '[.[] | select(.grade == "bad") | .subject]' "$OUT")" '["authority"]'
is '  … it says what that is' "$(authority meaning)" "it is a satellite of another account than this device's"
is '  … and the cure' "$(authority cure)" "correct the satellite's address"
like '  … and who' '"found": "the satellite ' "$OUT"
is '  … and the store is as it was' "$(stored)" "$BEFORE"
status 1 'nor is an answer of it taken' device license smart renew auth
is '  … the instance is as it was' "$(json all .registration.instance)" "$INSTANCE"
