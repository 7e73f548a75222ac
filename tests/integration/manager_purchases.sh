#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What was bought, by the administrator's commands: orders, terms, transfers, files.
. "$(dirname "$0")/../sh/lib.sh"

init_manager
m() { manager --data "$DATA" "$@"; }
G=S-NCS1K4-LIC-100G=
ok 'a second virtual account' m virtual-account create Lab

ok 'with an order, for ever' m license add $G 4 --order PO-1
ok 'for a term' m license add $G 3 --order PO-2 --start 2026-01-01 --end 2099-01-01
ok 'a demo that is over' m license add $G 2 --kind demo --end 2026-01-01
status 2 'a demo without an end is refused' m license add $G 2 --kind demo
like 'the refusal says what it needs' 'a demo needs an end' "$ERR"
status 2 'no day is refused' m license add $G 2 --end soon
like 'the refusal says what a day looks like' "end: 'soon': a day like 2027-12-31" "$ERR"
status 2 'no kind is refused' m license add $G 2 --kind lent --end 2099-01-01
like 'the refusal names the kinds' 'perpetual, term or demo' "$ERR"
m license list >"$OUT"
like 'the sum leaves out what is over' "^Default +$G +7 +0 +in compliance +2099-01-01T00:00:00Z$"
m license list --expand >"$OUT"
like 'expanded, each purchase' "^Default +$G +PO-2 +term +2026-01-01T00:00:00Z +2099-01-01T00:00:00Z +3 +0 +valid$"
like 'also the one that is over' "^Default +$G +- +demo +- +2026-01-01T00:00:00Z +2 +0 +expired$"

ok 'a transfer' m license transfer $G 5 --to-virtual-account Lab --by ann
m license list >"$OUT"
like 'less here' "^Default +$G +2 "
like 'more there' "^Lab +$G +5 "
status 1 'more than there are is refused' m license transfer $G 3 --to-virtual-account Lab
like 'the refusal says how many there are' "'Default' has 2 of these licenses, not 3; nothing was moved" "$ERR"
m license show $G >"$OUT"
like 'how it came about is kept' "Default +-4 +transferred to 'Lab' +PO-1 .* ann$"
m audit list >"$OUT"
like 'and who did it' "ann +licenses transferred .*5 of $G from 'Default' to 'Lab'"

cat >"$T/good.csv" <<-END
	count,license,virtual_account,order,kind,start,end
	6,$G,Lab,"PO-7, second part",,,
	1,$G,Lab,PO-8,demo,2026-01-01,2099-06-30
END
cat >"$T/bad.csv" <<-END
	virtual_account,license,count,order,kind,start,end
	Lab,$G,6,PO-9,,,
	Lab,NO-SUCH=,6,PO-9,,,
	Nowhere,$G,6,PO-9,,,

	Lab,$G,many,PO-9,,,
	Lab,$G,1
END
status 1 'a file with bad rows is refused' m license import "$T/bad.csv"
like 'each row is told: a good one' '^2 +S-.* ok '
like 'an unknown license' "^3 .*refused +'NO-SUCH=' is not the short form"
like 'an unknown virtual account' "^4 .*refused +no virtual account is named 'Nowhere'"
like 'a count that is none, by its line' "^6 .*refused +count: 'many': a number"
like 'a row that is too short' '^7 .*refused +3 fields, the first line names 7'
like 'nothing was added' 'rows refused: 4, .*nothing was added' "$ERR"
m license list >"$OUT"
like 'that is true' "^Lab +$G +5 "
ok 'a dry run of a good one' m license import "$T/good.csv" --dry-run --json
is 'tells the same' "$(jq -c 'map(.result)' "$OUT")" '["ok","ok"]'
m license list >"$OUT"
like 'and adds nothing' "^Lab +$G +5 "
ok 'the file itself' m license import "$T/good.csv"
m license list >"$OUT"
like 'adds all of it' "^Lab +$G +12 "
m license list --expand --json >"$OUT"
is 'a quoted field has its comma' "$(jq -r '.[] | select(.quantity == 6) | .order' "$OUT")" 'PO-7, second part'
status 1 'once more is refused' m license import "$T/good.csv"
like 'since it is there' 'order PO-8 has this row already'
printf 'license,size\n' >"$T/head.csv"
status 2 'a column that is none' m license import "$T/head.csv"
like 'is named' "line 1: 'size'" "$ERR"
printf 'lic\033[2Jense,count\n' >"$T/escape.csv"
status 2 'a column that would clear the screen' m license import "$T/escape.csv"
like 'is shown without what does so' "'lic\?\[2Jense'" "$ERR"
printf 'license,count,order\n%s,1,B\374ro\n' $G >"$T/latin.csv"
status 2 'a file in Latin-1, as spreadsheets write' m license import "$T/latin.csv"
like 'is told how it is mended' 'line 2: no UTF-8: export it as CSV \(UTF-8\)' "$ERR"
{ printf 'license,count\n' && yes "$G,1" | head -5000; } >"$T/long.csv"
status 1 'a file that is too long' m license import "$T/long.csv"
like 'is to come in parts' 'long.csv: larger than 65536 bytes: import it in parts' "$ERR"
printf 'license,count\n"%s,1\n' $G >"$T/open.csv"
status 2 'a quote without an end' m license import "$T/open.csv"
like 'is named by its line' 'line 2: a quoted field has no end' "$ERR"
status 1 'a file that is not there' m license import "$T/none.csv"
