#!/bin/sh
# The numbers of errors that were released stay what they were; man pages are well formed.
. "$(dirname "$0")/../sh/lib.sh"
cd "$TOP_SRCDIR" || exit 1

sed -n 's/^SMARTLIC_ERR_DEF(\([A-Z_]*\), \([0-9]*\), \([A-Z]*\),.*/\1 \2 \3/p' include/smartlic/errors.def | sort >"$T/now"
sort tests/errors.released >"$T/released"
comm -13 "$T/now" "$T/released" >"$T/changed"
ok 'no released error has lost or changed its number or class' diff /dev/null "$T/changed"

for page in man/*.[1-8]; do
	ok "$page has no fault that mandoc finds" sh -c "mandoc -Tlint -W warning '$page' >'$T/lint' 2>&1; diff /dev/null '$T/lint'"
done
ok 'no page names a function that does not exist' sh -c "
	grep -hoE 'smartlic_(agent|store|settings|catalog|inventory|count|crypto|token|error|strerror|version)[a-z_]*' man/*.[1-8] |
		sort -u >'$T/named'
	cat include/smartlic/*.h | grep -oE 'smartlic_[a-z0-9_]+' | sort -u >'$T/known'
	comm -23 '$T/named' '$T/known' >'$T/unknown'; diff /dev/null '$T/unknown'"
