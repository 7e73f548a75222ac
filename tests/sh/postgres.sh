# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2034 # for those who source it
#
# A PostgreSQL server of a test's own, after lib.sh: nothing is installed or left.
#
#	start_postgres            # $DATABASE is its URL, on a socket in $T
#	start_postgres NAME ...   # a further one: NAME's folder is $T/NAME, which may be there, empty;
#	                          # options for postgresql.conf; those of initdb are in $INITDB
#	start_standby NAME OF ... # one that follows the server OF; options likewise

INITDB=
PEERS=${SL_PEERS:-$TOP_SRCDIR/build/peers}

# The server refuses to be root: then it is nobody.
as_nobody() {
	if [ "$(id -u)" -eq 0 ]; then
		setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
	else
		"$@"
	fi
}

# The programs of an installed server, else of the one that tests/peers has unpacked; sets PG.
find_postgres() {
	for PG in /usr/lib/postgresql/15 "$PEERS/usr/lib/postgresql/15"; do
		[ ! -x "$PG/bin/initdb" ] || break
	done
	if [ ! -x "$PG/bin/initdb" ]; then
		skip 'no PostgreSQL 15; tests/peers unpacks one'
	fi
	chmod 711 "$T"
	if ! as_nobody test -x "$PG/bin/initdb"; then # below a folder that is root's alone
		mkdir -p "$T/usr/lib" "$T/usr/share"
		cp -r "$PEERS/usr/lib/postgresql" "$T/usr/lib/"
		cp -r "$PEERS/usr/share/postgresql" "$T/usr/share/"
		PG=$T/usr/lib/postgresql/15
	fi
}

# run_postgres NAME: starts what is in $T/NAME; sets POSTGRES_PID, DATABASE.  No network: a socket in
# its folder.
run_postgres() {
	if [ "$(id -u)" -eq 0 ]; then # not by as_nobody: its process would not be the server's
		background setpriv --reuid=65534 --regid=65534 --clear-groups "$PG/bin/postgres" \
			-D "$T/$1/data"
	else
		background "$PG/bin/postgres" -D "$T/$1/data"
	fi
	POSTGRES_PID=$LAST_PID
	DATABASE="postgresql:///postgres?host=$T/$1&user=nobody"
	wait_for 30 as_nobody "$PG/bin/pg_isready" -q -h "$T/$1" || {
		note "$LAST_LOG"
		bail 'PostgreSQL starts'
	}
}

# stop_postgres PID: at once, whoever is connected.
stop_postgres() {
	kill -INT "$1"
	wait "$1"
}

start_postgres() {
	name=${1:-postgres}
	[ $# -eq 0 ] || shift
	[ -n "${PG:-}" ] || find_postgres
	[ -d "$T/$name" ] || mkdir -m 777 "$T/$name"
	# shellcheck disable=SC2086 # a list
	as_nobody "$PG/bin/initdb" $INITDB -N -A trust -U nobody -E UTF8 --locale=C -D "$T/$name/data" \
		>"$T/initdb.log" 2>&1 || {
		note "$T/initdb.log"
		bail 'PostgreSQL is set up'
	}
	{
		printf '%s\n' "listen_addresses = ''" "unix_socket_directories = '$T/$name'" \
			'fsync = off' 'full_page_writes = off' 'shared_buffers = 16MB' \
			"logging_collector = off" "$@"
	} | as_nobody tee -a "$T/$name/data/postgresql.conf" >/dev/null
	run_postgres "$name"
}

# Asynchronous, until OF is told otherwise; promoted, it waits for nobody itself.
start_standby() {
	standby=$1 of=$2
	shift 2
	mkdir -m 777 "$T/$standby"
	as_nobody "$PG/bin/pg_basebackup" -h "$T/$of" -U nobody -D "$T/$standby/data" -R -N -c fast \
		>"$T/basebackup.log" 2>&1 || {
		note "$T/basebackup.log"
		bail 'the server is copied'
	}
	# of two lines the later one counts
	printf '%s\n' "unix_socket_directories = '$T/$standby'" "$@" |
		as_nobody tee -a "$T/$standby/data/postgresql.conf" >/dev/null
	run_postgres "$standby"
}

# sql TEXT [NAME]: what the server NAME answers, in plain lines.
sql() {
	as_nobody "$PG/bin/psql" -X -q -A -t -h "$T/${2:-postgres}" -U nobody -d postgres -c "$1"
}
