#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Bad input is named, with what to do, and changes nothing.
# shellcheck source=tests/integration/cli_lib.sh
. "$(dirname "$0")/cli_lib.sh"

start_authority

# refused N SENTENCE ERE COMMAND…: leaves with N, says a text on standard error, nothing is stored
refused() {
	code=$1
	sentence=$2
	text=$3
	shift 3
	before=$(stored)
	status "$code" "$sentence" "$@"
	like '  … and says what is wrong' "$text" "$ERR"
	is '  … and nothing has changed' "$(stored)" "$before"
}
in_conf() { # SED-EXPRESSION
	conf "$URL"
	sed -i "$1" "$CONF"
}

refused 2 'no command is a usage error' 'no command' smartlic
refused 2 'so is an unknown word' "'foo' after 'show license' is not expected; expected: all, status, usage, udi, summary" \
	device show license foo
refused 2 'so is an ambiguous one' "'re' after 'license smart' is ambiguous: register, renew" \
	device license smart re
refused 2 'so is a missing one' "after 'license smart renew' something is missing; expected: id, auth" \
	device license smart renew
refused 2 'so is one too many' "'now' after 'license smart renew id' is not expected; expected: no more" \
	device license smart renew id now
refused 2 'so is an unknown option' 'zz' device --zz show license all
refused 2 'so is a timeout that is no number' '--timeout x: expected seconds' device --timeout x show license all
refused 2 'a token in the wrong place is not repeated' "'\\.\\.\\.' after 'license smart register'" \
	device license smart register "$TOKEN"
unlike '  … anywhere' "$TOKEN" "$ERR"

refused 1 'a configuration that is not there is named' "'/nonexistent' cannot be read: No such file" \
	smartlic -c /nonexistent show license all
in_conf 's/license smart store/license smart stor/'
refused 1 'a line that is not understood is named with file, line, word and choice' \
	"$CONF:10: 'stor' after 'smart' is not expected here; expected: transport, satellite, file, trust-anchor, client-certificate, store, privacy" \
	device show license all
in_conf '/license smart store/d'
refused 1 'a missing line is named' "the line 'license smart store FOLDER' is missing" device show license all
in_conf '/license smart trust-anchor/d'
refused 1 'so is a missing trust anchor' "the line 'license smart trust-anchor FILE' is missing" device_register
conf "$URL" "$T/nothing.pem"
refused 1 '  … and one whose file is not there' "trust anchor '.*nothing.pem' cannot be read" device_register
echo 'no certificate' >"$T/bad.pem"
conf "$URL" "$T/bad.pem"
refused 1 '  … and one that holds no certificate' 'certificate' device_register
in_conf '/^license platform udi/d'
refused 1 'without a UDI nothing is sent' '[uU][dD][iI]' device_register
in_conf '/destination address/d'
refused 1 'without a destination nothing is sent' 'destination' device_register
conf "$URL" "$ROOT" "$T/no/such/store"
refused 1 'a store without a parent is named' "$T/no" device_register
ok '  … and not made' test ! -e "$T/no"
in_conf 's,license platform catalog .*,license platform catalog nonesuch,'
refused 1 'an unknown catalog is named' "nonesuch.json' cannot be read" device_register
sed 's/NCS1K4-1.2T-L-K9/NCS1K4-9.9T-Q-K9/' "$TOP_SRCDIR/examples/ncs1004-four-cards.txt" >"$T/cards.txt"
in_conf "s,license platform inventory .*,license platform inventory $T/cards.txt,"
refused 1 'an unknown product in the inventory is named' 'NCS1K4-9.9T-Q-K9' device_register
like '  … with an option only of the command that has it' "'smartlic count' takes --pid 0/[0-3]=PID" "$ERR"
: >"$T/cards.txt"
status 1 'an inventory that needs no license' device license smart renew auth
like '  … is a warning that names it' "warning: $T/cards.txt: no license is needed for what it configures" "$ERR"
conf "$URL"
refused 1 'giving back a registration that is not there is refused' \
	'the device is not registered; there is nothing to give back' device license smart deregister

conf "$URL"
TOKEN_GOOD=$TOKEN
TOKEN=nonsense
refused 1 'a token that is none is refused' 'not registered: the token' device_register
TOKEN=
refused 1 'an empty one, too' 'not registered: the token' device_register
TOKEN=$(printf '%s' "$TOKEN_GOOD" | sed 's/....$/AAAA/')
[ "$TOKEN" != "$TOKEN_GOOD" ] || TOKEN=$(printf '%s' "$TOKEN_GOOD" | sed 's/....$/BBBB/')
status 1 'a token with a slip in it is refused by the authority' device_register
like '  … and the text says which and why' 'not registered: .*token' "$ERR"
unlike '  … but does not repeat it' "$TOKEN" "$ERR"
ok '  … and the device stays without identity' device show license status
like '  … with the attempt shown' '^  Initial Registration: FAILED on '

conf "$URL"
sed -i 's/transport direct/transport nonesuch/' "$CONF"
TOKEN=$TOKEN_GOOD
status 1 'an unknown transport is named' device_register
like '  … with where it was looked for' 'nonesuch' "$ERR"
conf "$URL"

# an authority that keeps silent: the first command waits and holds the store
STORE=$T/second
conf "$URL"
kill -STOP "$MANAGER_PID"
background sh -c "printf '%s\n' '$TOKEN' | exec '$TOP_BUILDDIR/tools/smartlic' -c '$CONF' license smart register idtoken -"
first=$LAST_PID
first_log=$LAST_LOG
wait_for 20 grep -q 'waiting for' "$first_log" || bail 'the first command waits'
refused 1 'a store in use by another process is named' 'in use' device license smart renew auth
ok '  … but it can be looked at' device show license summary
like '  … and shows what is waited for' '^Waiting For: the answer to register from https://localhost'
kill -CONT "$MANAGER_PID"
wait "$first"
is 'the first command ends well nevertheless' $? 0

kill -STOP "$MANAGER_PID"
status 1 'a command whose time is over leaves with 1' device --timeout 1 license smart renew auth
like '  … and says that the request is still pending' 'still pending' "$ERR"
is '  … as it is' "$(device --json show license summary | jq -r '.["pending-request"].type')" authorize
request=$(device --json show license summary | jq -r '.["pending-request"]["request-id"]')
status 1 '  … the next one goes on with it' device --timeout 1 license smart renew auth
is '  … under the same id' "$(device --json show license summary | jq -r '.["pending-request"]["request-id"]')" "$request"
kill -CONT "$MANAGER_PID"
sends() { device show license trace all | grep -c 'sends authorize'; }
before=$(sends)
ok 'once the authority answers it is done' device license smart renew auth
is '  … by that one request' "$(sends)" $((before + 1))
is '  … and nothing is left open' "$(device --json show license summary | jq -r '.["pending-request"]')" null

kill -STOP "$MANAGER_PID"
status 1 'a request that nobody answers' device --timeout 1 license smart renew id
ok '  … can be cancelled' device license smart cancel
like '  … and says which it was' '^Cancelled: renew-id; an answer that still comes changes nothing$'
is '  … so that nothing is open' "$(device --json show license summary | jq -r '.["pending-request"]')" null
ok '  … which may be done twice' device license smart cancel
like '  … and says so' '^Nothing to cancel: no request is open$'
kill -CONT "$MANAGER_PID"
ok '  … and the next one is answered' device license smart renew id
