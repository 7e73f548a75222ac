#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A ledger is copied while it is in use; going back to the copy strands no device.
# shellcheck source=tests/integration/cli_lib.sh
. "$(dirname "$0")/cli_lib.sh"

start_authority
ok 'a backup is made while devices are answered' manager --data "$DATA" backup --to "$T/backup.db"
like 'which says what it does not hold' 'token.key and pki'
is 'its owner alone reads it' "$(stat -c %a "$T/backup.db")" 600
not_ok 'nothing is overwritten' manager --data "$DATA" backup --to "$T/backup.db"
like 'which is said' 'exists already' "$ERR"
ok 'then a device registers' device_register
ok 'and uses licenses' device license smart renew auth
not_ok 'under a manager that runs nothing is restored' \
	manager --data "$DATA" restore --from "$T/backup.db"
like 'it is to be stopped' 'another process has it open; stop that first' "$ERR"
ok 'the device goes on' device license smart renew auth

stop "$MANAGER_PID"
ok 'the backup is restored' manager --data "$DATA" restore --from "$T/backup.db"
like 'of its time' ' is again what it was at [0-9-]{10}T[0-9:]{8}Z\.$'
like 'what is to be done again is said' 'Do again what was done since: instances removed'
like 'the former ledger is kept' '^The former ledger is kept: .*ledger.db.until-'
former=$(sed -n 's/^The former ledger is kept: //p' "$OUT")
cksum "$former" >"$T/former"
for _ in 1 2 3; do
	manager --data "$DATA" restore --from "$T/backup.db" >"$OUT" 2>"$ERR"
done
is 'also when it is restored again in the same second' "$(cksum "$former")" "$(cat "$T/former")"
is 'each time under another name' "$(find "$DATA" -name 'ledger.db.until-*' | wc -l)" 4
ok 'the backup is restored once more' manager --data "$DATA" restore --from "$T/backup.db"
ok 'instances are listed' manager --data "$DATA" instance list
unlike 'of which the device is none' CAT2231B18Y
serve_manager
conf "$URL"
ok 'it is heard of' device license smart renew auth
ok 'instances are listed again' manager --data "$DATA" instance list
like 'it is live' '^[0-9a-f-]{36} +NCS1004 +CAT2231B18Y +Default +live '
ok 'what was done is listed' manager --data "$DATA" audit list
like 'the restoration' ' backup restored +-  +of [0-9-]{10}T'
like 'and the adoption' ' authority +instance adopted +[0-9a-f-]{36} +PID:NCS1004 SN:CAT2231B18Y, certified '
is 'in JSON too' "$(manager --data "$DATA" audit list --json | jq -r 'map(.what) | join(", ")')" \
	'virtual account created, licenses added, licenses added, token created, backup restored, instance adopted'

# ---- to another host -----------------------------------------------------------

ok 'before a move the ledger is sealed, under a manager that runs' manager --data "$DATA" ledger seal
like 'what comes next is said' "^Next: smartlic-manager backup --data $DATA --to FILE; then, at the other host"
status 1 'then a device gets no answer' smartlic --timeout 2 -c "$CONF" license smart renew auth
like 'as the log of the manager says' 'the ledger is sealed: its devices are answered at the host' "$MANAGER_LOG"
not_ok 'a sealed ledger is not renewed' manager --data "$DATA" ledger renew
# refused COMMAND…: by the seal, and nothing is changed
refused() {
	not_ok "sealed, it takes no $1 $2" manager --data "$DATA" "$@"
	like 'which is said, with the cure' 'nothing was changed: the ledger is sealed, .*; change it there$' "$ERR"
}
before=$(sqlite3 "$DATA/ledger.db" .dump | sha256sum)
refused account create Other
refused account rename 'BU Production Test' Other
refused virtual-account create Lab
refused virtual-account set NCS1000 --silence-days 9
refused virtual-account rename NCS1000 Other
refused virtual-account delete NCS1000
refused virtual-account default NCS1000
refused license add $PLAIN 5
refused license set $PLAIN 5
refused license transfer $PLAIN 1 --virtual-account NCS1000 --to-virtual-account Default
printf 'license,count\n%s,2\n' $PLAIN >"$T/import.csv"
refused license import "$T/import.csv"
refused token create --days 1
refused token revoke "$TOKEN"
refused instance transfer CAT2231B18Y --virtual-account NCS1000
refused instance replace CAT2231B18Y --with NCS1004:NEW
refused instance remove CAT2231B18Y
refused reservation close CAT2231B18Y --reason gone
refused satellite create S NCS1000 --days 1
refused satellite take-back S
is 'the ledger is what it was' "$(sqlite3 "$DATA/ledger.db" .dump | sha256sum)" "$before"
ok 'what is there is still told' manager --data "$DATA" instance list
like 'all of it' 'CAT2231B18Y'
ok 'and proved' manager --data "$DATA" ledger verify
ok 'sealing it twice does no harm' manager --data "$DATA" ledger seal
ok 'it is copied' manager --data "$DATA" backup --to "$T/moved.db"
stop "$MANAGER_PID"
mkdir -m 700 "$T/host2"
cp -a "$DATA/token.key" "$DATA/pki" "$T/host2/"
mv "$T/host2/pki/issuing.key" "$T/issuing.key"
status 1 'at another host without one of the keys nothing is restored' manager --data "$T/host2" restore --from "$T/moved.db"
like 'which is said, with the cure' \
	'issuing.key is missing: put it back, with its certificate, from the newest copy of the folder' "$ERR"
ok 'nothing was made' test ! -e "$T/host2/ledger.db"
mv "$T/issuing.key" "$T/host2/pki/issuing.key"
ok 'with all of them it is restored' manager --data "$T/host2" restore --from "$T/moved.db"
DATA=$T/host2
serve_manager
conf "$URL"
ok 'where its devices go on' device license smart renew auth
ok 'a ledger is renewed under a manager that runs' manager --data "$DATA" ledger renew
like 'and since when something may be lost is said' '^The ledger has a new id; what it may lack is of after [0-9-]{10}T'
ok 'its devices go on' device license smart renew auth
