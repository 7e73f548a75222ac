#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the ledger and the authority promise, they promise on PostgreSQL too: the same tests again.
# shellcheck source=tests/sh/lib.sh
. "$(dirname "$0")/../sh/lib.sh"
# shellcheck source=tests/sh/postgres.sh
. "$(dirname "$0")/../sh/postgres.sh"

start_postgres
export SL_TEST_DATABASE="$DATABASE"
suites='check_db check_accounts check_virtual_accounts check_figures check_ledger check_purchases check_chain
	check_condition check_authority check_policy check_report check_retention check_sample_upgrade check_tokens check_instances check_alerts check_sync
	check_satellite_life check_sync_samples check_sync_reservations check_sync_conflicts check_sync_lies check_restore check_adopt'
# sanitizers make all of them dear, and what they do beside the database is tested without it
! grep -aq __asan_init "$TOP_BUILDDIR/tests/manager/check_db" || suites='check_db check_ledger check_authority'
for suite in $suites; do
	ok "$suite passes on PostgreSQL" "$TOP_BUILDDIR/tests/manager/$suite"
	like 'with tests that ran' '^100%: Checks: [1-9]'
done

# a ledger of the first version
for name in old new; do
	sql "CREATE DATABASE $name"
done
export PG
ok 'a ledger of the first version is brought up there' "$(dirname "$0")/manager_upgrade.sh" \
	"$(echo "$DATABASE" | sed 's|/postgres?|/old?|')" "$(echo "$DATABASE" | sed 's|/postgres?|/new?|')"
like 'to the tables of today' '^ok - its tables are those of a ledger of today$'

# what is asked of the server itself
ok 'a ledger is made there' manager init --data "$DATA" --account Test --database "$DATABASE"
status 1 'the doctor sees that a power cut may take commits' manager --data "$DATA" doctor
like 'with the cure' '^database +bad +PostgreSQL 15.*: fsync is off; .*; turn it on in postgresql.conf'
for name in fsync full_page_writes synchronous_commit; do
	"$PG/bin/psql" -q "$DATABASE" -c "ALTER SYSTEM SET $name = on" -c 'SELECT pg_reload_conf()' >"$OUT"
	wait_for 10 sh -c "'$PG/bin/psql' -At '$DATABASE' -c 'SHOW $name' | grep -q on"
done
ok 'where they are durable it is content' manager --data "$DATA" doctor
like 'and says of what' '^database +good +PostgreSQL 15.*: what is committed is on the disk'
