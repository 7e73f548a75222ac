#!/bin/sh
# Each third-party library is included by as few files as possible; these are all of them.
. "$(dirname "$0")/../sh/lib.sh"
cd "$TOP_SRCDIR" || exit 1

# includers PATTERN: the files below lib transports tools manager that include it
includers() {
	grep -lE "^#[[:space:]]*include[[:space:]]*<$1" -r lib include transports tools manager --include='*.[ch]' | sort
}
# only PATTERN FILES…
only() {
	pattern=$1
	shift
	includers "$pattern" >"$T/found"
	cp "$T/found" "$T/strangers"
	for place in "$@"; do # a file, or a folder with its '/'
		grep -v "^$place" "$T/strangers" >"$T/rest"
		mv "$T/rest" "$T/strangers"
	done
	diff /dev/null "$T/strangers"
}
allowed() { sed -n "s/^$1: //p" "$TOP_SRCDIR/tests/contract/includes.allowed"; }

for library in openssl curl ares event jansson sqlite3 libpq p11; do
	pattern=$library
	[ $library != p11 ] || pattern='libp11'
	[ $library != event ] || pattern='(event|evhttp|event2/)'
	[ $library != ares ] || pattern='ares'
	# shellcheck disable=SC2046 # a list of files
	ok "$library is included by the files that say so, no others" only "$pattern" $(allowed $library)
done
ok 'the tools include public headers only' \
	sh -c '! grep -nE "^#[[:space:]]*include[[:space:]]*\"" tools/*.[ch] | grep -vE "\"(tools/)?[a-z_]+\.h\"" ||
		! grep -hoE "^#include \"[a-z_/]+\.h\"" tools/*.[ch] | grep -oE "[a-z_]+\.h" | sort -u |
			while read -r h; do [ -f "tools/$h" ] || echo "$h"; done | grep .'
ok 'public headers include no third-party header' \
	sh -c '! grep -nE "^#[[:space:]]*include" include/smartlic/*.h | grep -vE "<smartlic/|<(stdint|stddef|poll)\.h>"'
