#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The life of a device, as an operator sees it: registered, authorized, short, gone.
# shellcheck source=tests/integration/cli_lib.sh
. "$(dirname "$0")/cli_lib.sh"

# Times and the version differ from run to run; all else is what the reference prints.
blurred() {
	sed -E 's/[A-Z][a-z]{2} [A-Z][a-z]{2} [0-9]{2} [0-9]{4} [0-9:]{8} [A-Z]+/TIME/
		s/^(Smart Agent for Licensing:).*/\1 VERSION/' "$@"
}
as_golden() { # WHAT
	blurred "$TOP_SRCDIR/tests/golden/show-license-$1.txt" >"$T/golden"
	device show license "$1" | blurred >"$T/shown"
	diff "$T/golden" "$T/shown"
}
json() { device --json show license "$1" | jq -r "$2"; }

start_authority

ok 'a device that is not registered can be looked at' device show license status
like '  … and says so' '^  Status: UNREGISTERED$'
ok '  … and its store was not made' test ! -e "$STORE"
status 1 'it cannot renew an authorization that it has not' device license smart renew auth
like '  … and says what to do' 'register' "$ERR"

ok 'it registers with a token from standard input' device_register
like '  … and is told where' '^Registered: Smart Account BU Production Test, Virtual Account NCS1000$'
like '  … and that its licenses are authorized' '^  Status: AUTHORIZED on '
like '  … having said what it waits for' "^waiting for $URL \\(register\\), up to 60 s\$" "$ERR"
like '  … with the message of success' '^%LICENSE-SMART_LIC-6-AGENT_REG_SUCCESS : ' "$ERR"
unlike '  … and nothing of the token' "$TOKEN" "$ERR"

for what in all status usage udi; do
	ok "show license $what is the reference's text but for its times" as_golden "$what"
done
device show license usage >"$T/whole"
device sh lic us >"$T/short"
ok 'words may be abbreviated' diff "$T/whole" "$T/short"
is 'the JSON form says it in the words of the public models' \
	"$(json all '[.registration.state, .authorization.state, (.entitlement[] | .count, .state)] | join(" ")')" \
	'complete authorized 8 authorized 8 authorized'
ok 'the summary names what follows and what is waited for' device show license summary
like '  … nothing' '^Waiting For: nothing$'
like '  … a sentence' '^Consequence: .+'

status 1 'a second registration is refused' device_register
like '  … and names the cure' 'force' "$ERR"
is '  … and changes nothing that is shown' "$(json all .registration.state)" complete

ok 'the authorization is renewed' device license smart renew auth
like '  … and shown' '^  Status: AUTHORIZED on '
ok 'the identity is renewed' device license smart renew id
device show license all >"$T/all"
like '  … and shows when' '^  Last Renewal Attempt: SUCCEEDED on ' "$T/all"
ok '  … and the new key authorizes' device license smart renew auth

manager --data "$DATA" license set --virtual-account NCS1000 $PLAIN 4 >"$OUT" 2>&1 || bail 'the pool shrinks'
ok 'a pool that is too small is no failure' device license smart renew auth
like '  … but a status' '^  Status: OUT OF COMPLIANCE on '
like '  … with a message that names the license' "OUT_OF_COMPLIANCE : .*$PLAIN" "$ERR"
unlike '  … and not the other one' "OUT_OF_COMPLIANCE : .*$CRYPT" "$ERR"
ok '  … shown per license' device show license usage
is '  … on the short one alone' "$(grep -c '^  Status: OUT OF COMPLIANCE$' "$OUT") $(grep -c '^  Status: AUTHORIZED$' "$OUT")" '1 1'
is '  … with the counts as they were' "$(json usage '[.entitlement[].count] | join(" ")')" '8 8'
manager --data "$DATA" license set --virtual-account NCS1000 $PLAIN 8 >"$OUT" 2>&1 || bail 'the pool grows'
ok 'a pool that suffices again ends it' device license smart renew auth
like '  … with a message' 'IN_COMPLIANCE' "$ERR"
is '  … everywhere' "$(json all '[.authorization.state, .entitlement[].state] | join(" ")')" \
	'authorized authorized authorized'

ok 'the device gives everything back' device license smart deregister
like '  … and says so' '^Deregistered: '
ok '  … and is clean' device show license status
like '  … as one that is not registered' '^  Status: UNREGISTERED$'
manager --data "$DATA" instance list >"$T/instances"
like '  … also at the authority' 'CAT2231B18Y .* closed ' "$T/instances"
status 1 'it cannot do that twice' device --json license smart deregister
is '  … and no status reads as if it had' "$(cat "$OUT")" ''

new_token
ok 'it registers again' device_register

stop "$MANAGER_PID"
status 1 'with the authority away a deregistration cleans the device' device --timeout 5 license smart deregister
like '  … and says both' 'not known to the authority, though this device is clean, still pending: ' "$ERR"
is '  … which shows no identity' "$(json all '[.registration.state, .authorization.state] | join(" ")')" \
	'not-registered eval'
is '  … and what is still to be told' "$(json summary '.["pending-request"].type')" deregister
