#!/bin/sh
# The whole story on this machine: an authority, a device, 8 + 8 licenses, one shortage, an end.
# usage: demo.sh BUILD-DIR.  Touches nothing outside a temporary folder.
set -eu
build=$1
here=$(cd "$(dirname "$0")" && pwd)
manager=$build/manager/smartlic-manager
work=$(mktemp -d)
server=
token=
plain=S-NCS1K4-LIC-100G=
encrypted=S-NCS1K4-LIC-100X=

clean_up() {
	[ -z "$server" ] || { kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; }
	rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

step() { printf '\n\033[1m== %s\033[0m\n' "$*"; }
admin() { "$manager" --data "$work/authority" "$@"; }
device() { "$build/tools/smartlic" -c "$work/smartlic.conf" "$@"; }

step 'A license authority: its own PKI, a fresh ledger, smart account "BU Production Test"'
"$manager" init --data "$work/authority" --account 'BU Production Test'
"$manager" serve --data "$work/authority" --listen 127.0.0.1:0 --port-file "$work/port" \
	2>"$work/authority.log" &
server=$!
tries=0
until [ -s "$work/port" ]; do
	kill -0 "$server" 2>/dev/null && [ $tries -lt 200 ] || {
		cat "$work/authority.log" >&2
		exit 1
	}
	tries=$((tries + 1))
	sleep 0.05
done
port=$(cat "$work/port")
echo "It serves https://localhost:$port"

step 'A virtual account with 8 + 8 licenses and a registration token'
admin virtual-account create NCS1000
admin license add --virtual-account NCS1000 "$plain" 8
admin license add --virtual-account NCS1000 "$encrypted" 8
token=$(admin token create --virtual-account NCS1000 --days 30 --name demo)
admin token list

step 'A device: NCS1004, serial CAT2231B18Y, four full cards, two of them encrypted'
admin trust-anchor >"$work/root.pem"
cat >"$work/smartlic.conf" <<END
call-home
 service active
 contact smart-licensing
 profile CiscoTAC-1
  active
  destination address http https://localhost:$port/its/service/oddce/services/DDCEService
  destination transport-method http
license smart transport direct
license smart trust-anchor $work/root.pem
license smart store $work/store
license platform udi pid NCS1004 sn CAT2231B18Y uuid default-sdr
license platform catalog ncs1004
license platform inventory $here/ncs1004-four-cards.txt
END
cat "$work/smartlic.conf"

step 'license smart register idtoken - (the token comes by standard input)'
printf '%s\n' "$token" | device license smart register idtoken -

step 'show license all'
device show license all

step "The pool of $plain shrinks to 4: the device learns it at its next contact"
admin license set --virtual-account NCS1000 "$plain" 4
device license smart renew auth
device show license usage
echo
echo 'Nothing is locked: the counts stand, the status is a notice.'
admin instance list

step 'license smart deregister'
device license smart deregister
device show license status
admin instance list

step 'Done: the authority stops, the temporary folder goes'
