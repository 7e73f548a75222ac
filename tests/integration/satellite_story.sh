#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# An upstream, a satellite of it and a device, all three really running: over the network, over files,
# with the upstream away, and after the satellite was restored from its own backup.
# shellcheck source=tests/integration/satellite_lib.sh
. "$(dirname "$0")/satellite_lib.sh"

# state WHO SERIAL: how an instance stands there
state() {
	"$1" instance list --json |
		jq -r --arg sn "$2" '[.. | objects | select(.state? == "live" and (.sn? // .udi.sn?) == $sn)] | .[0].virtual_account'
}
# used WHO VIRTUAL-ACCOUNT: licenses of one kind in use
used() {
	"$1" license list --json |
		jq -r --arg va "$2" '[.[] | select(.virtual_account == $va and (.tag | contains("100G="))) | .in_use] | add // 0'
}

# served_by WHO SERIAL: whose requests its are, "" for one's own
served_by() { "$1" instance show "$2" --json | jq -r .served_by; }

# ---- joining ------------------------------------------------------------------

start_manager
ok 'a virtual account is made' upstream virtual-account create NCS1000
ok '  … and another' upstream virtual-account create Lab
ok '  … with licenses' upstream license add --virtual-account NCS1000 $PLAIN 8
status 2 'the default virtual account is none for a satellite' upstream satellite create Edge Default --days 7
is '  … and what is refused makes no CA of satellites' "$(ls "$DATA"/pki/satellites.* 2>/dev/null)" ''
ok 'a satellite is invited to serve both' upstream satellite create Edge NCS1000 Lab --days 7
INVITATION=$(cat "$OUT")
ok '  … which is seen' upstream satellite list
like '  … as invited' '^Edge +invited '
status 2 'the upstream makes no more tokens for them' upstream token create --virtual-account NCS1000 --days 1
like '  … and says who does' "the satellite 'Edge' serves the virtual account 'NCS1000'" "$ERR"

ok 'the satellite joins' join
unlike '  … and keeps the invitation nowhere' "$INVITATION" "$EDGE/ledger.db"
ok '  … the upstream knows' upstream satellite show Edge
like '  … it' '^Status: +joined$'
like '  … and what it serves' '^Serves: +NCS1000$'
status 1 'the invitation is good for one' manager satellite join --data "$T/other" \
	--upstream "https://localhost:$PORT" --token "$INVITATION" --trust-anchor "$ROOT"
like '  … as is said' 'token_exhausted' "$ERR"
is '  … and leaves nothing behind' "$(ls -d "$T/other" 2>/dev/null)" ''
ok 'stock openssl verifies the satellite'"'"'s signer' "$OPENSSL" verify -x509_strict -purpose smimesign \
	-CAfile "$ROOT" -untrusted "$EDGE/pki/satellites.pem" -untrusted "$EDGE/pki/issuing.pem" "$EDGE/pki/signer.pem"

# ---- what is its upstream's to say --------------------------------------------------

# at_upstream WHAT COMMAND...: refused at the satellite, whose synchronisation would undo it
at_upstream() {
	fact=$1
	shift
	status 1 "$fact" satellite "$@"
	like '  … as is said' 'this is a satellite: .*at its upstream' "$ERR"
}
printf 'license,count\n%s,5\n' $PLAIN >"$T/licenses.csv"
before=$(satellite license list --expand)
at_upstream 'licenses are not made at the satellite' license add --virtual-account Lab $PLAIN 5
at_upstream '  … nor out of a file' license import "$T/licenses.csv"
at_upstream '  … nor said to be so many' license set --virtual-account Lab $PLAIN 5
at_upstream '  … nor transferred but by its own command' \
	license transfer --virtual-account NCS1000 --to-virtual-account Lab $PLAIN 1
like '  … which is named' "'satellite transfer'" "$ERR"
is '  … and they are as they were' "$(satellite license list --expand)" "$before"
at_upstream 'it has one smart account' account create Other

# ---- a device at the satellite --------------------------------------------------

serve_satellite
tried() { satellite satellite status --json | jq -e '.tried != null' >"$OUT"; }
ok 'its server synchronises at its start' wait_for 20 tried
ok '  … which is an event of its log' wait_for 20 grep -E '^at=[^ ]* event=note text=".*: Synchronised: ' "$EDGE_LOG"
is '  … as all that is there' "$(grep -v '^at=[^ ]* event=' "$EDGE_LOG")" ''
TOKEN=$(satellite token create --virtual-account NCS1000 --days 30) || bail 'the satellite makes a token'
conf "$EDGE_URL"
ok 'a device registers at the satellite' device_register
ok '  … and is authorized there' device show license summary
like '  … ' 'REGISTERED'
is 'the satellite counts its licenses' "$(used satellite NCS1000)" 8
is '  … the upstream does not know yet' "$(used upstream NCS1000)" 0
ok 'it synchronises on demand' satellite satellite sync
like '  … and says what it told' '^Synchronised: [1-9]'
is '  … then the upstream counts the same' "$(used upstream NCS1000)" 8
is '  … of the same instance' "$(state upstream CAT2231B18Y)" NCS1000
is '  … and says who serves it' "$(served_by upstream CAT2231B18Y), $(served_by satellite CAT2231B18Y)" 'Edge, '

# ---- the upstream is away ---------------------------------------------------------

stop "$MANAGER_PID"
ok 'the upstream is away: the device renews its authorization all the same' device license smart renew auth
ok '  … and its identity' device license smart renew id
status 1 'a synchronisation says that it is not reached' satellite satellite sync
ok '  … and the status keeps it' satellite satellite status
like '  … ' '^Last failure: +the upstream is not reached'

# ---- by files ------------------------------------------------------------------------

mkdir "$T/answers"
ok 'it synchronises by files: a request' satellite satellite sync --export "$T/sync.slrq"
ok '  … is answered offline' manager offline answer --data "$DATA" --out "$T/answers" "$T/sync.slrq"
status 1 '  … meanwhile another try fails' satellite satellite sync
ok '  … and the answer taken' satellite satellite sync --import "$T/answers"/*.slrs
like '  … with what it told' '^Synchronised: [1-9]'
status 1 '  … once' satellite satellite sync --import "$T/answers"/*.slrs
like '  … as is said' 'no request to the upstream is open' "$ERR"
echo 'license,count' >"$T/other"
status 1 'a file that holds no answer is refused' satellite satellite sync --import "$T/other"
like '  … as is said' 'other: no answer in it: no block BEGIN CMS' "$ERR"
head -c 300 "$(echo "$T/answers"/*.slrs)" >"$T/other"
status 1 '  … and one that was not copied whole' satellite satellite sync --import "$T/other"
like '  … as is said' 'other: the answer in it is not whole: copy it again' "$ERR"
# refused, for a reason that is as good as a version
sqlite3 "$DATA/ledger.db" "UPDATE satellite SET ca_ski = '-' || ca_ski"
satellite satellite sync --export "$T/sync.slrq" >/dev/null
mkdir "$T/refused"
ok 'a refusal is an answer too' manager offline answer --data "$DATA" --out "$T/refused" "$T/sync.slrq"
status 1 '  … that is told where it is taken' satellite satellite sync --import "$T/refused"/*.slrs
like '  … in the words of the upstream' 'the upstream refused it: .*join anew \(not_allowed\)' "$ERR"
ok '  … the status keeps it' satellite satellite status
like '  … ' '^Last failure: +the upstream refused it: .*\(not_allowed\)$'
ok '  … and the doctor' satellite doctor
like '  … says to do what it says' 'then failed: the upstream refused it: .*do what the failure says'
sqlite3 "$DATA/ledger.db" "UPDATE satellite SET ca_ski = substr(ca_ski, 2)"

# ---- a place without connection joins by files -------------------------------------------

ok 'a place without connection: a virtual account for it' upstream virtual-account create Remote
ok '  … with licenses' upstream license add --virtual-account Remote $PLAIN 2
ok '  … and an invitation' upstream satellite create Far Remote --days 7
INVITATION=$(cat "$OUT")
far_asks() {
	printf '%s\n' "$INVITATION" | far satellite join --token - --trust-anchor "$ROOT" --export "$T/join.slrq"
}
ok 'it asks to join by a file' far_asks
unlike '  … which has no invitation in it' "$INVITATION" "$T/join.slrq"
status 1 '  … it serves nobody yet' far token create --virtual-account Remote --days 1
mkdir "$T/joined"
ok '  … that is answered offline' manager offline answer --data "$DATA" --out "$T/joined" "$T/join.slrq"
ok '  … and the answer taken' far satellite join --import "$T/joined"/*.slrs
status 1 '  … once' far satellite join --import "$T/joined"/*.slrs
like '  … as is said' 'no join is under way here' "$ERR"
is 'it has the licenses of its virtual account' \
	"$(far license list --json | jq -c '[.[] | [.virtual_account, .purchased]]')" '[["Remote",2]]'
ok '  … and makes tokens' far token create --virtual-account Remote --days 1
status 2 'without an address it synchronises by files alone' far satellite sync
like '  … as is said' 'go by files with --export and --import' "$ERR"
ok 'more are bought' upstream license add --virtual-account Remote $PLAIN 3
mkdir "$T/synced"
ok '  … the request' far satellite sync --export "$T/far.slrq"
ok '  … its answer' manager offline answer --data "$DATA" --out "$T/synced" "$T/far.slrq"
ok '  … taken' far satellite sync --import "$T/synced"/*.slrs
is '  … it has them' "$(far license list --json | jq -c '[.[] | .purchased] | add')" 5
ok 'the upstream lists it' upstream satellite list --json
is '  … as joined, beside the other' "$(jq -c 'map([.name, .status]) | sort' "$OUT")" '[["Edge","joined"],["Far","joined"]]'

# ---- on schedule ----------------------------------------------------------------------

serve_manager
ok 'licenses are moved between what it serves' satellite satellite transfer $PLAIN 3 --from-account NCS1000 --to-account Lab
ok '  … the upstream has another address now' satellite satellite sync --upstream "https://localhost:$PORT"
is '  … and the same quantities' \
	"$(upstream license list --json | jq -c '[.[] | select(.tag | contains("100G=")) | [.virtual_account, .purchased]]')" \
	'[["Lab",3],["NCS1000",5],["Remote",5]]'
ok '  … all go back' satellite satellite transfer $PLAIN 3 --from-account Lab --to-account NCS1000
stop "$EDGE_PID"
serve_satellite
conf "$EDGE_URL"
all_back() { [ "$(upstream license list --json | jq '[.[] | select(.virtual_account == "NCS1000" and (.tag | contains("100G="))) | .purchased] | add')" = 8 ]; }
ok 'a server that starts synchronises by itself' wait_for 20 all_back

# ---- restored -------------------------------------------------------------------------

ok 'a backup of the satellite' satellite backup --to "$T/backup"
ok 'the device goes on' device license smart renew auth
ok '  … and is synchronised' satellite satellite sync
stop "$EDGE_PID"
ok 'the satellite is restored from its own backup' satellite restore --from "$T/backup"
ok '  … and synchronised: it has from the upstream what it lost' satellite satellite sync
like '  … ' ' [1-9][0-9]* taken'
is '  … the same sequence' \
	"$(satellite instance show CAT2231B18Y --json | jq .sequence)" "$(upstream instance show CAT2231B18Y --json | jq .sequence)"
serve_satellite
conf "$EDGE_URL"
ok '  … its device goes on there' device license smart renew auth

# ---- moving, removing, leaving -----------------------------------------------------------

ok 'it synchronises' satellite satellite sync
conf "$URL"
ok 'the device is pointed at the upstream: it needs no registration' device license smart renew auth
is '  … and is in its default virtual account' "$(state upstream CAT2231B18Y)" Default
ok '  … after a synchronisation' satellite satellite sync
is '  … counted once' "$(used upstream NCS1000) $(used satellite NCS1000) $(used upstream Default)" '0 0 8'
is '  … and each says who serves it' "$(served_by upstream CAT2231B18Y), $(served_by satellite CAT2231B18Y)" ', upstream'
satellite instance list >"$OUT"
like '  … also in the list' ' CAT2231B18Y .* upstream$'
conf "$EDGE_URL"
ok '  … and back' device license smart renew auth
ok 'the satellite leaves in one command' satellite satellite leave
like '  … as is said' '^This satellite has left'
is '  … its instances are handed back' "$(state upstream CAT2231B18Y) $(used upstream NCS1000)" 'NCS1000 8'
status 1 '  … it answers devices no more' device license smart renew auth --timeout 5
conf "$URL"
ok '  … which the upstream does' device license smart renew auth
ok '  … where it was' upstream token create --virtual-account NCS1000 --days 1
ok '  … and is seen to have left' upstream satellite list --json
is '  … ' "$(jq -r '.[] | select(.name == "Edge") | .status' "$OUT")" left

# ---- a device at the place without connection, which leaves by files ------------------------

# at URL: the device of that place, which asks there
at() {
	conf "$1" "$ROOT" "$T/far-store"
	sed 's/CAT2231B18Y/CAT2231B18Z/' "$CONF" >"$CONF.new" && mv "$CONF.new" "$CONF"
}

stop "$EDGE_PID"
EDGE=$FAR
serve_satellite
TOKEN=$(far token create --virtual-account Remote --days 1) || bail 'the place without connection makes a token'
at "$EDGE_URL"
ok 'a device registers at the place without connection' device_register
ok '  … and is authorized there' device license smart renew auth
is '  … which the upstream does not know yet' "$(used far Remote) $(used upstream Remote)" '8 0'
ok '  … until files were exchanged' by_file sync
is '  … then it counts the same, of that instance' "$(used upstream Remote) $(state upstream CAT2231B18Z)" '8 Remote'
ok 'it leaves by files' by_file leave
is '  … its instance is handed back, and counted once' "$(used upstream Remote) $(state upstream CAT2231B18Z)" '8 Remote'
status 1 '  … it answers its device no more' device license smart renew auth --timeout 5
at "$URL"
ok '  … which goes on at the upstream' device license smart renew auth
is '  … without having registered anew' "$(used upstream Remote) $(state upstream CAT2231B18Z)" '8 Remote'
ok '  … and is seen to have left' upstream satellite list --json
is '  … ' "$(jq -r '.[] | select(.name == "Far") | .status' "$OUT")" left
