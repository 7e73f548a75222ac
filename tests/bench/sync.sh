#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A satellite's synchronisation of many instances with its upstream, both with their ledgers in files:
# the first one, of which the upstream knows nothing; one with nothing to tell; after 1,000 changes; and
# a full comparison, as after a restoration.  Seconds by the clock, and of processor time at either end.
# usage: sync.sh INSTANCES [TIMES]
# shellcheck source=tests/sh/lib.sh
. "$(dirname "$0")/../sh/lib.sh"

n=$1
times=${2:-3}
CHANGES=$((n < 1000 ? n : 1000))
EDGE=$T/edge
bench() { "$TOP_BUILDDIR/tests/bench/bench_sync" "$@"; }
upstream() { manager "$@" --data "$DATA"; }
must() { "$@" >"$OUT" 2>"$ERR" || { note "$OUT" "$ERR"; bail "$*"; }; }

# processor PID: what it has used, in ticks of 10 ms
processor() { sed 's/.*) //' "/proc/$1/stat" | awk '{ print $12 + $13 }'; }

# measured FILE: synchronises; a line "seconds, processor here, processor there, changes told" to FILE
measured() {
	before=$(processor "$MANAGER_PID")
	/usr/bin/env bash -c 'TIMEFORMAT="%R %U %S"; time "$@"' - "$TOP_BUILDDIR/manager/smartlic-manager" \
		satellite sync --data "$EDGE" --upstream "https://localhost:$PORT" >"$OUT" 2>"$ERR" || {
		note "$OUT" "$ERR"
		bail 'it synchronises'
	}
	tail -n 1 "$ERR" | awk -v there="$(($(processor "$MANAGER_PID") - before))" \
		-v told="$(sed -n 's/^Synchronised: \([0-9]*\) .*/\1/p' "$OUT")" \
		'{ printf "%.2f %.2f %.2f %d\n", $1, $2 + $3, there / 100, told }' >>"$T/$1"
}

# median FILE COLUMN; spread FILE COLUMN: least and most
median() { cut -d' ' -f"$2" "$T/$1" | sort -n | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'; }
spread() { cut -d' ' -f"$2" "$T/$1" | sort -n | sed -n '1p;$p' | tr '\n' ' ' | sed 's/ / – /; s/ $//'; }

# print FILE TEXT
print() {
	printf '%-46s %7s s  (%s; n %s; processor: %s s here, %s s at the upstream; changes told: %s)\n' "$2" \
		"$(median "$1" 1)" "$(spread "$1" 1)" "$(wc -l <"$T/$1")" "$(median "$1" 2)" "$(median "$1" 3)" \
		"$(median "$1" 4)"
}

init_manager Bench
must upstream virtual-account create Branch
must upstream license add --virtual-account Branch S-NCS1K4-LIC-100G= $((4 * n))
serve_manager
must upstream satellite create Edge Branch --days 7
cp "$OUT" "$T/invitation"
must manager satellite join --data "$EDGE" --upstream "https://localhost:$PORT" \
	--token "$(cat "$T/invitation")" --trust-anchor "$ROOT"
stop "$MANAGER_PID"
# what is not measured needs no disk
fast=$T
[ ! -w /dev/shm ] || fast=$(mktemp -d /dev/shm/smartlic-sync.XXXXXX)
cp -a "$EDGE" "$fast/filled"
must bench fill "$fast/filled" "$n"
rm -rf "$EDGE"
cp -a "$fast/filled" "$T/filled"
[ "$fast" = "$T" ] || rm -rf "$fast"
cp -a "$DATA" "$T/empty"
empty=$(du -sk "$DATA" | cut -f1)

for _ in $(seq "$times"); do
	rm -rf "$EDGE" "$DATA"
	cp -a "$T/filled" "$EDGE"
	cp -a "$T/empty" "$DATA"
	sync
	serve_manager
	measured full
	measured nothing
	must bench touch "$EDGE" "$CHANGES"
	measured changes
	# its ledger is another one, as after a restoration
	sqlite3 "$EDGE/ledger.db" "UPDATE upstream SET own = ''"
	measured reset
	stop "$MANAGER_PID"
	# of the written log nothing is left when nobody has it open
	bytes=$(((($(du -sk "$DATA" | cut -f1)) - empty) * 1024))
	# as many as there are messages, of some 55 instances each
	must bench limit "$T" "$n" "$bytes" "$((n / 55 + 1))"
	cat "$OUT" >>"$T/limit"
done
report 0 'all of it was synchronised'
print full "the first one, of $n instances"
print nothing 'one with nothing to tell'
print changes "after $CHANGES changes"
print reset "a full comparison of $n instances"
limit=$(awk -v i="$(median limit 1)" -v v="$(median limit 2)" 'BEGIN { print i + v }')
printf '%-46s %7s s  (raw SQLite, %s bytes an instance: %s s, %s; two P-256 verifications each: %s s)\n' \
	'what it cannot do without' "$limit" $((bytes / n)) "$(median limit 1)" "$(spread limit 1)" "$(median limit 2)"
for f in full reset; do
	awk -v a="$(median $f 1)" -v b="$limit" -v f=$f 'BEGIN { printf "%-46s %7.2f ×\n", f " / that", a / b }'
done
awk -v c="$(median changes 2)" -v d="$(median changes 3)" -v e="$(median full 2)" -v f="$(median full 3)" -v n="$n" \
	-v m=$CHANGES 'BEGIN { printf "%-46s %7.2f ×\n", "processor a change, / that of the first one", (c + d) / m / ((e + f) / n) }'
