#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A token is nowhere but where the operator put it.
# shellcheck source=tests/integration/cli_lib.sh
. "$(dirname "$0")/cli_lib.sh"

start_authority

ok 'what a token says of itself is shown' device token show "$TOKEN"
like '  … its home' '^Home: [0-9a-f]{8}$'
like "  … its key's number" '^Key Number: [0-9]+$'
like '  … its id' '^Id: .+$'
cp "$OUT" "$T/first"
printf '%s' "$TOKEN" >"$T/token"
smartlic token show - <"$T/token" >"$T/shown" 2>&1
ok '  … the same by standard input' diff "$T/first" "$T/shown"

# found FILE…: names the files that hold the token or its secret, in any form
found() {
	python3 - "$TOKEN" "$@" <<-'END'
		import base64, os, sys
		token = sys.argv[1].encode()
		raw = base64.urlsafe_b64decode(token)
		secret = raw[16:]
		forms = [token, token[22:], raw, secret, secret.hex().encode(), base64.b64encode(secret)[:-4],
		    base64.urlsafe_b64encode(secret)[:-4]]
		for top in sys.argv[2:]:
		    for folder, _, names in os.walk(top) if os.path.isdir(top) else [("", "", [top])]:
		        for name in names:
		            path = os.path.join(folder, name)
		            data = open(path, "rb").read()
		            if any(form in data for form in forms):
		                print(path)
	END
}
nowhere() { # SENTENCE FILE…
	sentence=$1
	shift
	is "$sentence" "$(found "$@")" ''
}
is 'the search would find it' "$(found "$T/token")" "$T/token"
nowhere 'what was shown has no secret' "$T/shown"

# the authority keeps silent, so that a look at the waiting command is possible
kill -STOP "$MANAGER_PID"
background "$TOP_BUILDDIR/tools/smartlic" -c "$CONF" license smart register idtoken "$TOKEN"
pid=$LAST_PID
log=$LAST_LOG
wait_for 20 grep -q 'waiting for' "$log" || bail 'the command waits'
tr '\0' '\n' <"/proc/$pid/cmdline" >"$T/cmdline"
like 'the process list shows the command' '^idtoken$' "$T/cmdline"
nowhere '  … but not its token' "$T/cmdline"
nowhere 'the store of a registration in work has no token' "$STORE"
kill -CONT "$MANAGER_PID"
wait "$pid"
is 'the registration ends well' $? 0
nowhere 'the store of a registered device has no token' "$STORE"
nowhere 'what the command printed has none' "$log"
nowhere "the authority's data and log have none" "$DATA" "$MANAGER_LOG"

# Everything that can be printed, after a registration, a refusal and a removal.  The private key
# stands in the store by design, and nowhere else.
key_forms() { # the key's private part, as the store has it (field 42, PKCS#8), one form a line
	python3 - "$STORE" <<-'END'
		import base64, glob, os, struct, sys
		files = [open(p, "rb").read() for p in glob.glob(sys.argv[1] + "/*") if os.path.isfile(p)]
		slots = [d for d in files if d[:8] == b"SLSLOT2\n"]
		data = max(slots, key=lambda d: d[8:16][::-1])
		at, end = 28, 24 + struct.unpack_from("<Q", data, 16)[0]
		while at < end:
		    number, length = struct.unpack_from("<HI", data, at)
		    value = data[at + 6:at + 6 + length]
		    if number == 42:
		        secret = value[value.index(b"\x04\x20", 20) + 2:][:32]
		        print(secret.hex()); print(base64.b64encode(value)[60:100].decode())
		        print(base64.b64encode(secret)[:40].decode())
		    at += 6 + length
	END
}
show_all() { # FOLDER: each text and each JSON object
	mkdir -p "$1"
	for words in 'license all' 'license status' 'license summary' 'license usage' 'license udi' \
		'license tech' 'license trace all' 'license platform detail' 'license platform summary' \
		'license platform trace all' 'tech-support smartlic' 'call-home detail' \
		'call-home trace all' 'tech-support call-home'; do
		# shellcheck disable=SC2086 # words are words
		device show $words >"$1/$(echo "$words" | tr ' ' -)" 2>&1
		# shellcheck disable=SC2086
		device --json show $words >"$1/$(echo "$words" | tr ' ' -).json" 2>&1
	done
}
device_register >"$T/again" 2>&1
manager --data "$DATA" instance remove CAT2231B18Y >"$T/remove" 2>&1
device license smart renew auth >"$T/renew" 2>&1
key_forms >"$T/key"
is 'the key is found where it belongs' "$(wc -l <"$T/key" | tr -d ' ')" 3
show_all "$T/texts"
device license smart deregister >"$T/deregister" 2>&1
show_all "$T/later"
is 'all texts are there' "$(find "$T/texts" "$T/later" -type f -size +20c | wc -l | tr -d ' ')" 56
nowhere 'no text, trace, support case or JSON has the token' "$T/texts" "$T/later" "$T/again" \
	"$T/remove" "$T/renew" "$T/deregister"
is '  … nor the key' "$(grep -rlFf "$T/key" "$T/texts" "$T/later" "$T/again" "$T/renew" "$T/deregister")" ''
is '  … nor a proof' "$(grep -rlE 'token_(proof|answer)|PRIVATE KEY' "$T/texts" "$T/later")" ''
nowhere 'the store of a removed device has no token either' "$STORE"
new_token
device_register >"$OUT" 2>&1 || bail 'it registers anew'

# a module that OpenSSL is to load by a variable would see them all; a FIFO holds up who opens it
mkfifo "$T/module.so"
cat >"$T/openssl.cnf" <<END
openssl_conf = start
[start]
providers = list
[list]
strange = module
[module]
module = $T/module.so
activate = 1
END
OPENSSL_CONF=$T/openssl.cnf
export OPENSSL_CONF
ok 'no variable makes the authority load a module' timeout 20 \
	"$TOP_BUILDDIR/manager/smartlic-manager" --data "$DATA" token create --virtual-account NCS1000 \
	--days 1
ok 'nor the device' timeout 20 "$TOP_BUILDDIR/tools/smartlic" -c "$CONF" license smart renew auth
unset OPENSSL_CONF

stop "$MANAGER_PID"
nowhere '  … nor once it has ended' "$DATA" "$MANAGER_LOG"
is "the store is its owner's alone" "$(find "$STORE" -perm /077 | wc -l)" 0
