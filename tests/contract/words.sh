#!/bin/sh
# The numbers of errors that were released stay what they were; man pages are well formed.
. "$TOP_SRCDIR/tests/sh/lib.sh"
cd "$TOP_SRCDIR" || exit 1

sed -n 's/^SMARTLIC_ERR_DEF(\([A-Z_]*\), \([0-9]*\), \([A-Z]*\),.*/\1 \2 \3/p' include/smartlic/errors.def | sort >"$TMP/now"
sort tests/errors.released >"$TMP/released"
comm -13 "$TMP/now" "$TMP/released" >"$TMP/changed"
ok 'no released error has lost or changed its number or class' diff /dev/null "$TMP/changed"

for page in man/*.[1-8]; do
	ok "$page has no fault that mandoc finds" sh -c "mandoc -Tlint -W warning '$page' >'$TMP/lint' 2>&1; diff /dev/null '$TMP/lint'"
done
ok 'no page names a function that does not exist' sh -c "
	grep -hoE 'smartlic_(agent|store|settings|catalog|inventory|count|crypto|token|error|strerror|version)[a-z_]*' man/*.[1-8] |
		sort -u >'$TMP/named'
	cat include/smartlic/*.h | grep -oE 'smartlic_[a-z0-9_]+' | sort -u >'$TMP/known'
	comm -23 '$TMP/named' '$TMP/known' >'$TMP/unknown'; diff /dev/null '$TMP/unknown'"
done_testing
