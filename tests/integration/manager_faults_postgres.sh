#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Three managers on one PostgreSQL, killed at any moment: all that manager_faults.sh asks.
# shellcheck source=tests/sh/lib.sh
. "$(dirname "$0")/../sh/lib.sh"
# shellcheck source=tests/sh/postgres.sh
. "$(dirname "$0")/../sh/postgres.sh"

start_postgres
ok 'managers and devices on PostgreSQL are killed and agree' \
	"$(dirname "$0")/manager_faults.sh" --managers 3 --database "$DATABASE" "$@"
like 'many devices have been there' '^ok - .* each device is live once$'
note "$OUT"
