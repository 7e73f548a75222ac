#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a device asks reads no table whole, nor an index, on PostgreSQL: of a ledger that has grown to
# twenty times what its planner knows of, and of one that it has just counted.
# shellcheck source=tests/integration/cli_lib.sh
. "$(dirname "$0")/cli_lib.sh"
# shellcheck source=tests/sh/postgres.sh
. "$(dirname "$0")/../sh/postgres.sh"

KNOWN=1000
INSTANCES=20000
# a prepared statement is planned anew five times, then perhaps once and for all
TIMES=8
GROWING="'instance', 'usage', 'key', 'key_home', 'udi_home', 'request', 'entry', 'history', 'sample_page', 'alert',
	'token_use', 'token_result'"

start_postgres postgres 'autovacuum = off'
manager init --data "$DATA" --account Test --database "$DATABASE" || bail 'a ledger is made there'
manager --data "$DATA" trust-anchor >"$T/root.pem"
ROOT=$T/root.pem
manager --data "$DATA" license add $PLAIN 100000
manager --data "$DATA" virtual-account policy Default collect_s=3600 report_s=3600 >"$OUT"
TOKEN=$(manager --data "$DATA" token create --days 1) || bail 'a token is made'

# serve: one thread, so that all go by one session, whose statements stay prepared
serve() {
	serve_manager --threads 1
}

# be_device N: by its serial number, with a store of its own
be_device() {
	conf "$URL" "$ROOT" "$T/store$1"
	sed "s/CAT2231B18Y/DEV$1/" "$CONF" >"$CONF.new" && mv "$CONF.new" "$CONF"
}

# rows_read: of the tables that grow with devices, and of their indexes.  A session tells when it ends.
rows_read() {
	sql "SELECT (SELECT coalesce(sum(seq_tup_read), 0) FROM pg_stat_user_tables WHERE relname IN ($GROWING)) +
		(SELECT coalesce(sum(idx_tup_read), 0) FROM pg_stat_user_indexes WHERE relname IN ($GROWING))"
}

# grow FROM TO: instances with these numbers, as there were registered, which hold their licenses
grow() {
	sql "SET session_replication_role = replica; -- no look at other tables for each row
		INSERT INTO instance (account, instance, va, token, pid, sn, uuid, hostname, state, issued_s, contact_s,
			expires_s, sequence, usage_s, deadline_s, holds, compliance)
		SELECT account, instance_of(i), va, token, pid, 'FILL' || i, uuid, '', 'live', issued_s, contact_s,
			expires_s, sequence, usage_s, deadline_s, holds, compliance
		FROM instance, generate_series($1, $2) AS i WHERE sn = 'DEV0';
		INSERT INTO usage (account, instance, tag, count, held)
		SELECT account, instance_of(i), tag, count, held FROM usage, generate_series($1, $2) AS i WHERE instance NOT LIKE '01000000%';
		INSERT INTO key (account, ski, instance, state, serial, certificate, issued_s, expires_s)
		SELECT account, md5('k' || i) || 'aaaaaaaa', instance_of(i), state, md5('s' || i), certificate, issued_s,
			expires_s
		FROM key, generate_series($1, $2) AS i WHERE instance NOT LIKE '01000000%';
		INSERT INTO request (account, instance, sequence, request_id, digest, type, store, at_s, body, denial)
		SELECT account, instance_of(i), sequence, request_id, digest, type, store, at_s, body, denial
		FROM request, generate_series($1, $2) AS i WHERE instance NOT LIKE '01000000%'"
}

# ask N: all that devices ask, as often as it takes to be planned for good
ask() {
	for i in $(seq "$TIMES"); do
		be_device "$1$i"
		device_register && device license smart renew auth && device license smart renew id &&
			"$TOP_BUILDDIR/tests/integration/hours" "$CONF" pass 30 &&
			device license smart deregister || return
	done
}

serve
be_device 0
device_register && device license smart renew auth || bail 'the first device registers'
stop "$MANAGER_PID"
sql "CREATE FUNCTION instance_of(i INT) RETURNS TEXT LANGUAGE SQL AS
	\$\$ SELECT '01000000-0000-7000-8000-' || lpad(i::TEXT, 12, '0') \$\$"
grow 1 "$KNOWN"
sql ANALYZE
grow $((KNOWN + 1)) "$INSTANCES"

for known in 'counted before it grew' 'counted since'; do
	[ "$known" = 'counted before it grew' ] || sql ANALYZE
	# what is due at each start may read all
	from=$(rows_read)
	serve
	stop "$MANAGER_PID"
	start=$(($(rows_read) - from))
	from=$(rows_read)
	serve
	ok "devices are answered by a ledger that was $known" ask "$(echo "$known" | cut -c9)"
	stop "$MANAGER_PID"
	read=$(($(rows_read) - from - start))
	ok "and read no table whole ($read rows)" test "$read" -lt "$INSTANCES"
done

finish
