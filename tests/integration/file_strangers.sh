#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What lies in an inbox and is no answer, or not yet; sticks that are elsewhere; processes that die.
# shellcheck source=tests/integration/file_lib.sh
. "$(dirname "$0")/file_lib.sh"

import() { device license smart file import; }

start_office
rmdir "$OUTBOX"
status 1 'a registration that cannot be written is no success' device_register
status 1 '  … nor when its answer is looked for' import
like '  … which says why' "'register' .*its request is not written: .*outbox $OUTBOX: cannot be opened: No such file" "$ERR"
mkdir "$OUTBOX"
status 1 'the next command writes it' import
like '  … and says where' "its request is $OUTBOX/[^/]*\.slrq, to be carried" "$ERR"
set -- "$OUTBOX"/*.slrq
request=$1
answer "$request" >"$OUT" 2>&1 || bail 'it is answered'
set -- "$ANSWERS"/*.slrs
good=$T/good
mv "$1" "$good"

# Another authority's answer to the same request has its id in it, and is signed by its own root.
mkdir "$T/other"
ours=$DATA
DATA=$T/other/data
manager init --data "$DATA" --account Stranger >"$OUT" 2>&1
ok 'another authority refuses' answer "$request"
like '  … with a line that says why' ' register +token_elsewhere +the token was made by another license authority'
mv "$ANSWERS"/*.slrs "$INBOX/other.slrs"
DATA=$ours

cp "$request" "$INBOX/a-request.slrs"
printf 'no message\n' >"$INBOX/text.slrs"
head -c 100 /dev/urandom >"$INBOX/noise.slrs"
: >"$INBOX/empty.slrs"
mkfifo "$INBOX/fifo.slrs"
ln -s /dev/zero "$INBOX/zero.slrs"
ln -s "$good" "$INBOX/link.slrs"
mkdir "$INBOX/folder.slrs"
status 1 'what is no answer is passed over' import
like '  … the request stays open' "no answer to 'register' is in the inbox yet" "$ERR"
ok '  … and the trace says what was not accepted' device show license trace all
like '  … the message that has the id and is no answer' "passes over a stranger's message: "
like '  … and how many files it could not look into' \
	": inbox $INBOX: of the files of answers there 3 are not whole and 4 cannot be read\$"

# of the same key, and not the same
python3 - "$good" "$INBOX/altered.slrs" <<'END_OF_PYTHON'
import base64, sys
lines = open(sys.argv[1]).read().split('\n')
der = bytearray(base64.b64decode(''.join(lines[1:-2])))
at = der.find(b'"status":"ok"')
der[at + 10:at + 12] = b'OK'
text = base64.b64encode(bytes(der)).decode()
open(sys.argv[2], 'w').write('\n'.join([lines[0]] + [text[i:i + 64] for i in range(0, len(text), 64)] + lines[-2:]))
END_OF_PYTHON
status 1 'an answer that was altered is passed over' import
is '  … changing nothing' "$(json summary '.["pending-request"].type')" register

size=$(wc -c <"$good")
for cut in 0 1 100 $((size / 2)) $((size - 30)) $((size - 2)); do
	head -c "$cut" "$good" >"$INBOX/half.slrs"
	status 1 "an answer of which $cut bytes are there does not count" import
done

rmdir "$INBOX/folder.slrs"
mv "$OUTBOX" "$T/gone"
cp "$good" "$INBOX/half.slrs"
chmod 500 "$INBOX"
ok 'once it is whole it does, from a folder that may only be read, the outbox being away' import
like '  … with all of its strangers' '^Registered: Smart Account BU Production Test'
like '  … and the licenses' '^  Status: AUTHORIZED on '

status 1 'a request that cannot be written is no success' device license smart renew auth
like '  … names the folder and the cure' "outbox $OUTBOX: cannot be opened: No such file or directory; put the stick in" "$ERR"
status 1 '  … nor is one that looks for its answer' import
like '  … which says that there is no request to carry, and why' \
	"its request is not written: .*outbox $OUTBOX: cannot be opened: No such file or directory; put the stick in" "$ERR"
is '  … and stays open' "$(json summary '.["pending-request"].type')" authorize
mv "$T/gone" "$OUTBOX"
rm -f "$OUTBOX"/*
status 1 'with the outbox there again it is written' import
like '  … and named' "its request is $OUTBOX/[^/]*\.slrq, to be carried" "$ERR"
rm -f "$OUTBOX"/*
ok '  … until the next command' device license smart renew auth
like '  … which writes it' "^Written: $OUTBOX/"
id=$(json summary '.["pending-request"]["request-id"]')
like '  … the same one' "-$(printf %.8s "$id")\\.slrq\$"

# Killed wherever it is: the request is in the store, the file is whole or not there.
chmod 700 "$INBOX"
torn=0
n=0
while [ $n -lt 20 ]; do
	n=$((n + 1))
	rm -f "$OUTBOX"/*
	timeout -s KILL "0.0$((n % 10))$n" "$TOP_BUILDDIR/tools/smartlic" -c "$CONF" license smart renew auth >"$OUT" 2>&1
	for f in "$OUTBOX"/*.slrq; do
		[ ! -e "$f" ] || tail -n 1 "$f" | grep -q '^-----END CMS-----$' || torn=$((torn + 1))
	done
done
is 'a process that is killed leaves no torn request under its name' $torn 0
is '  … and the request is still the same' "$(json summary '.["pending-request"]["request-id"]')" "$id"
ok '  … so that the next one writes it' device license smart renew auth
ok '  … it is carried' carry
ok '  … and answered' import
like '  … once' '^Answered: authorize$'
