#!/bin/sh
# fuzz.sh TOP [SECONDS]: runs every fuzz target for that long (60), from its corpus in the source
# tree and what earlier runs found.  Inputs that break something stay in TOP/build-fuzz.
set -eu
top=$1
seconds=${2:-60}
build=$top/build-fuzz

case $seconds in
'' | *[!0-9]*)
	echo "fuzz: '$seconds' is not a number of seconds" >&2
	exit 2
	;;
esac
[ -x "$top/configure" ] || "$top/bootstrap"
mkdir -p "$build"
cd "$build"
[ -f Makefile ] || "$top/configure" -q CC=clang --enable-fuzzers --enable-sanitizers=address,undefined \
	--disable-manager --disable-plugins --disable-static
make -s -j"$(nproc 2>/dev/null || echo 2)" >make.log 2>&1 || {
	tail -n 30 make.log >&2
	exit 1
}

passed=0 failed=0
for source in "$top"/tests/fuzz/fuzz_*.c; do
	name=$(basename "$source" .c)
	name=${name#fuzz_}
	mkdir -p "found/$name"
	# the folder named first is written to; the test vectors are seeds for everything
	if TOP_SRCDIR=$top "tests/fuzz/fuzz_$name" -max_total_time="$seconds" -timeout=10 -verbosity=0 \
		-print_final_stats=1 -artifact_prefix="broken-$name-" "found/$name" \
		"$top/tests/fuzz/corpus/$name" "$top/tests/vectors" >"$name.log" 2>&1; then
		passed=$((passed + 1))
		runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$name.log")
		echo "ok - $name: ${runs:-?} inputs in $seconds seconds"
	else
		failed=$((failed + 1))
		echo "not ok - $name: see $build/$name.log"
	fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
