#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Virtual accounts as an administrator meets them: names, tags, the default one, and the end of one.
. "$(dirname "$0")/../sh/lib.sh"

init_manager
m() { manager --data "$DATA" "$@"; }
G=S-NCS1K4-LIC-100G=

ok 'one is made' m virtual-account create Lab --by ann
ok 'with tags' m virtual-account set Lab --tags 'berlin, cost centre 7' --by ann
ok 'another' m virtual-account create Field
ok 'with one of them' m virtual-account set Field --tags berlin
status 2 'nothing to set is wrong usage' m virtual-account set Field
ok 'they are listed' m virtual-account list
like 'the default one as such' '^Default +yes +30 +90 +- +-$'
like 'and with their tags' '^Lab +no +30 +90 +- +berlin, cost centre 7$'
m virtual-account list --json >"$OUT"
is 'as JSON, tags are a list' "$(jq -c '.[2] | [.virtual_account, .default, .tags]' "$OUT")" \
	'["Lab",false,["berlin","cost centre 7"]]'
m virtual-account list --tag berlin --json >"$OUT"
is 'of one tag' "$(jq -r 'map(.virtual_account) | join(" ")' "$OUT")" 'Field Lab'
m virtual-account list --tag berlin --tag 'cost centre 7' --json >"$OUT"
is 'of both' "$(jq -r 'map(.virtual_account) | join(" ")' "$OUT")" Lab
ok 'tags are taken away' m virtual-account set Field --tags '' --json
is 'all of them' "$(jq -c .tags "$OUT")" '[]'
m virtual-account list --tag paris >"$OUT"
is 'of none' "$(wc -l <"$OUT")" 1

ok 'licenses' m license add --virtual-account Lab $G 5
ok 'more elsewhere' m license add --virtual-account Field $G 2
m license list --tag 'cost centre 7' >"$OUT"
like 'pools by tag' "^Lab +$G +5 "
is 'and no other' "$(wc -l <"$OUT")" 2
TOKEN=$(m token create --virtual-account Lab --days 1 --by ann) || bail 'a token is made'
m virtual-account show Lab >"$OUT"
like 'one is shown' '^Tags: +berlin, cost centre 7$'
like 'with what is in it' '^Usable tokens: +1$'
is 'as JSON' "$(m virtual-account show Lab --json | jq -c '[.instances, .licenses, .tokens, .reservations]')" '[0,5,1,0]'
status 1 'one that is not there' m virtual-account show Nowhere

ok 'it gets a new name' m virtual-account rename Lab Labor --by bob
status 1 'the former is forgotten' m license add --virtual-account Lab $G 1
m license list >"$OUT"
like 'its licenses are not' "^Labor +$G +5 "
ok 'its tags are not' m virtual-account list --tag 'cost centre 7'
like 'either' '^Labor '

status 1 'what has something in it is not deleted' m virtual-account delete Labor
like 'the refusal says what, and the cure' "'Labor' is not empty: 5 licenses: 'license transfer'; 1 usable tokens: 'token revoke'" "$ERR"
ok 'the licenses go' m license transfer --virtual-account Labor --to-virtual-account Field $G 5
ok 'the token too' m token revoke "$(m token list --json | jq -r '.[0].id')" --by eve
ok 'then it is' m virtual-account delete Labor --by eve
m virtual-account list >"$OUT"
unlike 'it is listed no more' Labor
m token list >"$OUT"
like 'what was in it says so' 'Labor \(deleted 2\) +revoked'
m license show $G >"$OUT"
like 'its history stays' 'Labor \(deleted 2\) +-5 +transferred to .Field.'
status 2 'no name is like that' m virtual-account create 'Labor (deleted 2)'

status 1 'the default one is not deleted' m virtual-account delete Default
like 'the refusal says the cure' "'virtual-account default' first" "$ERR"
ok 'another is made default' m virtual-account default Field --by ann
m license add $G 1
m license list >"$OUT"
like 'what names none goes there' "^Field +$G +8 "
ok 'the former can be deleted' m virtual-account delete Default
is 'accounts count what is there' "$(m account list --json | jq '.[0].virtual_accounts')" 1

ok 'who did it' m audit list
for line in "ann +virtual account created .*Lab" "ann +virtual account set .*'Lab': tags 'berlin, cost centre 7'" \
	"ann +token created .* into 'Lab' for 1 days" "bob +virtual account renamed .*from 'Lab' to 'Labor'" \
	"eve +token revoked" "eve +virtual account deleted .*Labor" "ann +virtual account default .*'Field' instead of 'Default'"; do
	like "is in the audit: $line" "$line"
done
unlike 'but no secret' "$(printf %s "$TOKEN" | cut -c 23-)"
ok 'the ledger is as it was written' m ledger verify

cat >"$T/mixed.csv" <<-END
	license,count,order
	$G,6,PO-1
	NO-SUCH=,6,PO-1
	$G,3,PO-2
END
status 1 'a dry run of a partial import tells of each row' m license import "$T/mixed.csv" --partial --dry-run
like 'a good one' '^2 .* ok '
status 1 'without --partial nothing is added' m license import "$T/mixed.csv"
like 'as is said, with the way out' 'nothing was added: .*--partial' "$ERR"
m license list >"$OUT"
like 'that is true' "^Field +$G +8 "
status 1 'a partial import has a status of its own' m license import "$T/mixed.csv" --partial
like 'it tells of a good row' '^2 .* added '
like 'and of a bad one' "^3 .* refused +'NO-SUCH='"
like 'how many of each' 'rows refused: 1, see above; added: 2;' "$ERR"
m license list >"$OUT"
like 'the good ones were added' "^Field +$G +17 "

ok 'its devices are told to collect daily and report weekly' m virtual-account policy Field collect_s=86400 \
	report_s=604800
ok 'as is shown' m virtual-account show Field
like 'with all that is set' '^Policy: +report_s=604800, collect_s=86400$|^Policy: +collect_s=86400, report_s=604800$'
ok 'one of it is as before' m virtual-account policy Field collect_s=default
ok 'as JSON' m virtual-account show Field --json
is 'with its names' "$(jq -c .policy "$OUT")" '{"report_s":604800}'
for wrong in collect_s collect_s= collect_s=x collect=60 =60; do
	status 2 "no setting: $wrong" m virtual-account policy Field "$wrong"
done
status 2 'what no device takes is refused' m virtual-account policy Field collect_s=59
like 'and says what one would take' 'collect_s 59 raised to 60' "$ERR"
