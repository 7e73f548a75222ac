#!/bin/sh
# What the shared library exports is what the headers declare and the map lists.
. "$(dirname "$0")/../sh/lib.sh"

sed -n 's/^[[:space:]]*\(smartlic_[a-z0-9_]*\);$/\1/p' "$TOP_SRCDIR/lib/libsmartlic.map" | sort >"$T/map"
# declarations may take several lines: join them, then take the name before '('
grep -hv '^#' "$TOP_SRCDIR"/include/smartlic/*.h "$TOP_BUILDDIR/include/smartlic/version.h" | tr '\n' ' ' |
	grep -o 'SMARTLIC_API[^;]*;' | sed -n 's/^[^(]*[ *]\(smartlic_[a-z0-9_]*\)(.*/\1/p' | sort -u >"$T/headers"
# MUST_USE has no parentheses, so the first '(' is the parameter list's
nm -D --defined-only "$TOP_BUILDDIR/lib/.libs/libsmartlic.so" | awk '$2 != "A" { print $3 }' |
	sed 's/@.*//' | sort >"$T/exports"
grep -o 'smartlic_[a-z0-9_]*(' "$TOP_SRCDIR/tests/installed/check_api.c" "$TOP_SRCDIR"/tests/installed/check_api_*.c 2>/dev/null |
	sed 's/.*://; s/($//' | sort -u >"$T/called"

ok 'the headers declare what the map lists' diff "$T/headers" "$T/map"
ok 'the library exports what the map lists' diff "$T/exports" "$T/map"
comm -23 "$T/map" "$T/called" >"$T/uncalled"
ok 'the installed suite calls every exported function' diff /dev/null "$T/uncalled"
