#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Three managers on one PostgreSQL share nothing else: one is killed while devices talk to all of
# them, and in the end everything agrees.
# shellcheck source=tests/integration/cli_lib.sh
. "$(dirname "$0")/cli_lib.sh"
# shellcheck source=tests/sh/postgres.sh
. "$(dirname "$0")/../sh/postgres.sh"

DEVICES=6
start_postgres

# ---- the data folder -----------------------------------------------------------

status 2 'what is no URL is refused' manager init --data "$DATA" --account X --database localhost
not_ok 'a server that is not there makes no folder' manager init --data "$DATA" --account X \
	--database "postgresql://user:sesame@127.0.0.1:1/ledger"
like 'and is named' '^smartlic-manager: postgresql://127.0.0.1/ledger cannot be reached: ' "$ERR"
unlike 'without its password' sesame "$ERR"
ok 'there is none' test ! -e "$DATA"
ok 'an authority is made in a database' manager init --data "$DATA" --account X --database "$DATABASE"
is 'where it is, its owner alone reads' "$(stat -c %a "$DATA/database")" 600
ok 'there is no file for it' test ! -e "$DATA/ledger.db"
not_ok 'a second one in the same is refused' manager init --data "$T/second" --account Y \
	--database "$DATABASE"
like 'it holds a ledger' 'holds a ledger already; nothing was changed' "$ERR"
ok 'and nothing is left of it' test ! -e "$T/second"
manager --data "$DATA" trust-anchor >"$T/root.pem"
ROOT=$T/root.pem

# ---- three managers ------------------------------------------------------------

# a folder for each, as on three hosts
urls=
for i in 1 2 3; do
	cp -a "$DATA" "$T/host$i"
done
for i in 1 2 3; do
	DATA=$T/host$i serve_manager --metrics 127.0.0.1:0 --metrics-port-file "$T/metrics$i"
	urls="$urls $URL"
	eval "manager$i=$MANAGER_PID log$i=$MANAGER_LOG"
done
manager --data "$DATA" virtual-account create NCS1000
manager --data "$DATA" license add --virtual-account NCS1000 $PLAIN 1000
TOKEN=$(manager --data "$T/host3" token create --virtual-account NCS1000 --days 30 --uses $DEVICES) ||
	bail 'a token is made'

# device N: a configuration that begins with another manager for each
make_device() {
	first=$(($1 % 3 + 1))
	conf "$(echo $urls | cut -d' ' -f$first)" "$ROOT" "$T/store$1"
	sed "s/CAT2231B18Y/DEV$1/" "$CONF" | while IFS= read -r line; do
		printf '%s\n' "$line"
		case $line in
		*'destination address'*)
			for url in $urls; do
				[ "$url" = "$(echo $urls | cut -d' ' -f$first)" ] ||
					printf '  destination address http %s\n' "$url"
			done
			;;
		esac
	done >"$T/conf$1"
}

# live N: what a device does in its life; what fails is told by the file
live() {
	{
		printf '%s\n' "$TOKEN" | smartlic -c "$T/conf$1" license smart register idtoken - &&
			smartlic -c "$T/conf$1" license smart renew auth &&
			smartlic -c "$T/conf$1" license smart renew id &&
			: >"$T/ready$1" &&
			for _ in 1 2 3 4 5 6 7 8; do
				smartlic -c "$T/conf$1" license smart renew auth || exit 1
			done
	} >"$T/life$1" 2>&1 && : >"$T/done$1"
}

lives=
for i in $(seq $DEVICES); do
	make_device "$i"
done
for i in $(seq $DEVICES); do
	live "$i" &
	lives="$lives $!"
done
wait_for 60 test -e "$T/ready1" || note "$T/life1"
kill -9 "$manager2"
wait "$manager2" 2>/dev/null
# shellcheck disable=SC2086 # a list
wait $lives
for i in $(seq $DEVICES); do
	[ -e "$T/done$i" ] || note "$T/life$i"
done
is 'every device lives on though a manager was killed' "$(ls "$T"/done* | wc -l)" $DEVICES
is 'each is registered once' \
	"$(sql "SELECT count(*), count(DISTINCT sn) FROM instance WHERE state = 'live'")" "$DEVICES|$DEVICES"
is 'the token is charged once for each' "$(sql 'SELECT uses FROM token')" $DEVICES
is 'the pools count what they hold, as the entries do' \
	"$(sql 'SELECT (SELECT sum(consumed) FROM pool) = (SELECT sum(held) FROM usage),
		(SELECT sum(delta) FROM entry) = (SELECT sum(held) FROM usage), (SELECT sum(held) FROM usage)')" \
	"t|t|$((16 * DEVICES))"
is 'which every manager says' "$(for i in 1 3; do
	manager --data "$T/host$i" license list --json | jq -c 'map(.in_use) | add'
done | sort -u)" "$((16 * DEVICES))"
# scrape N: the metrics of one of them, checked, in $OUT
scrape() {
	curl -sS --noproxy '*' --fail "http://127.0.0.1:$(cat "$T/metrics$1")/metrics" >"$T/text" &&
		"$TOP_SRCDIR/tests/integration/exposition.py" <"$T/text"
}
for i in 1 3; do
	ok 'a manager tells its metrics' scrape $i
	like 'with the instances of all' "^smartlic_instances\\{account=X,state=live\\} $DEVICES\$"
	like 'and what is in use' "^smartlic_license_in_use\\{.*license=$PLAIN,.* $((8 * DEVICES))\$"
	unlike 'no request that was begun again is taken for unreadable' 'type=unreadable'
done
is 'no clone was seen' "$(sql "SELECT count(*) FROM alert WHERE name LIKE '%clone%'")" 0
is 'one key each is current' "$(sql "SELECT count(*) FROM key WHERE state = 'current'")" $DEVICES

# ---- a server that restarts ----------------------------------------------------

stop_postgres "$POSTGRES_PID"
status 1 "without the database a device gets no answer" smartlic --timeout 3 -c "$T/conf1" license smart renew auth
not_ok 'nor does who asks for metrics' scrape 1
run_postgres postgres
ok 'once it is back, managers need no restart' smartlic -c "$T/conf1" license smart renew auth
ok 'their metrics neither' scrape 1
