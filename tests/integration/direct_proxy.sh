#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The direct transport through squid, which wants a login.
# shellcheck disable=SC2086 # VIA and LOGIN are lists of words
# shellcheck source=tests/integration/direct_lib.sh
. "$(dirname "$0")/direct_lib.sh"

AUTH=$(peer_path /usr/lib/squid/basic_ncsa_auth)
for needed in squid dnsmasq "$AUTH"; do
	command -v "$needed" >/dev/null || skip "$needed is not installed"
done

root_ca ours
certificate ours here 'DNS:ssm.example.test,IP:127.0.0.1'
ANCHOR="trust-anchor-pem=@$T/ours.pem"
start_peer tls "$T/here.pem" "$T/here.key"
TLS=$PEER_PORT
start_peer plain
PLAIN=$PEER_PORT
CLOSED=$(free_port)

# squid knows the destination's name, our name server only the proxy's
name_server good --host-record=proxy.example.test,127.0.0.1 --local=/test/
printf '127.0.0.1 ssm.example.test\n' >"$T/hosts"
printf 'device:%s\n' "$("$OPENSSL" passwd -apr1 opensesame)" >"$T/users"
chmod 755 "$T" # squid leaves root behind
chmod 644 "$T/users" "$T/hosts"
mkdir -m 777 "$T/squid"

# start_squid LOGIN: on a free port, with that kind of login; sets PROXY
start_squid() {
	PROXY=$(free_port)
	cat >"$T/squid.conf" <<-END
		http_port 127.0.0.1:$PROXY
		pid_filename none
		hosts_file $T/hosts
		dns_nameservers 127.0.0.1
		mime_table $(peer_path /usr/share/squid/mime.conf)
		error_directory $(peer_path /usr/share/squid/errors/templates)
		icon_directory $(peer_path /usr/share/squid/icons)
		err_page_stylesheet $(peer_path /etc/squid/errorpage.css)
		unlinkd_program $(peer_path /usr/lib/squid/unlinkd)
		logfile_daemon $(peer_path /usr/lib/squid/log_file_daemon)
		pinger_enable off
		coredump_dir $T/squid
		cache_log $T/squid/cache.log
		access_log stdio:$T/squid/access.log
		cache deny all
		shutdown_lifetime 0 seconds
		connect_timeout 3 seconds
		visible_hostname proxy.example.test
		auth_param $1
		auth_param ${1%% *} realm proxy
		acl users proxy_auth REQUIRED
		acl refused dst 192.0.2.0/24
		http_access deny refused
		http_access allow users
		http_access deny all
	END
	background env LD_LIBRARY_PATH="$PEER_LIBRARIES" squid -N -f "$T/squid.conf"
	wait_for 20 grep -q 'Accepting HTTP Socket' "$T/squid/cache.log"
}
BASIC="basic program $AUTH $T/users"
start_squid "$BASIC" || start_squid "$BASIC" || {
	note "$LAST_LOG" "$T/squid/cache.log"
	bail 'squid starts'
}

# like_soon SENTENCE ERE FILE: squid writes its log after it has answered
like_soon() {
	wait_for 20 grep -qE -e "$2" "$3"
	like "$@"
}

VIA="name-server=$DNS proxy=proxy.example.test:$PROXY"
LOGIN='proxy-user=device proxy-password=opensesame'

ok 'https goes through the proxy, with a login' \
	exchange "destination=https://ssm.example.test:$TLS" "$ANCHOR" $VIA $LOGIN
like '  … without a thread' '^threads 1$'
like '  … or a descriptor left' '^descriptors-left 0$'
like_soon '  … by CONNECT' "CONNECT ssm.example.test:$TLS .*device" "$T/squid/access.log"
like "  … the proxy's name was asked for" 'query\[A\] proxy.example.test' "$T/good.dns"
unlike "  … the destination's was not" ssm "$T/good.dns"
ok 'http goes through the proxy as well' \
	exchange "destination=http://ssm.example.test:$PLAIN" $VIA $LOGIN
like_soon '  … by POST' "POST http://ssm.example.test:$PLAIN/.*device" "$T/squid/access.log"
ok 'the proxy may be named by its address and as a URL' exchange "destination=https://127.0.0.1:$TLS" \
	"$ANCHOR" "proxy=http://127.0.0.1:$PROXY" $LOGIN

fails 'a proxy that wants a login is told' \
	"ssm.example.test:$TLS by way of proxy proxy.example.test:$PROXY, proxy: status 407; .*user and password" \
	"destination=https://ssm.example.test:$TLS" "$ANCHOR" $VIA
fails 'a wrong password is told' '.*, proxy: status 407; ' \
	"destination=https://ssm.example.test:$TLS" "$ANCHOR" $VIA proxy-user=device proxy-password=sesame-closed
unlike '  … and does not stand in the text' sesame
fails 'the same over http, without a login' '.*, proxy: status 407; .*user and password' \
	"destination=http://ssm.example.test:$PLAIN" $VIA
fails '  … and with a wrong one' '.*, proxy: status 407; .*user and password' \
	"destination=http://ssm.example.test:$PLAIN" $VIA proxy-user=device proxy-password=sesame-closed
unlike '  … which does not stand in the text' sesame
fails 'a proxy that refuses a destination of http is told' \
	'192.0.2.1:80 by way of proxy .*, proxy: status 403; ' destination=http://192.0.2.1 $VIA $LOGIN
fails 'a proxy that does not reach one is told' '.*, proxy: status 503; .*does not reach' \
	"destination=http://127.0.0.1:$CLOSED" $VIA $LOGIN
fails 'what the server behind the proxy answers is not taken for the proxy' '.*, answer: status 403 .*authority' \
	"destination=http://ssm.example.test:$PLAIN/403/status" $VIA $LOGIN
fails 'a proxy that refuses is told' '192.0.2.1:443 by way of proxy .*, proxy: status 403; .*CONNECT' \
	destination=https://192.0.2.1 "$ANCHOR" $VIA $LOGIN
fails 'a proxy that does not get through is told' '.*, proxy: status 503; ' \
	"destination=https://127.0.0.1:$CLOSED" "$ANCHOR" $VIA $LOGIN
fails 'a certificate is checked behind the proxy as without it' '.*, TLS: .*unknown issuer' \
	"destination=https://ssm.example.test:$TLS" $VIA $LOGIN
fails 'a proxy that is not there is told' \
	"127.0.0.1:$TLS by way of proxy 127.0.0.1:$CLOSED, connect: Connection refused; " \
	"destination=https://127.0.0.1:$TLS" "$ANCHOR" "proxy=127.0.0.1:$CLOSED"

# the list of the server's certificate is fetched by the same way: nobody else knows its name
FILES=$T/files
mkdir "$FILES"
start_peer lists
LISTS=$PEER_PORT
unset FILES
CRL=http://ssm.example.test:$LISTS/ours.crl
certificate ours listed 'DNS:ssm.example.test'
unset CRL
crl ours "$T/files/ours.crl"
start_peer listed "$T/listed.pem" "$T/listed.key"
ok 'a revocation list is fetched through the proxy' exchange "destination=https://ssm.example.test:$PEER_PORT" \
	"tls-trust-anchor-pem=@$T/ours.pem" $VIA $LOGIN
like_soon '  … with the login' "GET http://ssm.example.test:$LISTS/ours.crl .*device" "$T/squid/access.log"
is '  … once' "$(cat "$T/lists.seen/gets")" /ours.crl
crl ours "$T/files/ours.crl" listed
fails '  … and what it revokes is refused' '.*, TLS: the certificate of CN = listed is revoked' \
	"destination=https://ssm.example.test:$PEER_PORT" "tls-trust-anchor-pem=@$T/ours.pem" $VIA $LOGIN

# finds SENTENCE ERE OPTION…: of a test of the way, a finding
finds() {
	sentence=$1
	text=$2
	shift 2
	exchange -t 1 "$@" >"$OUT" 2>"$ERR"
	like "$sentence" "^finding $text"
}
for to in "https://ssm.example.test:$TLS" "http://ssm.example.test:$PLAIN"; do
	finds "on the way to ${to%%:*} the proxy is good with its login" 'good proxy: .*; it lets through' \
		"destination=$to" "$ANCHOR" $VIA $LOGIN
	like '  … and so is what comes back' '^finding good answer: '
	finds '  … bad without one' 'bad proxy: status 407; it does not let through .*user and password' \
		"destination=$to" "$ANCHOR" $VIA
	like '  … which ends the way' '^finding skipped answer: '
	unlike '  … and nothing else is bad' '^finding bad (answer|TLS|route)'
	finds '  … and with a wrong one' 'bad proxy: status 407; ' "destination=$to" "$ANCHOR" $VIA \
		proxy-user=device proxy-password=sesame-closed
	unlike '  … whose password is not told' sesame
done
for to in https http; do
	finds "a proxy that refuses $to is the bad one" 'bad proxy: status 403; ' "destination=$to://192.0.2.1" \
		"$ANCHOR" $VIA $LOGIN
	finds "  … and one that does not reach the destination" 'bad proxy: status 503; ' \
		"destination=$to://127.0.0.1:$CLOSED" "$ANCHOR" $VIA $LOGIN
done
finds 'where the answer may be of the proxy or of who is behind, it is not called good' \
	'warning proxy: .*whether .* cannot be told' "destination=http://ssm.example.test:$PLAIN/portal" $VIA $LOGIN

# what is no proxy, or a bad one: the first label of the destination says how it answers
BAD="proxy=127.0.0.1:$PLAIN"
AT="by way of proxy 127.0.0.1:$PLAIN, proxy"
fails 'a proxy that takes the connection and is silent is told as the step that waits' \
	"silent.example.test:443 $AT: no progress for 10 s; .*http-proxy" -x 20 \
	destination=https://silent.example.test "$ANCHOR" "$BAD"
finds '  … also by a test of the way' 'bad proxy: no progress for 10 s; ' -x 20 \
	destination=https://silent.example.test "$ANCHOR" "$BAD"
like '  … to which the route is good' '^finding good route: '
fails 'one that ends the connection without an answer' \
	"close.example.test:443 $AT: it ended the connection without an answer of HTTP; .*http-proxy" \
	destination=https://close.example.test "$ANCHOR" "$BAD"
fails '  … or with one of another protocol' \
	"no-http.example.test:443 $AT: it ended the connection without an answer of HTTP; " \
	destination=https://no-http.example.test "$ANCHOR" "$BAD"
fails 'what is no proxy at all' "garbage.example.test:443 $AT: what answers there is no HTTP proxy; .*http-proxy" \
	destination=https://garbage.example.test "$ANCHOR" "$BAD"
fails 'a portal in its place' "redirect.example.test:443 $AT: status 302; .*portal" \
	destination=https://redirect.example.test "$ANCHOR" "$BAD"
fails 'a web server in its place' "not-found.example.test:443 $AT: status 404; .*web server" \
	destination=https://not-found.example.test "$ANCHOR" "$BAD"
fails 'one in trouble' "trouble.example.test:443 $AT: status 502; .*does not reach" \
	destination=https://trouble.example.test "$ANCHOR" "$BAD"
fails 'a proxy that says by a field of its answer that it refuses http' "192.0.2.1:80 $AT: status 403; " \
	"destination=http://192.0.2.1/forbidden" "$BAD"

no_proxy='*'
export no_proxy
fails 'the environment leads no way around the proxy' '.*, connect: Connection refused' \
	"destination=https://127.0.0.1:$TLS" "$ANCHOR" "proxy=127.0.0.1:$CLOSED"
unset no_proxy

printf 'device:opensesame\n' >"$T/digests"
chmod 644 "$T/digests"
DIGEST="digest program $(peer_path /usr/lib/squid/digest_file_auth) $T/digests"
: >"$T/squid/cache.log"
start_squid "$DIGEST" || start_squid "$DIGEST" || {
	note "$LAST_LOG" "$T/squid/cache.log"
	bail 'squid starts with another login'
}
ok 'a proxy that wants a digest gets one' exchange "destination=https://127.0.0.1:$TLS" "$ANCHOR" \
	"proxy=127.0.0.1:$PROXY" $LOGIN
fails '  … and refuses a wrong one' '.*, proxy: status 407; ' "destination=https://127.0.0.1:$TLS" "$ANCHOR" \
	"proxy=127.0.0.1:$PROXY" proxy-user=device proxy-password=sesame-closed

for bad in https://127.0.0.1:1 socks5://127.0.0.1:1 127.0.0.1:x device:opensesame@127.0.0.1:1; do
	status 3 "the proxy $bad is refused" exchange destination=https://192.0.2.1 "proxy=$bad"
	like '  … by name' '^text option proxy: '
	unlike '  … and its value is not told' sesame
done
status 3 'a user without a proxy is refused' exchange destination=https://192.0.2.1 proxy-user=device
status 3 'a password without a user is refused' \
	exchange destination=https://192.0.2.1 proxy=127.0.0.1:1 proxy-password=opensesame
