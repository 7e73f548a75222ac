#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The transport that smartlic_transport(3) shows is one.
# shellcheck source=tests/integration/direct_lib.sh
. "$(dirname "$0")/direct_lib.sh"

[ -d "$PLUGINS" ] || skip 'this build loads no plug-ins'

awk '/^\.Sh EXAMPLES/ { wanted = 1 } wanted && /^\.Ed/ { exit } code { print } wanted && /^\.Bd/ { code = 1 }' \
	"$TOP_SRCDIR/man/smartlic_transport.3" | sed 's/\\e/\\/g' >"$T/drop.c"
# shellcheck disable=SC2086 # a compiler and its flags
ok 'the example compiles without a symbol of the library' ${CC:-cc} -Wall -Wextra -Werror -shared -fPIC \
	-I"$TOP_SRCDIR/include" -I"$TOP_BUILDDIR/include" "$T/drop.c" -Wl,-z,defs -Wl,-z,nodelete \
	-o "$T/drop.so"
install -m 755 "$T/drop.so" "$PLUGINS/smartlic-transport-drop.so"
ok 'it is loaded and takes a request' exchange -p drop -c 0 "outbox=$T/out"
ok '  … which arrives where its option says' cmp "$T/out" "$REQUEST"
status 1 'it says when it cannot' exchange -p drop "outbox=$T/absent/out"
like '  … and why' '^text write: .*/absent/out cannot be written'
status 3 'it refuses to open without its option' exchange -p drop
like '  … and says which' '^text option outbox: missing'
