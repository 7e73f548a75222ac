#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The manager's commands: what they do, what they refuse, and how they say so.
. "$(dirname "$0")/../sh/lib.sh"

# every file of a folder with its content
state_of() { find "$1" -type f -exec cksum {} + | sort; }

# ---- wrong usage -------------------------------------------------------------

# words of the command line | what the text must name
while IFS='|' read -r words text; do
	# shellcheck disable=SC2086 # words
	status 2 "wrong usage: smartlic-manager $words" manager $words
	like "… and it says why: $text" "$text" "$ERR"
done <<-END
	|a command is missing
	nonsense|'nonsense' is no command
	token|token: .*create, list, show, revoke
	token make|token: 'make': .*create, list, show, revoke
	init --account x|--data DIR is missing
	init --data d|--account NAME is missing
	serve --data d --json|--json is no option of this command
	init --data d --data e --account x|--data is given twice
	init --data|--data: DIR is missing after it
	init --data= --account x|--data: DIR is empty
	--frobnicate|'--frobnicate' is no option
	-x|'-x' is no option
	token list --json=yes --data d|--json takes no value
	token list|--data DIR is missing
	token list more --data d|'more' is one word too many
	token create --data d|--days N is missing
	token create --data d --days 0|--days: '0': a number from 1 to 365
	token create --data d --days 366|--days: '366': a number from 1 to 365
	token create --data d --days 3x|--days: '3x': a number
	token create --data d --days 3 --uses 0|--uses: '0': a number
	token revoke --data d|TOKEN-ID is missing
	token show --data d|TOKEN-ID is missing
	token create --data d --days 3 --udi NCS1004|'NCS1004': a device is named as PID:SN
	token create --data d --days 3 --udi NCS1004:CAT1:a:b:c --udi :CAT1|UDI: pid must be
	token create --data d --days 3 --udi PID:NCS1004,CAT1|'PID:NCS1004,CAT1': a device is named
	license add TAG --data d|COUNT is missing
	license add TAG 0 --data d|COUNT: '0': a number from 1
	license set TAG -1 --data d|'-1' is no option
	license set TAG 1.5 --data d|COUNT: '1.5': a number
	license set TAG 99999999999999999999 --data d|COUNT: .* a number
	instance show --data d|UUID-OR-SERIAL is missing
	virtual-account create --data d|NAME is missing
	help nonsense|'nonsense' is no command
END

status 2 'what a command does not take' manager token create --data d --days 3 --dayz 4
like 'where to read of it is said' "^'smartlic-manager help token create' says what is expected" "$ERR"
status 2 'a value that it does not take' manager token create --data d --days 0
like 'it is said as well' "^'smartlic-manager help token create' says what is expected" "$ERR"
status 2 'no command' manager tokens
like 'then of all' "^'smartlic-manager help' says what is expected" "$ERR"

ok 'help says what there is' manager help
for word in init serve trust-anchor 'virtual-account create' 'license add' 'license set' 'token create' \
	'token list' 'token show' 'token revoke' 'instance list' 'instance show' 'instance remove'; do
	like "help names: $word" "^  $word  "
done
ok 'help of one command' manager help token create
like 'help of one command has its synopsis' \
	'^Usage: smartlic-manager token create --data DIR \[--account NAME\] \[--virtual-account NAME\] --days N'
ok '--help is the same' manager token create --help
like '--help of one command has its synopsis' '^Usage: smartlic-manager token create --data DIR'
ok 'the version' manager --version
like 'the version has its number' '^smartlic-manager [0-9]+\.'

# ---- init --------------------------------------------------------------------

init_manager
ok 'the data folder is private' test "$(stat -c %a "$DATA")" = 700
ok 'the token key is private' test "$(stat -c %a "$DATA/token.key")" = 600
ok 'the ledger is private' test "$(stat -c %a "$DATA/ledger.db")" = 600
before=$(state_of "$DATA")
status 1 'a data folder that exists is refused' manager init --data "$DATA" --account Other
like 'the refusal names the folder' "$DATA: exists already" "$ERR"
is 'nothing in it was changed' "$(state_of "$DATA")" "$before"
mkdir "$T/empty"
status 1 'an empty folder that exists is refused too' manager init --data "$T/empty" --account Other
is 'it stays empty' "$(ls -A "$T/empty")" ''
status 1 'a missing folder above is refused' manager init --data "$T/no/data" --account Other
like 'the refusal names what is missing' "$T/no/data: the folder above" "$ERR"
not_ok 'nothing was made on the way' test -e "$T/no"
not_ok 'an account name with a line end is refused' manager init --data "$T/d2" --account "$(printf 'a\nb')"
not_ok 'a refused init leaves no folder' test -e "$T/d2"

for command in serve trust-anchor 'token list' 'license list' 'instance list'; do
	# shellcheck disable=SC2086 # words
	status 1 "no data folder: $command" manager --data "$T/empty" $command
	like "no data folder: $command says how to make one" 'smartlic-manager init' "$ERR"
done

# ---- while it serves ---------------------------------------------------------

serve_manager
ok 'a virtual account is made' manager --data "$DATA" virtual-account create NCS1000
status 1 'not twice' manager --data "$DATA" virtual-account create NCS1000
like 'the refusal names it' NCS1000 "$ERR"
ok 'licenses by the short tag' manager --data "$DATA" license add --virtual-account NCS1000 \
	S-NCS1K4-LIC-100G= 6
ok 'options may stand anywhere' manager license add S-NCS1K4-LIC-100G= --virtual-account=NCS1000 2 \
	--data "$DATA"
ok 'the default virtual account is there' manager --data "$DATA" license set S-NCS1K4-LIC-100G= 3
status 1 'an unknown virtual account is refused' manager --data "$DATA" license add \
	--virtual-account Nowhere S-NCS1K4-LIC-100G= 1
like 'the refusal names the virtual account' Nowhere "$ERR"
status 1 'an unknown license is refused' manager --data "$DATA" license add NO-SUCH-TAG= 1
like 'the refusal names the license' NO-SUCH-TAG= "$ERR"
ok 'pools are listed' manager --data "$DATA" license list
like 'both additions count' '^NCS1000 +S-NCS1K4-LIC-100G= +8 +0 +in compliance +-$'
like 'the default one has its own' '^Default +S-NCS1K4-LIC-100G= +3 +0 +in compliance +-$'
ok 'pools as JSON' manager --data "$DATA" license list --json
is 'JSON has the full tag and the number' \
	"$(jq -r '.[] | select(.virtual_account == "NCS1000") | "\(.tag) \(.purchased)"' "$OUT" | sed 's/,.*_/ … /')" \
	"$(jq -r '.[] | select(.virtual_account == "NCS1000") | "\(.tag) 8"' "$OUT" | sed 's/,.*_/ … /')"
ok 'set makes it exact' manager --data "$DATA" license set --virtual-account NCS1000 S-NCS1K4-LIC-100G= 4
manager --data "$DATA" license list >"$OUT"
like 'a pool after set' '^NCS1000 +S-NCS1K4-LIC-100G= +4 '

# ---- what is wrong, where, and what to do ----

# exit status | words of the command line | what the text must name
while IFS='|' read -r code words text; do
	# shellcheck disable=SC2086 # words
	status "$code" "refused: $words" manager --data "$DATA" $words
	like "… with place and cure: $text" "$text" "$ERR"
done <<-END
	1|backup --to $T/none/x|$T/none/x: the folder above it: No such file or directory; make it
	1|satellite leave --import $T/none|--import $T/none: No such file or directory; name the file
	2|license add S-NCS1K4-LIC-100G= 1 --start 2021-01-01 --end 2020-01-01|the end 2020-01-01T00:00:00Z is not after the start 2021-.*--end
	1|satellite status|it has no upstream; 'satellite join'
	1|virtual-account show None|'None' .*'virtual-account list'
	1|virtual-account default None|'None' .*'virtual-account list'
	1|satellite show None|'None'; 'satellite list'
	1|satellite take-back None|'None'; 'satellite list'
	1|instance show None|'None'; 'instance list'
	1|token show AAAAAAAAAAAAAAAAAAAAAA|'token list'
END

# ---- limits and alerts ---------------------------------------------------------

ok 'the limits of a virtual account are set' manager --data "$DATA" virtual-account set NCS1000 \
	--silence-days 5 --deadline-days 30
ok 'they are listed' manager --data "$DATA" virtual-account list
like 'those that were set' '^NCS1000 +no +5 +30 '
like 'and those that were not' '^Default +yes +30 +90 '
status 2 'silence beyond the deadline is refused' manager --data "$DATA" virtual-account set NCS1000 --silence-days 31
like 'with both of them' '30 and 31 days' "$ERR"
status 2 'nothing to set is refused' manager --data "$DATA" virtual-account set NCS1000
ok 'without a cause there is no alert' manager --data "$DATA" alert list --json
is 'as JSON' "$(jq -c . "$OUT")" '[]'

# ---- tokens ------------------------------------------------------------------

manager --data "$DATA" token create --virtual-account NCS1000 --days 30 --name 'for the lab' --uses 2 \
	>"$T/token" 2>"$ERR"
is 'a token is printed alone' "$(wc -l <"$T/token") $(grep -cE '^[A-Za-z0-9_][A-Za-z0-9_-]{63}$' "$T/token")" '1 1'
ok 'tokens are listed' manager --data "$DATA" token list
id=$(cut -c1-21 "$T/token") # 16 bytes are 21 and a third characters
like 'by id, use, end and name' \
	"^${id}[A-Za-z0-9_-] +NCS1000 +valid +0 +2 +2 +- +[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z +$(id -un) +for the lab$"
ok 'tokens as JSON' manager --data "$DATA" token list --json
is 'JSON has its use limit' "$(jq -r '.[0].uses_max' "$OUT")" 2
token_id=$(jq -r '.[0].id' "$OUT")
cp "$OUT" "$T/list"
not_ok 'no list holds the token' grep -qF -f "$T/token" "$T/list"
ok 'a token may be made in the name of somebody, for certain devices' manager --data "$DATA" token create \
	--days 3 --by alice --description 'returned in May' --export-controlled --udi NCS1004:CAT1 \
	--udi PID:NCS1004,SN:A:B,UUID:sdr-2
cat "$OUT" >>"$T/token"
bound=$(cut -c1-22 "$OUT" | tail -n 1)
ok 'one token is shown' manager --data "$DATA" token show "$(tail -n 1 "$T/token")"
like 'by whom it was made' '^Made by: +alice$'
like 'what for' '^Description: +returned in May$'
like 'what it allows' '^Export-controlled: +allowed$'
like 'that it was not used' '^Last use: +-$'
like 'a device that it is bound to' '^NCS1004 +CAT1 +-$'
like 'and one whose serial number has a colon' '^NCS1004 +A:B +sdr-2$'
unlike 'and not the token' "$(tail -n 1 "$T/token" | cut -c23-)"
manager --data "$DATA" token list --json >"$OUT"
id=$(jq -r '.[] | select(.made_by == "alice") | .id' "$OUT")
is 'it is the one in the list' "$(printf %.21s "$id")" "$(printf %.21s "$bound")"
ok 'JSON has its devices' manager --data "$DATA" token show "$id" --json
is 'each with its parts' "$(jq -c '[.devices[] | [.pid, .sn, .uuid]]' "$OUT")" \
	'[["NCS1004","A:B","sdr-2"],["NCS1004","CAT1",""]]'
ok 'it is revoked' manager --data "$DATA" token revoke "$id"
status 1 'an unknown token is not shown' manager --data "$DATA" token show AAAAAAAAAAAAAAAAAAAAAA
ok 'a token is revoked by its id' manager --data "$DATA" token revoke "$token_id"
manager --data "$DATA" token list >"$OUT"
like 'it shows as revoked' "^$token_id +NCS1000 +revoked "
status 1 'an unknown token cannot be revoked' manager --data "$DATA" token revoke AAAAAAAAAAAAAAAAAAAAAA
ok 'a token without limits goes to the default virtual account' manager --data "$DATA" token create --days 1
cat "$OUT" >>"$T/token"
ok 'its limit is listed as none' sh -c '"$0" --data "$1" token list | grep -qE " Default +valid +0 +- +- "' \
	"$TOP_BUILDDIR/manager/smartlic-manager" "$DATA"

# the secret half, as it would be if someone kept it: text, hex, raw bytes
cut -c23- "$T/token" >"$T/secrets"
while read -r token; do
	printf '%s' "$token" | tr '_-' '/+' | base64 -d | tail -c 32 | od -An -tx1 | tr -d ' \n'
	echo
done <"$T/token" >>"$T/secrets"
not_ok 'no file of the data folder holds a token or its secret' \
	grep -rlaF -f "$T/secrets" "$DATA"
not_ok 'no log holds one' grep -lF -f "$T/secrets" "$MANAGER_LOG"
not_ok 'no process list holds one' sh -c 'cat /proc/[0-9]*/cmdline 2>/dev/null | grep -qaF -f "$0"' "$T/secrets"
ok 'the token key stands in its own file alone' sh -c \
	'cut -d" " -f2 "$0/token.key" >"$1/key" && test "$(grep -rlF -f "$1/key" "$0")" = "$0/token.key"' "$DATA" "$T"

# ---- instances ---------------------------------------------------------------

ok 'no instance is an empty list' manager --data "$DATA" instance list --json
is 'as JSON' "$(jq -c . "$OUT")" '[]'
for command in show remove; do
	status 1 "instance $command of an unknown one" manager --data "$DATA" instance "$command" CAT0000
	like "instance $command names it" CAT0000 "$ERR"
done

# ---- what is broken is said ---------------------------------------------------

ok 'the server ends well' stop "$MANAGER_PID"
cp "$DATA/token.key" "$T/key.saved"
printf '1 abc\n' >"$DATA/token.key"
status 1 'a broken token key is refused' manager --data "$DATA" token create --days 1
like 'its text names file and line' "$DATA/token.key: line 1" "$ERR"
unlike 'its text does not quote the key' abc "$ERR"
cp "$T/key.saved" "$DATA/token.key"
ok 'with the file restored it works' manager --data "$DATA" token create --days 1
ok 'listing needs no keys' sh -c 'mv "$1/pki" "$1/pki.away" && "$0" --data "$1" token list; r=$?; mv "$1/pki.away" "$1/pki"; exit $r' \
	"$TOP_BUILDDIR/manager/smartlic-manager" "$DATA"
mkdir "$T/begun" "$T/begun/pki" && : >"$T/begun/token.key"
status 1 'a folder that an interrupted init has left is none' manager --data "$T/begun" account list
status 1 'nor is it made over' manager init --data "$T/begun" --account x
like 'the cure is said' "$T/begun: exists already.*, if an 'init' was interrupted there, remove it" "$ERR"
if [ "$(id -u)" -eq 0 ]; then
	chmod 711 "$T"
	status 1 'a folder of another user is not read' setpriv --reuid=65534 --regid=65534 --clear-groups \
		"$TOP_BUILDDIR/manager/smartlic-manager" --data "$DATA" account list
	like 'which is said' "$DATA: Permission denied: .*the user that owns the folder" "$ERR"
	unlike 'and nothing else' postgresql "$ERR"
else
	partly 'not root, so every folder is this user'"'"'s'
fi
status 1 'output that cannot be written is a failure' sh -c '"$0" help >/dev/full' \
	"$TOP_BUILDDIR/manager/smartlic-manager"
