#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Fifty devices in one bundle, one bundle back; and bundles that are not what they ought to be.
# shellcheck source=tests/integration/file_lib.sh
. "$(dirname "$0")/file_lib.sh"

DEVICES=50
start_office $((8 * DEVICES))

# A device of its own: serial and UUID with what file names do not take.
i=0
while [ $i -lt $DEVICES ]; do
	i=$((i + 1))
	STORE=$T/store-$i
	file_conf "CAT.$i" "../slot/$i"
	cp "$CONF" "$T/conf-$i"
	device_register >"$OUT" 2>"$ERR" || {
		note "$ERR"
		bail 'each device writes its request'
	}
done
is 'each device has written its request' "$(find "$OUTBOX" -name '*.slrq' | wc -l)" $DEVICES
is '  … under a name of letters, digits, dashes and %XX' \
	"$(find "$OUTBOX" -type f | sed 's,.*/,,' | grep -vcE '^NCS1004-CAT%2E[0-9]+-%2E%2E%2Fslot%2F[0-9]+-[0-9a-f]{8}\.slrq$')" 0

{
	echo 'To: licenses@example.net'
	cat "$OUTBOX"/*.slrq
} >"$T/all.slrq"
ok 'one bundle is answered' answer "$T/all.slrq"
is '  … with a line for each block' "$(grep -cE ' register +ok ' "$OUT")" $DEVICES
like '  … and a total' "^$DEVICES answered, of these 0 refused; 0 skipped\$"
is '  … by one bundle' "$(find "$ANSWERS" -type f | wc -l) $(cat "$ANSWERS"/bundle-*.slrs | grep -c BEGIN)" "1 $DEVICES"
cp "$ANSWERS"/bundle-*.slrs "$T/former"
ok 'it is answered again' answer --json "$T/all.slrq"
is '  … under the same name' "$(find "$ANSWERS" -type f | wc -l)" 1
is '  … with the same results' "$(jq -r '[.answered, .refused, .skipped, (.blocks | length)] | join(" ")' "$OUT")" \
	"$DEVICES 0 0 $DEVICES"
is '  … each device being there once' "$(manager --data "$DATA" instance list --json | jq length)" $DEVICES

mv "$ANSWERS"/bundle-*.slrs "$INBOX"
chmod 500 "$INBOX"
i=0
imported=0
while [ $i -lt $DEVICES ]; do
	i=$((i + 1))
	CONF=$T/conf-$i
	device license smart file import >"$OUT" 2>"$ERR" || {
		note "$ERR"
		continue
	}
	grep -q '^Registered: ' "$OUT" && grep -q '^  Status: AUTHORIZED' "$OUT" && imported=$((imported + 1))
done
is 'each device finds its own answer in it' "$imported" $DEVICES
is '  … and all of their licenses are counted' \
	"$(manager --data "$DATA" license list --json | jq '[.[].in_use] | add')" $((16 * DEVICES))

CONF=$T/conf-1
rm -f "$OUTBOX"/*
device license smart renew auth >"$OUT" 2>&1
set -- "$OUTBOX"/*.slrq
{
	printf -- '-----BEGIN CMS-----\nno base64!\n-----END CMS-----\n'
	printf -- '-----BEGIN CMS-----\nMAMCAQE=\n-----END CMS-----\n'
	cat "$1"
	sed '$d' "$1"
} >"$T/mixed.slrq"
status 1 'a bundle with bad blocks is answered as far as it is good' answer "$T/mixed.slrq"
like '  … the one that is no base64 being named' ' 1 +- +- +skipped +not base64$'
like '  … the one that is no message' ' 2 +- +- +skipped +no request that is known here: '
like '  … the one that has no end' ' 4 +- +- +skipped +it has no end'
like '  … and the good one answered' ' 3 +PID:NCS1004 SN:CAT.1 +authorize +ok '
like '  … in all' '^1 answered, of these 0 refused; 3 skipped$'

mkfifo "$T/fifo.slrq"
ln -s "$1" "$T/link.slrq"
: >"$T/empty.slrq"
status 1 'what is no regular file is not opened' answer "$T/fifo.slrq" "$T/link.slrq" "$T" "$T/absent.slrq"
is '  … each being named' "$(grep -c ' skipped ' "$OUT")" 4
status 1 'a file without a block is named' answer "$T/empty.slrq"
like '  … so' 'no request in it'
status 1 'a folder for the answers that is not there is said' manager --data "$DATA" offline answer "$1" --out "$T/nowhere"
like '  … and which' "--out $T/nowhere: No such file or directory: name a folder" "$ERR"
status 2 'without a file it is wrong usage' answer

cp "$1" "$(printf '%s/Ger\344t.slrq' "$T")"
ok 'a name that is no UTF-8 is answered' answer "$T"/Ger*.slrq
like '  … with a line for its block' "$T/Ger[?]t.slrq +1 +PID:NCS1004 SN:CAT.1 +authorize +ok "
ok '  … and again' answer --json "$T"/Ger*.slrq
is '  … with its block in the JSON' "$(jq -r '.blocks[].file' "$OUT")" "$T/Ger?t.slrq"

rm -f "$ANSWERS"/*
echo untouched >"$T/victim"
name=$(basename "$1" .slrq)
ln -s "$T/victim" "$ANSWERS/$name.slrs"
ln -s "$T/victim" "$ANSWERS/$name.slrs.tmp"
ok 'a link where the answer is to stand is replaced' answer "$1"
is '  … and not followed' "$(cat "$T/victim") $(head -n 1 "$ANSWERS/$name.slrs")" 'untouched -----BEGIN CMS-----'
rm -f "$ANSWERS/$name.slrs"
mkdir "$ANSWERS/$name.slrs"
status 1 'a folder of that name is a failure' answer "$1"
like '  … that is told with the cure' "$ANSWERS/$name.slrs: cannot be written: .*nothing is done twice" "$ERR"
is '  … and leaves nothing half made' "$(find "$ANSWERS" -type f | wc -l)" 0
