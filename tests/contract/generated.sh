#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What is made from tables is what the tables say.  After a change of lib/messages.def, lib/fsm.c or
# manager/ledger/alerts.def:
#
#	tests/contract/generated.sh --write
# shellcheck source=tests/sh/lib.sh
. "$(dirname "$0")/../sh/lib.sh"
cd "$TOP_SRCDIR" || exit 1
made=$TOP_BUILDDIR/tests/contract

"$made/write_messages" >"$T/messages" || bail 'the page of messages is made'
"$made/write_states" >"$T/figures" || bail 'the figures are made'
# what stands above the first one was written by hand
sed '/^## Registration$/,$d' doc/states.md | cat - "$T/figures" >"$T/states"
"$made/write_alerts" >"$T/alerts" || bail 'the list of alerts is made'
# between two comments of the page, which was written by hand besides
sed -e '/^\.\\" alerts: begin/r '"$T/alerts" -e '/^\.\\" alerts: begin/,/^\.\\" alerts: end/{/alerts: /!d}' \
	man/smartlic-manager.8 >"$T/manager"

if [ "${1:-}" = --write ]; then
	cp "$T/manager" man/smartlic-manager.8
	cp "$T/messages" man/smartlic-messages.7
	cp "$T/states" doc/states.md
fi
ok 'the page of messages is made from their table' diff "$T/messages" man/smartlic-messages.7
ok 'the figures of the states are made from the rows' diff "$T/states" doc/states.md
ok "the page's alerts are made from their table" diff "$T/manager" man/smartlic-manager.8

ok 'the page is installed with the others' grep -q 'man/smartlic-messages.7' man/local.mk
