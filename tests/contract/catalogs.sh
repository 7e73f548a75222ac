#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The catalogs, their schema and the program agree.
# shellcheck source=tests/sh/lib.sh
. "$(dirname "$0")/../sh/lib.sh"

python3 "$TOP_SRCDIR/tests/contract/catalogs.py" "$TOP_SRCDIR" "$TOP_BUILDDIR/tools/smartlic" >"$T/facts" 2>"$ERR" ||
	note "$ERR"
[ -s "$T/facts" ] || bail 'the catalogs are looked at'
while read -r line; do
	case $line in
	'ok - '*) report 0 "${line#ok - }" ;;
	*) report 1 "${line#not ok - }" ;;
	esac
done <"$T/facts"
