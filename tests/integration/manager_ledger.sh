#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The ledger proves that its entries are those that were written.
# shellcheck source=tests/integration/cli_lib.sh
. "$(dirname "$0")/cli_lib.sh"

DB=$DATA/ledger.db
verify() { manager --data "$DATA" ledger verify "$@"; }
sql() { sqlite3 -batch "$DB" "$1"; }

start_authority
ok 'a new ledger is in order' verify
like 'it has no entry yet' '^BU Production Test +0 +in order +0:0{64}$'
ok 'a device registers' device_register
ok 'and uses licenses' device license smart renew auth
ok 'while it is served the ledger is proven' verify
like 'it has an entry for each license' '^BU Production Test +2 +in order +2:[0-9a-f]{64}$'
head=$(awk '/^BU / { print $NF }' "$OUT")
ok 'and in JSON' verify --json
is 'with the same head' "$(jq -r '.[] | .head + " " + .status' "$OUT")" "$head in order"

# what is hashed, by other means than ours
hash=0000000000000000000000000000000000000000000000000000000000000000
for n in 1 2; do
	set -- "$(sql "SELECT account FROM entry WHERE entry = $n")" "$n"
	for column in va tag instance delta why at_s; do
		set -- "$@" "$(sql "SELECT $column FROM entry WHERE entry = $n")"
	done
	hash=$(printf '%s\0' smartlic-entry-1 "$hash" "$@" | sha256sum | cut -d ' ' -f 1)
done
is 'sha256sum finds the same head' "$head" "2:$hash"

ok 'the device goes' device license smart deregister
ok 'the noted head is a part of what there is now' verify --head "$head"
stop "$MANAGER_PID"
ok 'someone changes an entry and what follows from it' sql \
	"UPDATE entry SET delta = 6 WHERE entry = 1; UPDATE entry SET delta = -6 WHERE entry = 3"
status 1 'which is found' verify
like 'with the first such entry' 'entry 1, of instance [0-9a-f-]{36}, is not as it was written' "$ERR"
like 'and the cure' 'restore a backup' "$ERR"
status 1 'also in JSON' verify --json
is 'with the entry as a number' "$(jq -r '.[] | "\(.status) \(.first_broken)"' "$OUT")" 'broken 1'
ok 'a second account is made' manager --data "$DATA" account create Other
status 1 'all accounts are looked at' verify
like 'each has its own chain' '^Other +0 +in order +0:0{64}$'
like 'and its own state' '^BU Production Test +- +broken +-$'
ok 'one may be named' verify --account Other
status 2 'a head is of one account' verify --head "$head"
like 'which is to be named' 'say with --account of which' "$ERR"
status 1 'that of the broken one is found too' verify --account 'BU Production Test' --head "$head"
status 2 'what is no head is refused' verify --head "2:abc"
like 'and said what one is' 'N:HASH' "$ERR"

# a ledger of the version that had no chain
rm -f "$DB"*
ok 'a ledger of before there was a chain is laid' sqlite3 -batch "$DB" ".read $TOP_SRCDIR/tests/integration/ledger-4.sql"
ok 'it is chained when it is opened' verify
like 'with all its entries, from the first one on' '^BU Production Test +4 +in order +4:[0-9a-f]{64}$'
