#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The direct transport and TLS: whom it trusts, and by which time.
# shellcheck source=tests/integration/direct_lib.sh
. "$(dirname "$0")/direct_lib.sh"

root_ca ours
root_ca strangers
certificate ours here 'DNS:localhost,IP:127.0.0.1,IP:::1'
certificate ours elsewhere 'DNS:other.example.net,IP:192.0.2.1'
certificate strangers stranger 'DNS:localhost,IP:127.0.0.1'
ANCHOR="trust-anchor-pem=@$T/ours.pem"

start_peer good "$T/here.pem" "$T/here.key"
GOOD=$PEER_PORT
ok 'a server under the trust anchor is trusted' exchange "destination=https://127.0.0.1:$GOOD" "$ANCHOR"
like '  … without a thread' '^threads 1$'
like '  … or a descriptor left' '^descriptors-left 0$'
unlike '  … and without a warning' '^log'
ok 'its name is resolved from the hosts file' exchange "destination=https://localhost:$GOOD" "$ANCHOR"
like '  … without a thread' '^threads 1$'
: >"$T/good.seen/connections"
ok 'three requests one after another are answered' \
	exchange -n 3 "destination=https://localhost:$GOOD" "$ANCHOR"
is '  … on one connection' "$(wc -l <"$T/good.seen/connections")" 1


# The floor of these is 2020-06-01: it is what judges, whatever the day is on which the test runs.
FLOOR=1590969600
certificate ours ended 'IP:127.0.0.1' 20190101000000Z 20200401000000Z
certificate ours past 'IP:127.0.0.1' 20190101000000Z 20210101000000Z
certificate ours future 'IP:127.0.0.1' 20600101000000Z 20610101000000Z
start_peer past "$T/past.pem" "$T/past.key"
ok 'a certificate that has ended by the clock, not by the floor, is taken' \
	exchange -f $FLOOR "destination=https://127.0.0.1:$PEER_PORT" "$ANCHOR"
start_peer future "$T/future.pem" "$T/future.key"
ok 'a certificate that is not valid yet is taken' \
	exchange -f $FLOOR "destination=https://127.0.0.1:$PEER_PORT" "$ANCHOR"
start_peer ended "$T/ended.pem" "$T/ended.key"
status 1 'a certificate that has ended by the floor is refused' \
	exchange -f $FLOOR "destination=https://127.0.0.1:$PEER_PORT" "$ANCHOR"
like '  … and the text says when it ended' \
	'^text .*, TLS: .*CN = ended ended on 2020-04-01 00:00:00 UTC, .*renew it'
in_manual
# the roots of the test begin today
ok 'a root that is not valid yet by the floor is taken' \
	exchange -f 0 "destination=https://127.0.0.1:$GOOD" "$ANCHOR"
status 1 'a root that has ended by the floor is refused' \
	exchange -f 2871763200 "destination=https://127.0.0.1:$GOOD" "$ANCHOR"
like '  … and the text says which' '^text .*, TLS: .* ended on 20.* UTC, .*renew it'

fails 'without the trust anchor the issuer is unknown' \
	'.*, TLS: .*unknown issuer, .*ours root.*license smart trust-anchor' "destination=https://127.0.0.1:$GOOD"
start_peer stranger "$T/stranger.pem" "$T/stranger.key"
fails "a stranger's certificate is refused" '.*, TLS: .*unknown issuer, .*strangers root' \
	"destination=https://127.0.0.1:$PEER_PORT" "$ANCHOR"
start_peer elsewhere "$T/elsewhere.pem" "$T/elsewhere.key"
fails 'a certificate for another address is refused' \
	'.*, TLS: .*is for other.example.net, 192.0.2.1, not for 127.0.0.1' \
	"destination=https://127.0.0.1:$PEER_PORT" "$ANCHOR"
fails 'a certificate for another name is refused' \
	'.*, TLS: .*is for other.example.net, 192.0.2.1, not for localhost' \
	"destination=https://localhost:$PEER_PORT" "$ANCHOR"
ok '  … before a byte of the request was sent' test ! -e "$T/elsewhere.seen/body"

"$OPENSSL" req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost \
	-addext subjectAltName=IP:127.0.0.1 -keyout "$T/self.key" -out "$T/self.pem" 2>/dev/null
start_peer self "$T/self.pem" "$T/self.key"
fails 'a self-signed certificate is refused' '.*, TLS: .*unknown issuer, CN = localhost' \
	"destination=https://127.0.0.1:$PEER_PORT" "$ANCHOR"
ok '  … unless it is an anchor itself' exchange "destination=https://127.0.0.1:$PEER_PORT" \
	"trust-anchor-pem=@$T/self.pem"

# whatever is wrong is found by either version
crl ours "$T/revoked.crl" here
for VERSION in 1.2 1.3; do
	by="by TLS $VERSION"
	start_peer "ended$VERSION" "$T/ended.pem" "$T/ended.key"
	fails "one that has ended is refused $by" '.*, TLS: .* ended on 2020-04-01' -f $FLOOR \
		"destination=https://127.0.0.1:$PEER_PORT" "$ANCHOR"
	start_peer "elsewhere$VERSION" "$T/elsewhere.pem" "$T/elsewhere.key"
	fails "one for another name $by" '.*, TLS: .*is for other.example.net, ' \
		"destination=https://127.0.0.1:$PEER_PORT" "$ANCHOR"
	start_peer "self$VERSION" "$T/self.pem" "$T/self.key"
	fails "one that is self-signed $by" '.*, TLS: .*unknown issuer, CN = localhost; ' \
		"destination=https://127.0.0.1:$PEER_PORT" "$ANCHOR"
	start_peer "here$VERSION" "$T/here.pem" "$T/here.key"
	fails "one that is revoked $by" '.*, TLS: the certificate of CN = here is revoked; ' -l "$T/revoked.crl" \
		"destination=https://127.0.0.1:$PEER_PORT" "$ANCHOR"
	ok "  … and the same is taken before that, $by" exchange "destination=https://127.0.0.1:$PEER_PORT" "$ANCHOR"
done
unset VERSION

USAGE=clientAuth
certificate ours client 'IP:127.0.0.1'
unset USAGE
start_peer client "$T/client.pem" "$T/client.key"
fails 'a certificate that is not for a server is refused' '.*, TLS: .*another purpose .*serverAuth' \
	"destination=https://127.0.0.1:$PEER_PORT" "$ANCHOR"

# a chain with one in between, which the server sends or not
"$OPENSSL" req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=inter -keyout "$T/inter.key" \
	-out "$T/inter.csr" 2>/dev/null
printf 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n' >"$T/inter.ext"
"$OPENSSL" x509 -req -in "$T/inter.csr" -CA "$T/ours.pem" -CAkey "$T/ours.key" -CAcreateserial -days 30 \
	-extfile "$T/inter.ext" -out "$T/inter.pem" 2>/dev/null
certificate inter below 'IP:127.0.0.1'
start_peer below "$T/below.pem" "$T/below.key"
fails 'where one is missing in between the server is to send its chain' \
	'.*, TLS: .*unknown issuer, CN = inter, which it does not send; .*send its whole chain' \
	"destination=https://127.0.0.1:$PEER_PORT" "$ANCHOR"
cat "$T/below.pem" "$T/inter.pem" >"$T/chain.pem"
start_peer chain "$T/chain.pem" "$T/below.key"
ok '  … with it the root is found' exchange "destination=https://127.0.0.1:$PEER_PORT" "$ANCHOR"

start_peer clear
fails 'a port without TLS is named' '.*, TLS: .*http://' "destination=https://127.0.0.1:$PEER_PORT" "$ANCHOR"

# s_server OPTION…: openssl's own server, one connection, the answer whatever the request
{
	printf 'HTTP/1.1 200 OK\r\nContent-Length: %s\r\n\r\n' "$(wc -c <"$ANSWER")"
	cat "$ANSWER"
} >"$T/http"
s_server() {
	# shellcheck disable=SC2016 # for the other shell
	background sh -c '"$0" s_server -accept 127.0.0.1:0 -naccept 1 "$@" <"$T/http"' "$OPENSSL" \
		-cert "$T/here.pem" -key "$T/here.key" "$@"
	wait_for 20 grep -q '^ACCEPT' "$LAST_LOG" || bail 's_server listens'
	PEER_PORT=$(sed -n 's/^ACCEPT.*:\([0-9]*\)$/\1/p' "$LAST_LOG")
}
export T
s_server -tls1_2
ok "openssl's own server answers by TLS 1.2" exchange "destination=https://127.0.0.1:$PEER_PORT" "$ANCHOR"
s_server -tls1_3
ok "openssl's own server answers by TLS 1.3" exchange "destination=https://127.0.0.1:$PEER_PORT" "$ANCHOR"
s_server -tls1_1 -cipher ALL:@SECLEVEL=0
fails 'TLS 1.1 is refused' '.*, TLS: .*must offer TLS 1.2' "destination=https://127.0.0.1:$PEER_PORT" "$ANCHOR"
s_server -tls1_2 -no_ticket -verify_return_error -Verify 1
fails 'a server that wants a certificate of the device is named, by TLS 1.2' \
	'.*, TLS: the server wants a certificate .*license smart client-certificate' \
	"destination=https://127.0.0.1:$PEER_PORT" "$ANCHOR"
s_server -tls1_3 -no_ticket -verify_return_error -Verify 1
fails '  … and by TLS 1.3' '.*, TLS: the server wants .*license smart client-certificate' \
	"destination=https://127.0.0.1:$PEER_PORT" "$ANCHOR"
s_server -tls1_2 -cipher DHE-RSA-AES128-SHA
fails 'one with no cipher in common is named, by TLS 1.2' '.*, TLS: the server takes none of the ciphers' \
	"destination=https://127.0.0.1:$PEER_PORT" "$ANCHOR"
unlike '  … and http is not advised' 'http://'
certificate ours device 'DNS:device.example.net'
for version in -tls1_2 -tls1_3; do
	s_server $version -no_ticket -verify_return_error -Verify 1 -CAfile "$T/ours.pem"
	ok "  … and by ${version#-} answers one that shows it" exchange "destination=https://127.0.0.1:$PEER_PORT" \
		"$ANCHOR" "client-certificate-pem=@$T/device.pem" "client-key-pem=@$T/device.key"
done
status 3 'a certificate of the device without its key is refused' exchange \
	"destination=https://127.0.0.1:$GOOD" "client-certificate-pem=@$T/device.pem"
like '  … by name' '^text option client-key-pem: missing'
status 3 'a key of the device without its certificate is refused' exchange \
	"destination=https://127.0.0.1:$GOOD" "client-key-pem=@$T/device.key"
status 3 "another's key is refused" exchange "destination=https://127.0.0.1:$GOOD" \
	"client-certificate-pem=@$T/device.pem" "client-key-pem=@$T/here.key"
like '  … by name' '^text option client-key-pem: not the key of the first certificate'
"$OPENSSL" ec -in "$T/device.key" -aes128 -passout pass:x -out "$T/locked.key" 2>/dev/null
status 3 'a key with a passphrase is refused, and nobody is asked for it' exchange \
	"destination=https://127.0.0.1:$GOOD" "client-certificate-pem=@$T/device.pem" "client-key-pem=@$T/locked.key"
like '  … with the reason' '^text option client-key-pem: .*passphrase'

# trust of TLS apart from that of messages
ok 'a root that TLS alone trusts is enough' exchange "destination=https://127.0.0.1:$GOOD" \
	"tls-trust-anchor-pem=@$T/ours.pem" crl=optional
fails "where TLS has roots of its own the messages' anchor is none of them" '.*, TLS: .*unknown issuer, .*ours root' \
	"destination=https://127.0.0.1:$GOOD" "$ANCHOR" "tls-trust-anchor-pem=@$T/strangers.pem"
status 3 'a root for TLS that is none is refused' exchange "destination=https://127.0.0.1:$GOOD" \
	tls-trust-anchor-pem=@/dev/null
like '  … by name' '^text option tls-trust-anchor-pem: no certificate'

SSLKEYLOGFILE=$T/keys
export SSLKEYLOGFILE
ok 'a connection works where the environment wants its keys' \
	exchange "destination=https://127.0.0.1:$GOOD" "$ANCHOR"
ok '  … and they are not written' test ! -s "$T/keys"
unset SSLKEYLOGFILE

echo '-----BEGIN CERTIFICATE-----' >"$T/damaged.pem"
for bad in "$T/damaged.pem" "$T/here.key" /dev/null; do
	status 3 "a trust anchor of ${bad##*/} is refused" exchange "destination=https://127.0.0.1:$GOOD" \
		"trust-anchor-pem=@$bad"
	like '  … and the text says which option' '^text option trust-anchor-pem: no certificate'
done
