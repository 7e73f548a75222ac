#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A ledger that the first version of the tables holds, as its manager wrote it (ledger-1.sql), is brought
# up when it is opened, and all that it knew is still known.
#
#	manager_upgrade.sh [OLD-URL NEW-URL]   # two empty databases of PostgreSQL, instead of files
# shellcheck source=tests/integration/cli_lib.sh
. "$(dirname "$0")/cli_lib.sh"

old=${1:-$DATA/ledger.db} new=${2:-}
FIRST=$TOP_SRCDIR/tests/integration/ledger-1.sql

# lay: the first version's tables and rows where the ledger of $DATA is
lay() {
	case $old in
	postgresql:*) # which says bytes in other words
		sed -e '/^PRAGMA/d' -e "s/X'\([0-9a-f]*\)'/'\\\\x\1'/g" "$FIRST" |
			"$PG/bin/psql" -X -q -v ON_ERROR_STOP=1 "$old"
		printf '%s\n' "$old" >"$DATA/database"
		;;
	*)
		rm -f "$old"*
		sqlite3 -batch "$old" ".read $FIRST"
		;;
	esac
}

# shape WHERE: tables, columns, keys and indexes
shape() {
	case $1 in
	postgresql:*) "$PG/bin/pg_dump" --schema-only "$1" | grep -Ev '^.(un)?restrict ' ;;
	*) sqlite3 -batch "$1" .schema | LC_ALL=C sort ;;
	esac
}

# change SQL: in the old ledger, by nobody's command
change() {
	case $old in
	postgresql:*) "$PG/bin/psql" -X -q "$old" -c "$1" ;;
	*) sqlite3 -batch "$old" "$1" ;;
	esac
}

json() { manager --data "$DATA" "$@" --json; }

# ---- what it becomes -----------------------------------------------------------

# the keys in the folder are another authority's: no device of the old ledger is answered here
manager init --data "$DATA" --account New ${new:+--database "$new"} >"$OUT" 2>"$ERR" || {
	note "$ERR"
	bail 'a ledger of today is made'
}
shape "${new:-$DATA/ledger.db}" >"$T/new"
ok 'a ledger of the first version is laid' lay
ok 'it is chained when it is opened, all its entries' manager --data "$DATA" ledger verify
like 'from the first one on, and the sums are right' '^BU Production Test +12 +in order +12:[0-9a-f]{64}$'
shape "$old" >"$T/old"
ok 'its tables are those of a ledger of today' diff "$T/new" "$T/old"

# ---- what it knows -------------------------------------------------------------

is 'each instance, and what became of it' \
	"$(json instance list | jq -r '.[] | "\(.sn) \(.virtual_account) \(.state) \(.closed_why)\(.closed_by)"' | sort)" \
	'CAT2231B11Y NCS1000 live 
CAT2231B12Y NCS1000 closed deregistered
CAT2231B13Y NCS1000 closed removedroot
CAT2231B14Y Default live '
is 'each has a history' \
	"$(for n in 1 2 3; do
		json instance show "CAT2231B1${n}Y" | jq -r '[.history[].what] | sort | join(" ")'
	done)" 'registered usage usage
deregistered registered released released usage usage
registered released released removed usage usage'
is 'the keys of one that has renewed its identity' \
	"$(json instance show CAT2231B11Y | jq -r '[.keys[].state] | sort | join(" ")')" 'current replaced'
is 'the pools, and what is in use of them' "$(json license list |
	jq -r '.[] | "\(.virtual_account) \(.license) \(.purchased) \(.in_use)"' | sort)" \
	'Default S-NCS1K4-LIC-100G= 3 8
Default S-NCS1K4-LIC-100X= 0 8
NCS1000 S-NCS1K4-LIC-100G= 20 8
NCS1000 S-NCS1K4-LIC-100X= 4 8'
is 'purchases are for ever' "$(json license list --expand | jq -r '[.[] | .kind, .end] | unique | @csv')" \
	',"perpetual"'
is 'the tokens, their uses and the last one' \
	"$(json token list | jq -r '.[] | "\(.uses) \(.uses_left) \(.last_use) \(.revoked)"' | sort)" \
	'1 0 2026-11-26T02:38:15Z 2026-11-26T02:38:16Z
3 null 2026-11-26T02:38:14Z null'
is 'that one of the devices may be a copy' "$(json alert list | jq -r '.[] | select(.alert == "possible clone") |
	"\(.subject) \(.times) \(.cleared)"')" 'PID:NCS1004 SN:CAT2231B14Y 1 null'

# ---- it goes on ----------------------------------------------------------------

change 'DELETE FROM crl' # of the other keys; these make their own
ROOT=$T/root.pem
manager --data "$DATA" trust-anchor >"$ROOT"
TOKEN=$(manager --data "$DATA" token create --virtual-account NCS1000 --days 1) || bail 'a token is made'
serve_manager
conf "$URL"
sed -i 's/CAT2231B18Y/CAT2231B12Y/' "$CONF"
ok 'a device that it knew registers' device_register
ok 'and uses licenses' device license smart renew auth
is 'as its newest instance' "$(json instance list --search CAT2231B12Y | jq -r 'map(.state) | sort | join(" ")')" \
	'closed live'
ok 'the ledger is in order' manager --data "$DATA" ledger verify
