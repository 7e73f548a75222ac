#!/bin/sh
# Each public header stands alone, in strict C99 and in C++.
. "$(dirname "$0")/../sh/lib.sh"
cflags="-I$TOP_SRCDIR/include -I$TOP_BUILDDIR/include -Wall -Wextra -Werror -fsyntax-only"

for header in "$TOP_SRCDIR"/include/smartlic/*.h; do
	name=smartlic/${header##*/}
	printf '#include <%s>\nextern int unit_is_not_empty;\n' "$name" >"$T/unit.c"
	cp "$T/unit.c" "$T/unit.cc"
	# shellcheck disable=SC2086 # a list of flags
	ok "$name alone in C99" cc -std=c99 -pedantic $cflags "$T/unit.c"
	# shellcheck disable=SC2086 # a list of flags
	ok "$name alone in C++11" c++ -std=c++11 -pedantic $cflags "$T/unit.cc"
done
