#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A transport of a third party, built outside the tree by pkg-config alone, carries a registration.
# shellcheck source=tests/integration/cli_lib.sh
. "$(dirname "$0")/cli_lib.sh"

PLUGINS=$TOP_BUILDDIR/root/lib/smartlic/transports
[ -d "$PLUGINS" ] || skip 'nothing is installed, or this build loads no plug-ins'
command -v curl >/dev/null || skip 'curl is not installed'
PKG_CONFIG_PATH=$TOP_BUILDDIR/root/lib/pkgconfig
export PKG_CONFIG_PATH

cd "$T" || exit 1
cp "$TOP_SRCDIR/examples/transport_command.c" .
build() {
	# shellcheck disable=SC2046 # a list of flags
	${CC:-cc} -Wall -Wextra -Werror -shared -fPIC $(pkg-config --cflags smartlic) -DCOMMAND="\"$T/exchange\"" \
		transport_command.c -Wl,-z,defs -Wl,-z,nodelete -o smartlic-transport-command.so
}
ok 'it builds from the installed header and no library' build
ok '  … and is put where pkg-config says' \
	install -m 755 smartlic-transport-command.so "$(pkg-config --variable=transportdir smartlic)"

start_authority
sed -i 's/^license smart transport .*/license smart transport command/' "$CONF"
status 1 'without its program nothing is sent' device_register
like '  … which is said, with the cure' "$T/exchange: No such file or directory; put a program there" "$ERR"
cat >exchange <<END_OF_SCRIPT
#!/bin/sh
exec /usr/bin/env PATH=/usr/bin:/bin curl -sS --cacert $ROOT --data-binary @- -H 'Content-Type: application/cms' "\$1"
END_OF_SCRIPT
chmod 755 exchange
ok 'with curl as its program a device registers' device_register force
like '  … and is authorized' '^  Status: AUTHORIZED on '
ok '  … and renews' device license smart renew auth
printf '#!/bin/sh\ncat >/dev/null\nexit 3\n' >exchange
status 1 'a program that fails is a failure' device license smart renew auth
like '  … which is said' "$T/exchange: it failed; run it by hand" "$ERR"
printf '#!/bin/sh\nexit 0\n' >exchange
status 1 'so is one that reads nothing and says nothing' device license smart renew auth
rm -f "$PLUGINS/smartlic-transport-command.so"
