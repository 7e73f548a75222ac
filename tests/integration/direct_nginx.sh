#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The direct transport and nginx as the TLS front of an authority: HTTP/2, and what nginx says by
# itself.
# shellcheck source=tests/integration/direct_lib.sh
. "$(dirname "$0")/direct_lib.sh"

command -v nginx >/dev/null || skip 'nginx is not installed'

root_ca ours
certificate ours here 'IP:127.0.0.1'
ANCHOR="trust-anchor-pem=@$T/ours.pem"
start_peer behind
CLOSED=$(free_port)
front() {
	start_nginx "$T/here.pem" "$T/here.key" "/ { proxy_pass http://127.0.0.1:$PEER_PORT; }" \
		"/down { proxy_pass http://127.0.0.1:$CLOSED; }" \
		'/moved { return 301 https://127.0.0.1/elsewhere; }' \
		"/small { client_max_body_size 100; proxy_pass http://127.0.0.1:$PEER_PORT; }" \
		'/forbidden { deny all; }'
}
front
F=https://127.0.0.1:$FRONT

ok 'a request goes through nginx and its answer comes back' \
	exchange -n 3 -o "$T/answer" "destination=$F" "$ANCHOR"
like '  … without a thread' '^threads 1$'
like '  … or a descriptor left' '^descriptors-left 0$'
ok '  … to the byte' cmp "$T/answer" "$ANSWER"
ok '  … the request as well' cmp "$T/behind.seen/body" "$REQUEST"
wait_for 20 grep -q ' 200 ' "$T/nginx/access.log" # written after the answer
like '  … by HTTP/2, where it is offered' 'POST .* HTTP/2.0" 200' "$T/nginx/access.log"
root_ca front
certificate front own 'IP:127.0.0.1'
cp "$T/own.pem" "$T/here.pem"
cp "$T/own.key" "$T/here.key"
stop "$LAST_PID"
front
F=https://127.0.0.1:$FRONT
fails "nginx with a certificate of its own company's is a stranger" '.*, TLS: .*unknown issuer' "destination=$F" "$ANCHOR"
ANCHOR="tls-trust-anchor-pem=@$T/front.pem"
fails '  … whose roots may be trusted, if it can be known that none is revoked' '.*, TLS: .*names no revocation list' \
	"destination=$F" "$ANCHOR"
OPTIONAL=crl=optional
ok '  … or that need not be known' exchange "destination=$F" "$ANCHOR" "$OPTIONAL"

fails 'an authority that is down behind nginx is told' '.*, answer: status 502 .*in trouble' \
	"destination=$F/down" "$ANCHOR" "$OPTIONAL"
fails 'a redirect by nginx is not followed' '.*, answer: status 301 .*redirect to https://127.0.0.1/elsewhere' \
	"destination=$F/moved" "$ANCHOR" "$OPTIONAL"
fails 'a request that is too large for nginx is told' '.*, answer: status 413 .*larger' \
	"destination=$F/small" "$ANCHOR" "$OPTIONAL"
fails 'a forbidden path is told' '.*, answer: status 403 .*no license authority' \
	"destination=$F/forbidden" "$ANCHOR" "$OPTIONAL"
fails 'an answer cut off behind nginx is told' '.*, answer: ' "destination=$F/truncated" "$ANCHOR" "$OPTIONAL"
fails 'an endless answer behind nginx is given up' '.*, answer: larger than 384 KiB' \
	"destination=$F/endless" "$ANCHOR" "$OPTIONAL"
ok 'cancelling in the middle of HTTP/2 succeeds' exchange -c 200 "destination=$F/silent" "$ANCHOR" "$OPTIONAL"
like '  … and leaves no descriptor open' '^descriptors-left 0$'
