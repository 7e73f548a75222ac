# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2034,SC2119
# What the tests of the way by files share; source it instead of cli_lib.sh.

# shellcheck source=tests/integration/cli_lib.sh
. "$(dirname "$0")/cli_lib.sh"

OUTBOX=$T/outbox
INBOX=$T/inbox
ANSWERS=$T/answers
mkdir "$OUTBOX" "$INBOX" "$ANSWERS"

# file_conf [SERIAL [UUID]]: writes $CONF for a device that goes by file
file_conf() {
	cat >"$CONF" <<END_OF_CONF
license smart transport file
license smart file outbox $OUTBOX
license smart file inbox $INBOX
license smart trust-anchor $ROOT
license smart store $STORE
license platform udi pid NCS1004 sn ${1:-CAT2231B18Y} uuid ${2:-default-sdr}
license platform catalog $TOP_SRCDIR/catalogs/ncs1004.json
license platform inventory $TOP_SRCDIR/examples/ncs1004-four-cards.txt
END_OF_CONF
}

# start_office: an authority without a network, 8 + 8 licenses; sets TOKEN and writes $CONF
start_office() {
	init_manager
	{
		manager --data "$DATA" virtual-account create NCS1000 &&
			manager --data "$DATA" license add --virtual-account NCS1000 $PLAIN "${1:-8}" &&
			manager --data "$DATA" license add --virtual-account NCS1000 $CRYPT "${1:-8}"
	} >"$OUT" 2>"$ERR" || {
		note "$ERR"
		bail 'the virtual account is filled'
	}
	new_token
	file_conf
}

answer() { manager --data "$DATA" offline answer --out "$ANSWERS" "$@"; }
# carry: the requests in the outbox are answered, the answers come into the inbox
carry() {
	answer "$OUTBOX"/*.slrq >"$T/answered" 2>&1 && mv "$ANSWERS"/*.slrs "$INBOX" && rm -f "$OUTBOX"/*
}
json() { device --json show license "$1" | jq -r "$2"; }

# start_registered: start_office with a device that was registered by file, its answer taken
start_registered() {
	start_office
	{
		device_register >"$OUT" 2>"$ERR" && carry && device license smart file import >"$OUT" 2>"$ERR"
	} || {
		note "$ERR"
		bail 'the device is registered'
	}
	rm -f "$INBOX"/*
}
