#!/bin/sh
# Each figure as a ratio to a limit measured in the same run; medians with their spread.
# usage: bench.sh BUILD-DIR [authority|exchange|count|load|load_postgres|sync …]
set -eu
build=$1
shift
which=${*:-authority exchange count}
work=$(mktemp -d)
server=
clean_up() {
	[ -z "$server" ] || kill "$server" 2>/dev/null || true
	rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

make -s -C "$build" bench-programs >/dev/null

bench_authority() {
	echo '== the authority: answering an unchanged authorize'
	mkdir "$work/authority"
	"$build/tests/bench/bench_authority" "$work/authority"
}

# The great ledger takes a minute to fill, and 2 GB of disk.
bench_load() {
	echo '== the authority under load: 32 clients, prepared requests, TLS, durable'
	mkdir "$work/load"
	"$build/tests/bench/bench_load" "$work/load" "$build/manager/smartlic-manager" \
		"$build/tests/bench/bench_echo" "${SL_BENCH_INSTANCES:-1000000}"
}

# The same with PostgreSQL, and how large its rows are.
bench_load_postgres() {
	echo '== the authority under load, its ledger in PostgreSQL on the same processors'
	TOP_BUILDDIR=$build "$(dirname "$0")/load_postgres.sh" "${SL_BENCH_INSTANCES:-100000}"
}

# Several fleets' worth of disk, some 2 GB for 100,000.
bench_sync() {
	echo '== a satellite synchronises with its upstream, over TLS'
	TOP_BUILDDIR=$build "$(dirname "$0")/sync.sh" "${SL_BENCH_INSTANCES:-100000}"
}

bench_exchange() {
	echo '== the device: one authorize over loopback TLS, beside libcurl posting the same bytes'
	manager=$build/manager/smartlic-manager
	"$manager" init --data "$work/data" --account Bench >/dev/null
	"$manager" serve --data "$work/data" --listen 127.0.0.1:0 --port-file "$work/port" 2>"$work/log" &
	server=$!
	until [ -s "$work/port" ]; do
		kill -0 "$server" || { cat "$work/log" >&2; exit 1; }
		sleep 0.05
	done
	"$manager" --data "$work/data" license add S-NCS1K4-LIC-100G= 64 >/dev/null
	"$manager" --data "$work/data" trust-anchor >"$work/root.pem"
	"$manager" --data "$work/data" token create --days 1 >"$work/token"
	"$build/tests/bench/bench_exchange" "$work" "$(cat "$work/port")" <"$work/token"
	echo '-- peak memory of a process that registers and authorizes, and of one that posts once'
	for who in agent curl; do
		"$build/tests/bench/bench_exchange" "$work" "$(cat "$work/port")" "$who" <"$work/token"
	done
	echo '-- what is installed, without symbols, beside the library that posts'
	for file in "$build"/lib/.libs/libsmartlic.so.?.?.? "$build/transports/.libs/smartlic-transport-direct.so" \
		"$build/tools/.libs/smartlic" "$(ldd "$build/transports/.libs/smartlic-transport-direct.so" |
			awk '$1 ~ /^libcurl/ { print $3 }')"; do
		[ -e "$file" ] || continue
		strip -o "$work/stripped" "$(readlink -f "$file")"
		printf '%-46s %9d bytes\n' "${file##*/}" "$(wc -c <"$work/stripped")"
	done
	kill "$server"
	server=
}

bench_count() {
	echo '== the count: 640,000 ports, and one edit in them'
	"$build/tests/bench/bench_count"
}

for b in $which; do "bench_$b"; done
