#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the ledger and the authority promise, they promise on PostgreSQL too: the same tests again.
# shellcheck source=tests/sh/lib.sh
. "$(dirname "$0")/../sh/lib.sh"
# shellcheck source=tests/sh/postgres.sh
. "$(dirname "$0")/../sh/postgres.sh"

start_postgres
export SL_TEST_DATABASE="$DATABASE"
for suite in check_db check_accounts check_ledger check_purchases check_chain check_authority check_report check_tokens check_instances check_alerts check_sync check_restore; do
	ok "$suite passes on PostgreSQL" "$TOP_BUILDDIR/tests/manager/$suite"
	like 'with tests that ran' '^100%: Checks: [1-9]'
done
