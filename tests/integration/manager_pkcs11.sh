#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The authority's keys in a PKCS#11 token: brought there, made there, and everything goes on by them.
# shellcheck source=tests/integration/cli_lib.sh
. "$(dirname "$0")/cli_lib.sh"

PEERS=${SL_PEERS:-$TOP_SRCDIR/build/peers}
for MODULE in /usr/lib/softhsm/libsofthsm2.so /usr/lib/*/softhsm/libsofthsm2.so \
	"$PEERS"/usr/lib/*/softhsm/libsofthsm2.so; do
	[ ! -e "$MODULE" ] || break
done
SOFTHSM=$(command -v softhsm2-util || echo "$PEERS/usr/bin/softhsm2-util")
if [ ! -e "$MODULE" ] || [ ! -x "$SOFTHSM" ]; then
	skip 'no SoftHSM; tests/peers unpacks one'
fi
LIBRARIES=${MODULE%/softhsm/*}
softhsm() { LD_LIBRARY_PATH="$LIBRARIES:$LIBRARIES/softhsm" "$SOFTHSM" --module "$MODULE" "$@"; }

# ---- a token of the test's own ------------------------------------------------------------------

mkdir "$T/tokens"
export SOFTHSM2_CONF="$T/softhsm2.conf"
printf '%s\n' "directories.tokendir = $T/tokens" 'objectstore.backend = file' 'log.level = ERROR' >"$SOFTHSM2_CONF"
PIN=73519462
printf '%s\n' "$PIN" >"$T/pin"
chmod 600 "$T/pin"
ok 'a token is made' softhsm --init-token --free --label smartlic --so-pin 86420975 --pin "$PIN"

into_token() { softhsm --import "$1" --token smartlic --label "$2" --id "$3" --pin "$PIN"; } # FILE OBJECT ID
# uri OBJECT ID [TOKEN [PIN-FILE]]
uri() { echo "pkcs11:token=${3:-smartlic};object=$1;id=%$2?module-path=$MODULE&pin-source=file:${4:-$T/pin}"; }

init_manager
manager --data "$DATA" key use signer "$(uri signer 01)" >"$OUT" 2>"$ERR"
if grep -q 'was built without PKCS#11' "$ERR"; then
	skip 'it was built without PKCS#11'
fi
like 'a key that is not there is not taken' 'token smartlic: it has no such private key: correct object or id' "$ERR"
like 'and the file is as it was' 'BEGIN PRIVATE KEY' "$DATA/pki/signer.key"

# ---- keys are brought into it ---------------------------------------------------------------------

manager --data "$DATA" virtual-account create NCS1000
manager --data "$DATA" license add --virtual-account NCS1000 $PLAIN 8
manager --data "$DATA" license add --virtual-account NCS1000 $CRYPT 8
manager --data "$DATA" virtual-account create Edge
ok 'a satellite is invited, for which its CA is made' manager --data "$DATA" satellite create Edge Edge --days 7
INVITATION=$(cat "$OUT")
n=1
for name in root issuing signer satellites; do
	ok "the key '$name' is put into the token" into_token "$DATA/pki/$name.key" "$name" "0$n"
	ok 'and used there' manager --data "$DATA" key use "$name" "$(uri "$name" "0$n")"
	like 'its file only says where it is' "^pkcs11:token=smartlic;object=$name;id=%0${n}[?]" "$DATA/pki/$name.key"
	is 'and is its owner'"'"'s alone' "$(stat -c %a "$DATA/pki/$name.key")" 600
	n=$((n + 1))
done
status 2 'the key of another certificate is not taken' manager --data "$DATA" key use signer "$(uri issuing 02)"
like 'and nothing was changed' 'is not that of .*signer.pem; nothing was changed' "$ERR"
ok 'the doctor finds all in order' manager --data "$DATA" doctor
unlike 'and nothing bad' ' bad '

# ---- and all goes on by them ------------------------------------------------------------------------

serve_manager --threads 4
new_token
conf "$URL"
ok 'a device registers by the CA in the token' device_register
ok 'is answered by the signer in it' device license smart renew auth
ok 'and renews its identity' device license smart renew id
ok 'a satellite joins, with a CA by the key in the token' sh -c "echo '$INVITATION' | '$TOP_BUILDDIR/manager/smartlic-manager' \
	satellite join --data '$T/edge' --upstream 'https://localhost:$PORT' --token - --trust-anchor '$ROOT'"
ok 'the satellite'"'"'s own CA key goes into the token' into_token "$T/edge/pki/issuing.key" edge 11
ok 'and is used there' manager --data "$T/edge" key use issuing "$(uri edge 11)"
ok 'and it synchronises' manager --data "$T/edge" satellite sync
ok 'its doctor is content' manager --data "$T/edge" doctor

# several threads sign at once
devices=
for i in 1 2 3 4 5 6; do
	sed -e "s/CAT2231B18Y/CAT2231B2$i/" -e "s|^license smart store .*|license smart store $T/store.$i|" "$CONF" >"$T/$i.conf"
	(
		printf '%s\n' "$TOKEN" | smartlic -c "$T/$i.conf" license smart register idtoken - &&
			smartlic -c "$T/$i.conf" license smart renew auth &&
			smartlic -c "$T/$i.conf" license smart renew id &&
			smartlic -c "$T/$i.conf" license smart renew auth
	) >"$T/$i.log" 2>&1 &
	devices="$devices $!"
done
failed=0
for pid in $devices; do
	wait "$pid" || failed=$((failed + 1))
done
is 'six devices at once are answered by four threads' "$failed" 0
ok 'the manager ends' stop "$MANAGER_PID"
unlike 'its log has no PIN' "$PIN" "$MANAGER_LOG"
ok 'no key is in the folder any more but that of TLS' sh -c "! grep -l 'PRIVATE KEY' '$DATA'/pki/*.key | grep -v /tls.key"

# ---- what may be wrong -------------------------------------------------------------------------------

# wrong SENTENCE URI TEXT: with the signer's key there
cp "$DATA/pki/signer.key" "$T/signer.key"
wrong() {
	printf '%s\n' "$2" >"$DATA/pki/signer.key"
	status 1 "$1: no request could be answered" manager token create --data "$DATA" --virtual-account NCS1000 --days 1
	like '… and says why, and the cure' "signer.key.* $3" "$ERR"
	unlike '… without the PIN' "$PIN" "$ERR"
	status 1 '… the doctor says the same' manager --data "$DATA" doctor
	like '… of the signer' "^response signer +bad +.*signer.key.* $3"
	cp "$T/signer.key" "$DATA/pki/signer.key"
}
wrong 'no such token' "$(uri signer 03 nobody)" 'token nobody is not there: connect it, or correct the URI'
wrong 'no such key' "$(uri signer 77)" 'it has no such private key: correct object or id'
wrong 'another key' "$(uri issuing 02)" 'is not the key of .*signer.pem'
echo 11111111 >"$T/wrong"
chmod 600 "$T/wrong"
for name in root issuing satellites; do # else the token is open by the right PIN
	mv "$DATA/pki/$name.key" "$T/$name.key"
	sed "s|$T/pin|$T/wrong|" "$T/$name.key" >"$DATA/pki/$name.key"
done
status 1 'a wrong PIN' manager token create --data "$DATA" --virtual-account NCS1000 --days 1
like 'is said' 'it refuses the PIN: PIN incorrect: correct the file that pin-source names' "$ERR"
unlike 'and not shown' '11111111' "$ERR"
for name in root issuing satellites; do
	mv "$T/$name.key" "$DATA/pki/$name.key"
done
chmod 644 "$T/pin"
status 1 'a PIN that all can read is not used' manager --data "$DATA" token create --virtual-account NCS1000 --days 1
like 'which is said' 'the file with the PIN, is open to all users: chmod 600, and change the PIN' "$ERR"
rm "$T/pin"
status 1 'no PIN' manager --data "$DATA" token create --virtual-account NCS1000 --days 1
like 'is said' 'pin, the file with the PIN, cannot be read' "$ERR"
printf '%s\n' "$PIN" >"$T/pin"
chmod 600 "$T/pin"
wrong 'no library' "$(uri signer 03 | sed 's|module-path=[^&]*|module-path=/nowhere.so|')" \
	'/nowhere.so: no PKCS#11 library can be loaded there'
wrong 'a PIN in the URI' "pkcs11:token=smartlic;object=signer?module-path=$MODULE&pin-value=$PIN" \
	'a PIN in a URI is seen by others'
ok 'with all as it was, it goes on' manager --data "$DATA" doctor

# ---- and are followed by others of the token -----------------------------------------------------------

# another OBJECT ID CURVE: a key that was made for it
another() {
	"$OPENSSL" genpkey -algorithm EC -pkeyopt "ec_paramgen_curve:$3" -out "$T/made.pem" 2>"$ERR"
	ok "a key '$1' is made in the token" into_token "$T/made.pem" "$1" "$2"
	rm "$T/made.pem"
}
another signer2 31 P-256
another issuing2 32 P-256
another large 33 P-384
status 2 'of a key in a token none in a file is made' manager --data "$DATA" key roll signer
like 'which is said, with the cure' "signer.key: the key is in a token.* name it with --key 'pkcs11:" "$ERR"
status 2 'the key that it is to follow is none' manager --data "$DATA" key roll signer --key "$(uri signer 03)"
like 'which is said' 'has a certificate here already' "$ERR"
status 2 'nor one on another curve' manager --data "$DATA" key roll signer --key "$(uri large 33)"
like 'which is said' 'a key on the curve P-256 is wanted' "$ERR"
status 1 'nor one that is not there' manager --data "$DATA" key roll signer --key "$(uri signer2 77)"
like 'which is said' 'it has no such private key' "$ERR"
status 2 'nor two' manager --data "$DATA" key roll signer --key "$(uri signer2 31)" --key "$(uri large 33)"
ok 'nothing was made' sh -c "! ls '$DATA'/pki/*-successor.*"
ok 'another key of the token is' manager --data "$DATA" key roll signer --key "$(uri signer2 31)"
like 'its file only says where it is' '^pkcs11:token=smartlic;object=signer2;' "$DATA/pki/signer-successor.key"
is 'and is its owner'"'"'s alone' "$(stat -c %a "$DATA/pki/signer-successor.key")" 600
status 1 'a second one is not' manager --data "$DATA" key roll signer --key "$(uri issuing2 32)"
like 'which is said' 'a successor waits already' "$ERR"
ok 'it takes its place' manager --data "$DATA" key roll signer --now
ok 'as the CA'"'"'s does at once' manager --data "$DATA" key roll issuing --key "$(uri issuing2 32)" --now
serve_manager
conf "$URL"
ok 'the device is answered by the next signer' device license smart renew auth
ok 'and certified by the next CA' device license smart renew id
ok 'the manager ends' stop "$MANAGER_PID"
ok 'no key is in the folder but that of TLS' sh -c "! grep -l 'PRIVATE KEY' '$DATA'/pki/*.key | grep -v /tls.key"
ok 'the doctor finds all in order' manager --data "$DATA" doctor

# ---- keys that were made there ------------------------------------------------------------------------

n=21
for curve in P-384 P-256; do
	"$OPENSSL" genpkey -algorithm EC -pkeyopt ec_paramgen_curve:$curve -out "$T/made.pem" 2>"$ERR"
	ok "a token has a key on $curve" into_token "$T/made.pem" made $n
	n=$((n + 1))
done
status 2 'a root has a larger key' manager init --data "$T/new" --account New --key "root=$(uri made 22)"
like 'which is said' '--key root: a key on the curve P-384 is wanted' "$ERR"
ok 'and nothing was made' test ! -e "$T/new"
status 2 'the TLS key stays in its file' manager init --data "$T/new" --account New --key "tls=$(uri made 22)"
ok 'an authority is made by keys in the token' manager init --data "$T/new" --account New \
	--key "root=$(uri made 21)" --key "issuing=$(uri made 22)"
ok 'they are nowhere else' sh -c "! grep -l 'PRIVATE KEY' '$T/new/pki/root.key' '$T/new/pki/issuing.key'"
ok 'and it is in order' manager --data "$T/new" doctor
status 2 'so must its next root be' manager --data "$T/new" key roll root
ok 'which is made by another key of the token' manager --data "$T/new" key roll root --key "$(uri large 33)"
ok 'and the present one vouches for it' "$OPENSSL" verify -x509_strict -CAfile "$T/new/pki/root.pem" \
	"$T/new/pki/root-cross.pem"
ok 'it takes its place' manager --data "$T/new" key roll root --now
ok 'and is in order' manager --data "$T/new" doctor
