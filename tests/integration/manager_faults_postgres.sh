#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# One manager and three managers on one PostgreSQL, killed at any moment: all that manager_faults.sh
# asks.  --managers N asks it for N alone.
# shellcheck disable=SC2119 # no options here
# shellcheck source=tests/sh/lib.sh
. "$(dirname "$0")/../sh/lib.sh"
# shellcheck source=tests/sh/postgres.sh
. "$(dirname "$0")/../sh/postgres.sh"

managers='1 3'
if [ "${1:-}" = --managers ]; then
	managers=$2
	shift 2
fi
start_postgres
for many in $managers; do
	ok "there is a database for $many" sql "CREATE DATABASE managers_$many"
	ok "$many on PostgreSQL are killed, and they and the devices agree" \
		"$(dirname "$0")/manager_faults.sh" --managers "$many" \
		--database "postgresql:///managers_$many?host=$T/postgres&user=nobody" "$@"
	like '  … many devices have been there' '^ok - .* each device is live once$'
	note "$OUT"
done
