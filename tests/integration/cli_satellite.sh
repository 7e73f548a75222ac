#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A device between the authority and satellites: fail-over, fail-back, and no registration anew.
# shellcheck source=tests/integration/cli_lib.sh
. "$(dirname "$0")/cli_lib.sh"

json() { device --json show license "$1" | jq -r "$2"; }

start_authority
FIRST=$URL
FIRST_PID=$MANAGER_PID
serve_manager
SECOND=$URL

ok 'a device registers with the authority' device_register
is '  … which is shown' "$(json all '."answered-by"')" "$FIRST"
INSTANCE=$(json all .registration.instance)

# satellites URL…: the same device, by satellites
satellites() {
	sed -i '/license smart transport/d; /license smart satellite/d' "$CONF"
	echo 'license smart transport satellite' >>"$CONF"
	for url in "$@"; do
		echo "license smart satellite $url" >>"$CONF"
	done
}

satellites "$FIRST" "$SECOND"
ok 'it moves to satellites by its configuration' device license smart renew auth
is '  … the first of which answers' "$(json all '."answered-by"')" "$FIRST"
is '  … and is the same instance' "$(json all .registration.instance)" "$INSTANCE"
stop "$FIRST_PID"
ok 'when the first is gone it goes on' device license smart renew auth
is '  … with the second' "$(json all '."answered-by"')" "$SECOND"
device show call-home trace all >"$T/trace"
like '  … and says so where the way is told' "is answered by $SECOND" "$T/trace"
device show license tech >"$T/tech"
like '  … and in the whole' "^Answered By: $SECOND\$" "$T/tech"
unlike 'of an authority no synchronisation is told' 'Synchronised' "$T/tech"
ok 'the identity is renewed there' device license smart renew id
ok '  … and the new key is known' device license smart renew auth

satellites "$FIRST"
status 1 'where none answers the command fails' device license smart renew auth
like '  … naming the satellite and the cure' "localhost:.*, connect: Connection refused; see that the server runs" "$ERR"
satellites
status 1 'without a satellite the line is named' device license smart renew auth
like '  … by its words' "license smart satellite URL" "$ERR"
echo 'license smart satellite srv absent.example.test' >>"$CONF"
echo 'domain name-server 127.0.0.1' >>"$CONF"
status 1 'a domain alone is enough to try' device --timeout 30 license smart renew auth
like '  … by its records' '_smartlic._tcp.absent.example.test' "$ERR"
is '  … and it stands with the way' "$(device --json show call-home detail | jq -r '."call-home"."satellite-srv"')" \
	absent.example.test

conf "$SECOND"
ok 'it moves back to the authority' device license smart renew auth
is '  … and is the same instance still' "$(json all .registration.instance)" "$INSTANCE"
is 'the authority has one instance' \
	"$(manager --data "$DATA" instance list --json | jq -r '[.. | .uuid? // empty] | length')" 1
