#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# bench_load with a PostgreSQL server of its own, which is durable; then what its tables take.
# usage: load_postgres.sh INSTANCES
# shellcheck source=tests/sh/lib.sh
. "$(dirname "$0")/../sh/lib.sh"
# shellcheck source=tests/sh/postgres.sh
. "$(dirname "$0")/../sh/postgres.sh"

start_postgres postgres 'fsync = on' 'full_page_writes = on' 'shared_buffers = 256MB' 'max_wal_size = 4GB'
mkdir "$T/load"
report "$("$TOP_BUILDDIR/tests/bench/bench_load" "$T/load" "$TOP_BUILDDIR/manager/smartlic-manager" \
	"$TOP_BUILDDIR/tests/bench/bench_echo" "$1" "$DATABASE" "$POSTGRES_PID" >&2
	echo $?)" 'the load is over' 2>&1
sql 'VACUUM ANALYZE'
echo '-- bytes a row with its indexes, and how many there are'
sql "SELECT format('%-46s %9s bytes  (of it indexes %s; n %s)', relname,
	(pg_total_relation_size(oid) / reltuples)::BIGINT, (pg_indexes_size(oid) / reltuples)::BIGINT,
	reltuples::BIGINT) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
	AND reltuples >= 1000 ORDER BY relname"
