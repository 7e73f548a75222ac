#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# /metrics as a monitoring program reads it, from a server of several threads that serves devices.
# shellcheck source=tests/integration/cli_lib.sh
. "$(dirname "$0")/cli_lib.sh"

# scrape: what is told, checked and with its labels in order, in $OUT
scrape() {
	curl -sS --noproxy '*' "http://127.0.0.1:$(cat "$T/metrics")/metrics" >"$T/text" &&
		"$TOP_SRCDIR/tests/integration/exposition.py" <"$T/text"
}

init_manager 'A "quoted" \ name'
manager --data "$DATA" virtual-account create 'Büro {1}, "x"'
manager --data "$DATA" virtual-account default 'Büro {1}, "x"'
manager --data "$DATA" license add $PLAIN 8
manager --data "$DATA" license add $CRYPT 1
serve_manager --threads 3 --metrics 127.0.0.1:0 --metrics-port-file "$T/metrics"
TOKEN=$(manager --data "$DATA" token create --days 1) || bail 'a token is made'
conf "$URL"
ok 'a device registers' device_register
ok 'and uses licenses' device license smart renew auth

scrape_from=$(date +%s)
ok 'what is told is in the form of Prometheus' scrape
scrape_to=$(date +%s)
cp "$OUT" "$T/scraped"
POOL='account=A "quoted" \\ name,license='
VA=',virtual_account=Büro \{1\}, "x"\}'
like 'licenses that were bought' "^smartlic_license_purchased\{$POOL$PLAIN,tag=regid[^ ]*$VA 8$"
like 'that are in use' "^smartlic_license_in_use\{$POOL$PLAIN,tag=regid[^ ]*$VA 8$"
like 'that are reserved' "^smartlic_license_reserved\{$POOL$PLAIN,tag=regid[^ ]*$VA 0$"
like 'what is left' "^smartlic_license_balance\{$POOL$PLAIN,tag=regid[^ ]*$VA 0$"
like 'or lacks' "^smartlic_license_balance\{$POOL$CRYPT,tag=regid[^ ]*$VA -7$"
like 'instances by state' '^smartlic_instances\{account=A "quoted" \\ name,state=live\} 1$'
like 'requests that were answered' '^smartlic_requests_total\{code=ok,type=register\} 1$'
like 'satellites, of which there is none' '^# TYPE smartlic_satellite_last_sync_timestamp_seconds gauge$' "$T/text"

# ends NAME: when a certificate of the folder does, by openssl
ends() {
	date -d "$("$OPENSSL" x509 -in "$DATA/pki/$1.pem" -noout -enddate | cut -d= -f2)" +%s
}
told() { sed -n "s/^smartlic_certificate_expiry_seconds{certificate=$1,state=current} //p" "$T/scraped"; }
# left NAME: what it had left, in seconds, was told at a moment within the scrape
left() {
	[ $(($(ends "$1") - $(told "$1"))) -ge "$scrape_from" ] &&
		[ $(($(ends "$1") - $(told "$1"))) -le "$scrape_to" ]
}
for name in root issuing signer tls; do
	ok "the seconds that $name has left" left $name
done
unlike 'no device is named' 'CAT2231B18Y' "$T/text"

manager --data "$DATA" license add $PLAIN 2
ok 'what is bought is told at once' scrape
like 'with the sum' "^smartlic_license_purchased\{$POOL$PLAIN,tag=regid[^ ]*$VA 10$"

manager --data "$DATA" virtual-account create Remote
INVITATION=$(manager --data "$DATA" satellite create Edge Remote --days 1) || bail 'a satellite is invited'
join() {
	printf '%s\n' "$INVITATION" | manager satellite join --data "$T/edge" \
		--upstream "https://localhost:$PORT" --token - --trust-anchor "$ROOT"
}
ok 'a satellite joins' join
ok 'and synchronises' manager satellite sync --data "$T/edge"
ok 'both are told' scrape
like 'a join as one' '^smartlic_requests_total\{code=ok,type=join\} 1$'
like 'a synchronisation too' '^smartlic_requests_total\{code=ok,type=sync\} [1-9]'
unlike 'and neither as unreadable' 'type=unreadable' "$T/text"

# forged: the invitation with another secret
forged() {
	case $INVITATION in
	*A????) INVITATION=${INVITATION%A????}B${INVITATION#"${INVITATION%????}"} ;;
	*) INVITATION=${INVITATION%?????}A${INVITATION#"${INVITATION%????}"} ;;
	esac
}
forged
rm -rf "$T/edge"
for i in 1 2 3 4 5 6 7 8 9 10; do
	status 1 "a forged invitation ($i) is answered" join
	like '  … as unknown' 'token_unknown' "$ERR"
done
status 1 'one more is not' join
like '  … but told to wait' '429' "$ERR"
ok 'that is told' scrape
like '  … among what was refused' '^smartlic_http_refused_total\{status=429\} 1$'
like '  … and in the log, with who it was' ' event=guesses peer=127\.0\.0\.1 wait_s=[1-9]' "$MANAGER_LOG"
