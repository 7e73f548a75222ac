#!/bin/sh
# Each public header stands alone, in strict C99 and in C++.
. "$TOP_SRCDIR/tests/sh/lib.sh"
cflags="-I$TOP_SRCDIR/include -I$TOP_BUILDDIR/include -Wall -Wextra -Werror -fsyntax-only"

for header in "$TOP_SRCDIR"/include/smartlic/*.h; do
	name=smartlic/${header##*/}
	printf '#include <%s>\nextern int unit_is_not_empty;\n' "$name" >"$TMP/unit.c"
	cp "$TMP/unit.c" "$TMP/unit.cc"
	# shellcheck disable=SC2086 # a list of flags
	ok "$name alone in C99" cc -std=c99 -pedantic $cflags "$TMP/unit.c"
	# shellcheck disable=SC2086 # a list of flags
	ok "$name alone in C++11" c++ -std=c++11 -pedantic $cflags "$TMP/unit.cc"
done
done_testing
