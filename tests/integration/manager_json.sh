#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# --json: every command of the manager takes it, and prints one object that names what was made.
. "$(dirname "$0")/../sh/lib.sh"

TAG=S-NCS1K4-LIC-100G=
ORG=$DATA # the authority's folder; $DATA is the one that commands work on

# made "WORDS" FILTER [ARGUMENT…]: the command prints one object, of which the filter is true.
made() {
	words=$1
	filter=$2
	shift 2
	# shellcheck disable=SC2086 # words
	ok "$words --json" manager --data "$DATA" $words "$@" --json
	cp "$OUT" "$T/object"
	ok "… is one object with $filter" jq -se "length == 1 and (.[0] | type == \"object\" and ($filter))" "$T/object"
}
get() { jq -r "$1" "$T/object"; }

# ---- all that help names ------------------------------------------------------

manager help | sed -n 's/^  \([a-z][a-z -]*[a-z]\)  .*/\1/p' | sed 's/ *$//' >"$T/commands"
ok 'help names the commands' test "$(wc -l <"$T/commands")" -ge 57
while read -r words; do
	[ "$words" = serve ] && continue
	# shellcheck disable=SC2086 # words
	manager help $words >"$OUT"
	like "$words takes --json" '^Usage: .* \[--json\]'
done <"$T/commands"

# ---- the authority itself -----------------------------------------------------

made init '.data != "" and .account == "BU" and .virtual_accounts == 1 and .instances == 0' --account BU
id=$(get .id)
made 'trust-anchor' '.pem | startswith("-----BEGIN CERTIFICATE-----")'
manager --data "$DATA" trust-anchor >"$T/root.pem"
is 'it is the same without' "$(get .pem | cat -s)" "$(cat "$T/root.pem")"
made 'key roll' '.key == "signer" and .state == "successor" and .made == true and .begins != null' signer
successor=$(get .id)
made 'key roll' '.state == "successor" and .made == false' signer
made 'key roll' ".key == \"signer\" and .state == \"current\" and .id == \"$successor\"" signer --now
for key in root issuing signer; do
	made 'key roll' ".key == \"$key\" and .state == \"current\"" "$key" --now
done
manager --data "$DATA" key list --json >"$OUT"
serve_manager # which makes a TLS certificate by the new root
stop "$MANAGER_PID"
former=$(jq -r '.[] | select(.key == "root" and .state == "former") | .id' "$OUT")
made 'key retire' ".devices_without == 0 and .satellites_without == 0 and .retired[0].id == \"$former\"" --force
made backup ".file == \"$T/copy\" and (.ledger | length) == 36 and .at != null" --to "$T/copy"
ledger=$(get .ledger)
made restore "(.ledger | length) == 36 and .ledger != \"$ledger\" and .lacks_after != null and .kept != \"\"" \
	--from "$T/copy"
ok 'what it replaced is kept where it says' test -f "$(get .kept)"
ledger=$(get .ledger)
made 'ledger renew' "(.ledger | length) == 36 and .ledger != \"$ledger\""
for words in doctor 'key list' 'ledger verify' 'audit list' 'account list' 'account duplicates' 'virtual-account list' \
	'alert list' 'license list' 'token list' 'instance list' 'reservation list' 'satellite list'; do
	# shellcheck disable=SC2086 # words
	ok "$words --json" manager --data "$DATA" $words --json
	cp "$OUT" "$T/object"
	ok '… is one array' jq -se 'length == 1 and (.[0] | type) == "array"' "$T/object"
done

# ---- accounts, licenses, tokens ------------------------------------------------

made 'account create' '.account == "Other" and .virtual_accounts == 1' Other
made 'account rename' ".account == \"Another\" and .id == \"$(get .id)\"" Other Another
made 'account set' '.account == "Another" and .sample_days == 99' Another --sample-days 99
made 'virtual-account create' '.virtual_account == "A" and .default == false and .created != null' A
made 'virtual-account set' '.virtual_account == "A" and .tags == ["x", "y"]' A --tags x,y
made 'virtual-account policy' '.policy.collect_s == 86400' A collect_s=86400
made 'virtual-account rename' '.virtual_account == "B"' A B
made 'virtual-account default' '.virtual_account == "B" and .default == true' B
made 'license add' '.virtual_account == "B" and .quantity == 3 and .kind == "term" and .order == "O1"' \
	$TAG 3 --end 2100-01-01 --order O1
manager --data "$DATA" license list --expand --json >"$OUT"
is 'it is the row of the list' "$(get '[.virtual_account, .tag, .end, .quantity] | tostring')" \
	"$(jq -r '.[0] | [.virtual_account, .tag, .end, .quantity] | tostring' "$OUT")"
made 'license set' '.virtual_account == "B" and .purchased == 7 and .in_use == 0' $TAG 7
manager --data "$DATA" license list --json >"$OUT"
is 'it is the pool of the list' "$(get tostring)" "$(jq -r '.[0] | tostring' "$OUT")"
made 'license transfer' ".virtual_account == \"B\" and .to_virtual_account == \"Default\" and .quantity == 7 and
	.license == \"$TAG\"" $TAG 7 --to-virtual-account Default
made 'virtual-account default' '.virtual_account == "Default"' Default
made 'virtual-account delete' '.virtual_account == "B" and .deleted == true' B
made 'token create' '(.token | length) == 64 and .virtual_account == "Default" and .name == "lab" and .devices[0].sn == "S"' \
	--days 3 --name lab --udi P:S
token=$(get .token)
made 'token show' ".id == \"$(get .id)\" and .status == \"valid\" and has(\"token\") == false" "$token"
made 'token revoke' ".id == \"$(get .id)\" and .status == \"revoked\"" "$token"

# ---- satellites, by files --------------------------------------------------------

for name in S T; do
	manager --data "$DATA" virtual-account create "$name" >"$OUT" 2>&1
done
manager --data "$DATA" license add $TAG 4 --virtual-account S
made 'satellite create' '.name == "sat" and .status == "invited" and .virtual_accounts == ["S", "T"] and
	(.token | length) == 64' sat S T --days 3
token=$(get .token)
manager --data "$DATA" trust-anchor >"$T/root.pem"
answer() { # the request in $T/request, at the upstream
	rm -rf "$T/out" && mkdir "$T/out"
	manager --data "$ORG" offline answer "$T/request" --out "$T/out" --json >"$OUT" 2>"$ERR"
	mv "$T/out/$(jq -r '.written[0].file' "$OUT")" "$T/answer"
}
DATA=$T/sat
made 'satellite join' ".file == \"$T/request\" and .data == \"$DATA\" and (.id | length) == 36" --token "$token" \
	--trust-anchor "$T/root.pem" --export "$T/request"
home=$(get .id)
answer
made 'satellite join' ".id == \"$home\" and .data == \"$DATA\" and .status == \"joined\"" --import "$T/answer"
made 'satellite sync' ".file == \"$T/request\" and .id == \"$home\"" --export "$T/request"
answer
made 'satellite sync' ".id == \"$home\" and .told == 0 and .taken >= 0 and .more == false and .refused == \"\"" \
	--import "$T/answer"
made 'satellite transfer' ".virtual_account == \"S\" and .to_virtual_account == \"T\" and .quantity == 1 and
	.license == \"$TAG\"" $TAG 1 --from-account S --to-account T
made 'satellite status' ".id == \"$home\" and .left == null"
made 'satellite leave' ".file == \"$T/request\"" --export "$T/request"
answer
made 'satellite leave' ".id == \"$home\" and .left != null" --import "$T/answer"
DATA=$ORG
made 'satellite create' '.name == "two"' two S T --days 3
made 'satellite take-back' '.name == "two" and .status == "left" and .left != null' two

# ---- what fails -------------------------------------------------------------------

status 1 'what fails prints no object' manager --data "$DATA" virtual-account create Default --json
is 'nothing on standard output' "$(cat "$OUT")" ''
like 'but its text on standard error' "^smartlic-manager: .*Default" "$ERR"
status 1 'nor does it where something is looked at before' manager --data "$DATA" virtual-account delete Default --json
is 'nothing is there either' "$(cat "$OUT")" ''
made 'ledger seal' '.sealed == true and (.ledger | length) == 36'
is 'the account is what init has made' "$(manager --data "$DATA" account list --json | jq -r '.[0].id')" "$id"
