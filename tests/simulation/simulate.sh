#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Device-years in bulk.  usage: simulate.sh BUILD-DIR [YEARS]
# One run of seeds for each processor; the first that fails prints its seed and ends the others.
set -u
dir=$1/tests/simulation
years=${2:-100000}
jobs=$(nproc 2>/dev/null || echo 1)
out=$(mktemp -d) || exit 1
trap 'kill $pids 2>/dev/null; rm -rf "$out"' EXIT
trap 'exit 130' INT TERM
pids=
i=0
while [ "$i" -lt "$jobs" ]; do
	"$dir/simulate" --seed $((1 + i * 1000000)) --years $((years / jobs + 1)) >"$out/$i" 2>&1 &
	pids="$pids $!"
	i=$((i + 1))
done
failed=0
for pid in $pids; do
	wait "$pid" || failed=1
	[ "$failed" -eq 0 ] || break
done
cat "$out"/*
exit $failed
