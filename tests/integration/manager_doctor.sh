#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The doctor sees each fault, says what it means and how it is cured, and changes nothing.
# shellcheck source=tests/integration/cli_lib.sh
. "$(dirname "$0")/cli_lib.sh"

doctor() { manager --data "$DATA" doctor "$@"; }
sql() { sqlite3 -batch "$DATA/ledger.db" "$1"; }
content() { find "$1" -type f -exec sha256sum {} + | sort; }
certificate() { # NAME DAYS: another certificate of the same key, by the root, which ends in DAYS
	printf 'subjectKeyIdentifier=%s\n' "$("$OPENSSL" x509 -in "$SOUND/pki/$1.pem" -noout -ext subjectKeyIdentifier |
		sed -n 's/^ *\([0-9A-F:]*\)$/\1/p')" >"$T/extensions"
	"$OPENSSL" x509 -in "$SOUND/pki/$1.pem" -noout -pubkey >"$T/public.pem"
	"$OPENSSL" x509 -new -subj /CN=another -force_pubkey "$T/public.pem" -CA "$SOUND/pki/root.pem" \
		-CAkey "$SOUND/pki/root.key" -days "$2" -set_serial 0x77 -extfile "$T/extensions" \
		-out "$DATA/pki/$1.pem" 2>"$ERR" || note "$ERR"
	chmod 644 "$DATA/pki/$1.pem"
}
# again: the folder as it was, sound
again() {
	rm -rf "$DATA"
	cp -a "$SOUND" "$DATA"
}

# ---- a sound folder ------------------------------------------------------------------------------

start_authority
ok 'a folder that is served is looked at' doctor
like 'that there is no backup is a warning' '^backup +warning +none was made; .*; smartlic-manager backup'
unlike 'nothing is bad' ' bad '
ok 'its own server is one whose clock can be compared' doctor --upstream "https://localhost:$PORT"
like 'and agrees' "^clock +good +it is [0-9]+ seconds? (ahead of|behind) that of https://localhost:$PORT; both agree"
ok 'a device registers' device_register
ok 'and uses licenses' device license smart renew auth
stop "$MANAGER_PID"
status 1 'of a server that is away' doctor --upstream "https://localhost:$PORT"
like 'that is said' '^upstream +bad '
ok 'a backup is made' manager --data "$DATA" backup --to "$T/backup.db"
content "$DATA" >"$T/before"
ok 'the doctor looks' doctor
content "$DATA" >"$T/after"
is 'and has changed nothing' "$(cat "$T/after")" "$(cat "$T/before")"
unlike 'all is good' ' (bad|warning|skipped) '
for subject in folder disk database schema entries samples 'token key' clock backup root 'issuing CA' \
	'response signer' 'TLS certificate'; do
	like "$subject was looked at" "^$subject +good "
done
like 'the entries were proven' '^entries +good +BU Production Test: 2 entries; .* their sums are right; nothing to do$'
ok 'in JSON there is the same' doctor --json
is 'row by row' "$(jq -r '.[] | select(.subject == "backup" or .subject == "schema") | .grade + "|" + .cure' "$OUT")" \
	'good|
good|'
ok 'quickly, the older entries are left out' doctor --quick
like 'which is said' '^entries +good .*sums and older ones were not looked at'
SOUND=$T/sound
cp -a "$DATA" "$SOUND"

# ---- each fault: how it is made, the line, the cure -----------------------------------------------

# fault GRADE SENTENCE LINE [OPTION…], after the folder was broken; then it is sound again
fault() {
	grade=$1
	sentence=$2
	line=$3
	shift 3
	[ "$grade" = bad ] && want=1 || want=0
	status "$want" "$sentence" doctor "$@"
	like '… is seen, with the cure' "^$line; .+; .+"
	unlike '… which is something to do' "^$line; .*; nothing to do$"
	[ "$grade" = bad ] && like '… and counted' '^smartlic-manager: [0-9]+ things? (is|are) wrong' "$ERR"
	again
}

chmod 640 "$DATA/token.key"
fault bad 'a token key that a group can read' "mode +bad +$DATA/token.key has mode 0640"
chmod 604 "$DATA/pki/signer.key"
fault bad 'a key that all can read' "mode +bad +$DATA/pki/signer.key has mode 0604"
chmod 666 "$DATA/pki/root.pem"
fault bad 'a certificate that all can change' "mode +bad +$DATA/pki/root.pem has mode 0666"
chmod 755 "$DATA"
fault warning 'a folder that all can look into' "mode +warning +$DATA has mode 0755"
chmod 777 "$DATA"
fault bad 'a folder that all can write to' "mode +bad +$DATA has mode 0777"
if [ "$(id -u)" -eq 0 ]; then
	chown 65534 "$DATA/ledger.db"
	fault bad 'a ledger of another owner' "owner +bad +$DATA/ledger.db belongs to [a-z]+"
fi

rm "$DATA/token.key"
fault bad 'no token key' "token key +bad +$DATA/token.key: cannot be read: .*"
echo 'nonsense' >"$DATA/token.key"
fault bad 'a damaged token key' "token key +bad +$DATA/token.key: line 1: no token key: .*"
sed 's/^1 /2 /' "$SOUND/token.key" >"$DATA/token.key"
fault bad 'a token key of another number' "token key +bad +$DATA/token.key has no key 1, by which there are tokens"
sql "UPDATE token SET description = '$(cut -d ' ' -f 2 "$SOUND/token.key")'"
fault bad 'a token key that is written in the ledger' "token key +bad +a key of $DATA/token.key is in $DATA/ledger.db too"

dd if=/dev/urandom of="$DATA/ledger.db" bs=4096 seek=8 count=3 conv=notrunc 2>/dev/null
fault bad 'a damaged ledger' 'database +bad .*(damaged|malformed).*'
rm "$DATA/ledger.db"
fault bad 'no ledger' "database +bad +$DATA: no data folder \\(it has no ledger.db\\): .*"
sql 'DELETE FROM schema_version WHERE version = (SELECT MAX(version) FROM schema_version)'
fault warning 'a ledger of an earlier version' 'schema +warning +that of an earlier version'
sql 'DELETE FROM schema_version WHERE version = (SELECT MAX(version) FROM schema_version)'
before=$(sql 'SELECT MAX(version) FROM schema_version')
doctor --json >"$OUT" 2>&1
is 'the doctor does not bring it up' "$(sql 'SELECT MAX(version) FROM schema_version')" "$before"
again
sql 'INSERT INTO schema_version VALUES (9999, 0)'
fault bad 'a ledger of a later version' 'schema +bad +the ledger has version 9999, .*'
sql 'UPDATE entry SET delta = delta + 1 WHERE entry = 2'
fault bad 'an entry that was changed' 'entries +bad +BU Production Test: entry 2, of instance [0-9a-f-]+, is not as it was written; .*'
sql 'UPDATE entry SET delta = delta + 1 WHERE entry = 2'
fault bad 'also among the last ones' 'entries +bad +BU Production Test: entry 2, .*' --quick
sql 'UPDATE pool SET consumed = consumed + 1'
fault bad 'a sum that is wrong' "entries +bad +BU Production Test: the ledger breaks its rule .*"
sql "INSERT INTO sample_page SELECT account, pid, sn, uuid, '0c0c0c0c-0000-4000-8000-000000000001', 2, va, instance,
	1, 1790003600, 1790003600, NULL, 'a 8 8 1 1790000000 0' || char(10) FROM instance"
fault bad 'a page of samples that cannot be read' \
	'samples +bad +BU Production Test: samples of account .*, page 2: line 1: a sample of another page, .*' --quick
sql 'UPDATE manager SET backup_s = backup_s - 8 * 86400'
fault warning 'a backup that is old' 'backup +warning +the last one is of [^ ]+, 8 days ago'
sql "UPDATE instance SET contact_s = contact_s + 4000"
fault bad 'a clock that was set back' 'clock +bad +it is [0-9]+ minutes before the latest that the ledger knows, .*'
ok 'a virtual account of a satellite is made' manager --data "$DATA" virtual-account create Field
ok 'and a satellite is invited' manager --data "$DATA" satellite create field --days 2 Field
ago=$(($(date +%s) - 40 * 86400))
sql "UPDATE satellite SET state = 'joined', joined_s = $ago, synced_s = $ago"
fault warning 'a satellite that is late' 'satellite +warning +field synchronised [^ ]+, 40 days ago'
manager --data "$DATA" virtual-account create Field
manager --data "$DATA" satellite create field --days 2 Field >/dev/null
ago=$(($(date +%s) - 91 * 86400))
sql "UPDATE satellite SET state = 'joined', joined_s = $ago, synced_s = $ago"
fault bad 'a satellite that is lost' 'satellite +bad +field synchronised [^ ]+, 91 days ago'

cp "$DATA/pki/issuing.key" "$DATA/pki/signer.key"
fault bad 'a key of another certificate' "response signer +bad +$DATA/pki/signer.key is not the key of $DATA/pki/signer.pem.*"
cp "$DATA/pki/issuing.key" "$DATA/pki/tls.key"
fault bad 'a TLS key of another certificate' "TLS certificate +bad +$DATA/pki/tls.key is not the key of $DATA/pki/tls.pem"
rm "$DATA/pki/issuing.key"
fault bad 'no key of the issuing CA' "issuing CA +bad +$DATA/pki/issuing.key is missing"
rm "$DATA/pki/root.key"
ok 'the root may have no key' doctor
like 'which is good' "^root +good +$DATA/pki/root.key is not there; it is kept elsewhere"
again
echo nonsense >"$DATA/pki/signer.pem"
fault bad 'a damaged certificate' "response signer +bad +$DATA/pki/signer.pem.*"
echo nonsense >"$DATA/pki/signer.key"
fault bad 'a damaged key' "response signer +bad +$DATA/pki/signer.key.*"
rm -rf "$T/other"
manager init --data "$T/other" --account Other >/dev/null
cp "$T/other/pki/signer.pem" "$T/other/pki/signer.key" "$DATA/pki/"
fault bad 'a certificate of another root' "response signer +bad +$DATA/pki/signer.pem does not lead to the root"
cp "$T/other/pki/tls.pem" "$T/other/pki/tls.key" "$DATA/pki/"
ok 'a TLS certificate of another CA is good' doctor
like 'and told' "^TLS certificate +good +$DATA/pki/tls.pem is not of this root; another CA issued it"
again
certificate signer 80
fault warning 'a signer that ends in 80 days' 'response signer +warning +its certificate ends [^ ]+, in (79|80) days'
certificate signer 6
fault bad 'a signer that ends in 6 days' 'response signer +bad +its certificate ends [^ ]+, in (5|6) days'
certificate tls 29
fault warning 'a TLS certificate that ends in 29 days' 'TLS certificate +warning +its certificate ends .*'
certificate issuing 399
fault warning 'an issuing CA that ends in 399 days' 'issuing CA +warning +its certificate ends .*'

status 1 'a folder that is not there' manager --data "$T/nowhere" doctor
like 'is named' "^folder +bad +$T/nowhere is no folder; there is no authority; "

# a disk that is full: a small one of the test's own
if unshare -rm true 2>/dev/null; then
	cp -a "$SOUND" "$T/small"
	unshare -rm sh -c "mount -t tmpfs -o size=20m tmpfs '$DATA' && cp -a '$T/small/.' '$DATA' && chmod 700 '$DATA' &&
		'$TOP_BUILDDIR/manager/smartlic-manager' --data '$DATA' doctor" >"$OUT" 2>"$ERR"
	like 'a disk that is nearly full is seen' '^disk +bad +[0-9]+ MiB are free; .*; make room'
	unshare -rm sh -c "mount -t tmpfs tmpfs '$DATA' && cp -a '$T/small/.' '$DATA' && chmod 700 '$DATA' &&
		mount -o remount,ro '$DATA' && '$TOP_BUILDDIR/manager/smartlic-manager' --data '$DATA' doctor" >"$OUT" 2>"$ERR"
	like 'one that cannot be written to as well' '^database +bad +.*: Read-only file system; .*whether it can be written'
else
	partly 'no file system can be mounted, so no disk is full'
fi
