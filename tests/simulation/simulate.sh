#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Device-years in bulk.  usage: simulate.sh BUILD-DIR [YEARS [FIRST-SEED [SATELLITES]]]
# Each processor takes every n-th seed, so that together they run one after the other; a run is its
# seed's alone, whoever makes it.  The first that fails prints its seed and ends the others.
set -u
dir=$1/tests/simulation
years=${2:-100000}
seed=${3:-1}
satellites=${4:-0}
jobs=$(nproc 2>/dev/null || echo 1)
each=$((years / jobs + 1))
out=$(mktemp -d) || exit 1
pids=
failed=0
# shellcheck disable=SC2086 # a list of words
trap 'kill $pids 2>/dev/null; rm -rf "$out"' EXIT
trap 'exit 130' INT TERM
trap 'failed=1' USR1

job() {
	"$dir/simulate" --seed $((seed + $1)) --stride "$jobs" --years "$each" --progress 1000 \
		--satellites "$satellites" \
		>"$out/$1" &
	child=$!
	trap 'kill $child 2>/dev/null' TERM
	wait $child && return
	kill -USR1 $$
}

i=0
while [ "$i" -lt "$jobs" ]; do
	job "$i" &
	pids="$pids $!"
	i=$((i + 1))
done
for pid in $pids; do
	[ "$failed" -eq 0 ] && wait "$pid"
done
cat "$out"/*
exit "$failed"
