#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The reference's own story: an administrator removes the device at the manager, the device is told
# at its next contact, deregisters, and registers anew.
# shellcheck source=tests/integration/cli_lib.sh
. "$(dirname "$0")/cli_lib.sh"

GOLDEN=$TOP_SRCDIR/tests/golden/messages.txt
golden() { grep -F -e "-$1 : " "$GOLDEN"; }
# said MNEMONIC: what the last command said under that name, as it stands there
said() { grep -e "-$1 : " "$ERR"; }
json() { device --json show license all | jq -r "$1"; }

start_authority
sed -i 's/pid NCS1004 sn CAT2231B18Y/pid 8812 sn FOX2202WIVM/' "$CONF"

ok 'a device of another product than the catalog registers' device_register
like '  … with a warning' '^smartlic: warning: the catalog ncs1004 is for NCS1004, and this device is a 8812;' "$ERR"
ok 'an administrator removes it' manager --data "$DATA" instance remove FOX2202WIVM

status 1 'its authorization is not renewed' device license smart renew auth
is "  … in the reference's words, byte for byte" "$(said AUTH_RENEW_FAILED)" "$(golden AUTH_RENEW_FAILED)"
like '  … and the operator hears who has done it, when, and that it had to come' \
	'register it again\. .*It was removed there by [^ ]+ on [A-Z][a-z]{2} [A-Z][a-z]{2} .* UTC, so that this is expected\.$' "$ERR"
ok '  … also later' device show license summary
like '  … with the consequence' '^Consequence: .*It was removed there by [^ ]+ on .*, so that this is expected\.$'
ok '  … and in the trace' device show license trace all
like '  … as expected' 'the failure of authorize is expected: the authority has removed this instance, by [^ ]+, on [0-9-]+T'
is '  … while nothing is locked' "$(json '[.registration.state, .authorization.state] | join(" ")')" 'complete authorized'

ok 'it deregisters' device license smart deregister
is "  … with the reference's message, byte for byte" "$(said AGENT_DEREG_FAILED)" "$(golden AGENT_DEREG_FAILED)"
like '  … is clean' '^Deregistered: identity and entitlements are removed$'
like '  … and is told why that was to be expected' '^The authority had removed this device before, so that the failure above is expected\.$'
like '  … and by whom' 'It was removed there by [^ ]+ on '
is '  … as one that is not registered' "$(json '[.registration.state, .authorization.state] | join(" ")')" 'not-registered eval'
ok '  … which the trace explains' device show license trace all
like '  … too' 'the failure of deregister is expected: .* This device is clean'

new_token
ok 'a fresh registration needs no force' device_register
ok '  … and ends the story' device show license summary
unlike '  … with nothing left of it' 'removed'
is '  … being authorized' "$(json '[.registration.state, .authorization.state] | join(" ")')" 'complete authorized'
manager --data "$DATA" instance list >"$T/instances"
is '  … by an instance of its own' "$(grep -c 'FOX2202WIVM .* live ' "$T/instances") $(grep -c 'FOX2202WIVM .* closed ' "$T/instances")" '1 1'
