#!/bin/sh
# The README's program registers a device with a real authority.
. "$(dirname "$0")/../sh/lib.sh"
start_manager
manager --data "$DATA" token create --days 1 >"$T/token"
cat >"$T/device.conf" <<END
call-home
 profile CiscoTAC-1
  destination address http $URL
license platform udi pid NCS1004 sn CAT2231B18Y uuid default-sdr
END
minimal() {
	"$TOP_BUILDDIR/examples/minimal" "$(cat "$T/device.conf")" "$(cat "$ROOT")" "$T/store" <"$T/token"
}
ok 'the program of the README registers' minimal
like 'and prints the smart account' '^BU Production Test$'
ok 'the authority has the instance' manager --data "$DATA" instance show CAT2231B18Y
