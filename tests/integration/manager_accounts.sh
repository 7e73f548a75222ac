#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Several smart accounts in one data folder, as administrators see them.
. "$(dirname "$0")/../sh/lib.sh"

init_manager First
in_first() { manager --data "$DATA" "$@"; }
in_second() { manager --data "$DATA" --account Second "$@"; }

ok 'another smart account is made' in_first account create Second
status 1 'not twice' in_first account create Second
like 'the refusal names it' "named 'Second' already" "$ERR"
ok 'accounts are listed' in_first account list
is 'the first one first' "$(sed 1d "$OUT" | cut -d' ' -f1 | tr '\n' ' ')" 'First Second '
ok 'accounts as JSON' in_first account list --json
second_id=$(jq -r '.[1].id' "$OUT")
status 1 'an unknown account is refused' manager --data "$DATA" --account Third license list
like 'the refusal names it and how to find one' "'Third'.*account list" "$ERR"

ok 'both have the same names' in_first virtual-account create Lab
ok 'without meeting' in_second virtual-account create Lab
ok 'licenses of the first' in_first license add --virtual-account Lab S-NCS1K4-LIC-100G= 5
ok 'licenses of the second, by its id' manager --data "$DATA" --account "$second_id" \
	license add --virtual-account Lab S-NCS1K4-LIC-100G= 3
in_first license list >"$OUT"
like 'each has its own' '^Lab +S-NCS1K4-LIC-100G= +5 '
in_second license list >"$OUT"
like 'and nothing of the other' '^Lab +S-NCS1K4-LIC-100G= +3 '
is 'only one line of it' "$(wc -l <"$OUT")" 2

ok 'a token of the second' in_second token create --days 1
id=$(in_second token list --json | jq -r '.[0].id')
in_first token list >"$OUT"
is 'is none of the first' "$(wc -l <"$OUT")" 1
status 1 'nor can it be revoked there' in_first token revoke "$id"
ok 'but where it is' in_second token revoke "$id"

ok 'an account gets a new name' in_first account rename Second Zweite
status 1 'the former is forgotten' in_second license list
status 1 'a name that another has is refused' in_first account rename Zweite First
manager --data "$DATA" --account Zweite audit list >"$OUT"
like 'who renamed it is in its audit' "account renamed .*from 'Second' to 'Zweite'"
in_first audit list >"$OUT"
unlike 'and in no other' 'renamed'

status 2 'usage samples of less than 35 days are not to be had' in_first account set Zweite --sample-days 34
ok 'they are kept for as long as an account says' in_first account set Zweite --sample-days 35 --by ann
ok 'or for ever' in_first account set First --sample-days forever
ok 'which is listed' in_first account list --json
is 'with each account' "$(jq -c 'map(.sample_days)' "$OUT")" '[null,35]'
manager --data "$DATA" --account Zweite audit list >"$OUT"
like 'and in its audit' '^.* ann +account set .*usage samples are kept 35 days instead of 400 days'

ok 'no device is in two of them' in_first account duplicates --json
is 'as JSON' "$(jq -c . "$OUT")" '[]'
