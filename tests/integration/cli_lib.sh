# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2034,SC2119
# What the tests of the command line share; source it instead of tests/sh/lib.sh.

# shellcheck source=tests/sh/lib.sh
. "$(dirname "$0")/../sh/lib.sh"

PLAIN=S-NCS1K4-LIC-100G=
CRYPT=S-NCS1K4-LIC-100X=
CONF=$T/smartlic.conf
STORE=$T/store
TZ=UTC
export TZ

# conf URL [ROOT [STORE]]: writes $CONF for a device with four full cards, two of them encrypted
conf() {
	cat >"$CONF" <<END
call-home
 service active
 contact smart-licensing
 profile CiscoTAC-1
  active
  destination address http $1
  destination transport-method http
license smart transport direct
license smart trust-anchor ${2:-$ROOT}
license smart store ${3:-$STORE}
license platform udi pid NCS1004 sn CAT2231B18Y uuid default-sdr
license platform catalog $TOP_SRCDIR/catalogs/ncs1004.json
license platform inventory $TOP_SRCDIR/examples/ncs1004-four-cards.txt
END
}

# start_authority: a manager with 8 + 8 licenses in NCS1000; sets TOKEN and writes $CONF
start_authority() {
	start_manager
	{
		manager --data "$DATA" virtual-account create NCS1000 &&
			manager --data "$DATA" license add --virtual-account NCS1000 $PLAIN 8 &&
			manager --data "$DATA" license add --virtual-account NCS1000 $CRYPT 8
	} >"$OUT" 2>"$ERR" || {
		note "$ERR"
		bail 'the virtual account is filled'
	}
	new_token
	conf "$URL"
}

new_token() {
	TOKEN=$(manager --data "$DATA" token create --virtual-account NCS1000 --days 30) ||
		bail 'a token is made'
}

device() { smartlic -c "$CONF" "$@"; }

# device_register [force]: with the token by standard input
device_register() { printf '%s\n' "$TOKEN" | device license smart register idtoken - "$@"; }

# What a store holds, for comparison: names and contents.  The lock tells who had it last.
stored() { (cd "$STORE" 2>/dev/null && find . -type f ! -name lock | sort | xargs sha256sum 2>/dev/null); }
