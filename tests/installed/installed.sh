#!/bin/sh
# Compiles programs by pkg-config against an installed copy and runs them.
# usage: installed.sh PREFIX SOURCE-DIR [static]
# Prints "ok - …" lines; CC and CFLAGS are taken from the environment.
set -u
prefix=$1
src=$2
mode=${3:-shared}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
PKG_CONFIG_PATH=$prefix/lib/pkgconfig
LD_LIBRARY_PATH=$prefix/lib
export PKG_CONFIG_PATH LD_LIBRARY_PATH
unset MAKEFLAGS

ok() {
	sentence=$1
	shift
	if "$@" >"$work/out" 2>&1; then
		echo "ok - $sentence"
	else
		echo "not ok - $sentence"
		sed 's/^/    /' "$work/out"
		failed=1
	fi
}

# Statically it is ours alone: what it needs, the .pc file names, and is taken as it is installed.
libraries() {
	if [ "$mode" = shared ]; then
		pkg-config --libs smartlic
	else
		# shellcheck disable=SC2046 # a list of words
		echo "$prefix/lib/libsmartlic.a" $(pkg-config --libs $(pkg-config --print-requires-private smartlic))
	fi
}
# shellcheck disable=SC2086,SC2046 # flags are lists of words
compile() {
	out=$1
	shift
	${CC:-cc} ${CFLAGS:-} -Wall -Wextra -Werror $(pkg-config --cflags smartlic) "$@" -o "$out" \
		$(libraries) ${EXTRA_LIBS:-}
}

ok 'pkg-config knows smartlic' pkg-config --exists smartlic
ok 'pkg-config says where transports are installed' \
	test "$(pkg-config --variable=transportdir smartlic)" = "$prefix/lib/smartlic/transports"
ok 'the README program compiles against the installed copy' compile "$work/minimal" "$src/examples/minimal.c"
EXTRA_LIBS=$(pkg-config --libs check) CFLAGS="${CFLAGS:-} $(pkg-config --cflags check)"
export EXTRA_LIBS CFLAGS
ok 'the API suite compiles against the installed copy' compile "$work/check_api" "$src/tests/installed/check_api.c"
ok 'the license suite compiles against the installed copy' \
	compile "$work/check_api_license" "$src/tests/installed/check_api_license.c"
API_CATALOG=$prefix/share/smartlic/catalogs/ncs1004.json
API_ROOT=$src/tests/vectors/root.pem
API_INVENTORY=$src/examples/ncs1004-four-cards.txt
export API_CATALOG API_ROOT API_INVENTORY
CK_VERBOSITY=normal "$work/check_api" || failed=1
CK_VERBOSITY=normal "$work/check_api_license" || failed=1
[ "$mode" != shared ] || ok 'the API suite needs no library of ours but libsmartlic' \
	sh -c "! readelf -d '$work/check_api' | grep NEEDED | grep -E 'curl|cares|jansson'"
exit $failed
