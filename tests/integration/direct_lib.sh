# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2034,SC2015
# What the tests of the direct transport share; source it instead of tests/sh/lib.sh.

# shellcheck source=tests/sh/lib.sh
. "$(dirname "$0")/../sh/lib.sh"

VECTORS=$TOP_SRCDIR/tests/vectors
ANSWER=$VECTORS/response-good.der
REQUEST=$VECTORS/request-register.der
PLUGINS=$T/transports

# Servers that are installed, else those that tests/peers has unpacked.
PEERS=${SL_PEERS:-$TOP_SRCDIR/build/peers}
PATH=$PATH:/usr/sbin:$PEERS/usr/sbin
PEER_LIBRARIES=$(printf '%s:' "$PEERS"/usr/lib/*-linux-gnu "$PEERS"/lib/*-linux-gnu)
# peer_path PATH: it, or where it was unpacked
peer_path() { if [ -e "$1" ]; then echo "$1"; else echo "$PEERS$1"; fi; }

# A copy whose folder and mode are what they must be, whatever the umask of the build was.
if [ -f "$TOP_BUILDDIR/transports/.libs/smartlic-transport-direct.so" ]; then
	install -d -m 755 "$PLUGINS"
	install -m 755 "$TOP_BUILDDIR/transports/.libs/smartlic-transport-direct.so" "$PLUGINS"
else
	"$TOP_BUILDDIR/tests/integration/exchange" /dev/null >"$OUT"
	if [ $? -eq 4 ]; then
		skip 'this build has no direct transport, loaded or built in'
	fi
fi

# exchange [OPTIONS] KEY=VALUE…: one request, by the driver; see exchange.c
exchange() {
	options=
	while [ $# -gt 0 ] && [ "${1#-}" != "$1" ]; do
		options="$options $1 $2"
		shift 2
	done
	# shellcheck disable=SC2086 # a list of words
	timeout 60 "$TOP_BUILDDIR/tests/integration/exchange" -d "$PLUGINS" $options "$REQUEST" "$@"
}

# start_peer NAME [CERT KEY [ADDRESS]]: sets PEER_PORT; by TLS $VERSION alone if that is set; what it saw is in $T/NAME.seen
start_peer() {
	name=$1
	mkdir -p "$T/$name.seen"
	background python3 "$TOP_SRCDIR/tests/integration/peer.py" --answer "$ANSWER" \
		--port-file "$T/$name.port" --seen "$T/$name.seen" --host "${4:-127.0.0.1}" \
		${FILES:+--files "$FILES"} ${2:+--tls "$2" "$3"} ${VERSION:+--version "$VERSION"}
	wait_for 20 test -s "$T/$name.port" || bail "the peer $name listens"
	PEER_PORT=$(cat "$T/$name.port")
}

# free_port: one that was free a moment ago, for servers that cannot choose
free_port() {
	python3 -c 'import socket
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
while True:
    t = socket.socket()
    t.bind(("127.0.0.1", 0))
    try:
        u.bind(t.getsockname())
        print(t.getsockname()[1])
        break
    except OSError:
        pass'
}

# name_server_at ADDRESS:PORT NAME OPTION…: dnsmasq that knows nothing but what the options say; its log is
# $T/NAME.dns; sets DNS
name_server_at() {
	DNS=$1
	name=$2
	shift 2
	background dnsmasq --keep-in-foreground --conf-file=/dev/null --port="${DNS#*:}" \
		--listen-address="${DNS%:*}" --bind-interfaces --no-resolv --no-hosts --pid-file= \
		--user="$(id -un)" --group="$(id -gn)" --log-queries --log-facility="$T/$name.dns" "$@"
	wait_for 20 grep -q started "$T/$name.dns"
}

# name_server NAME OPTION…: the same, at a free port
name_server() {
	for try in 1 2 3; do
		! name_server_at "127.0.0.1:$(free_port)" "$@" || return 0
	done
	note "$LAST_LOG"
	bail "dnsmasq starts, after $try attempts"
}

# answering NAME [HEX [ADDRESS:PORT]]: a name server whose answer is the question, its flags these; with "A" or
# "AAAA" each name is this host, but what asks for another type is dropped; without, it takes questions and answers
# none.  It notes each in $T/NAME.asked; sets ANSWERING
answering() {
	at=${3:-127.0.0.1:0}
	rm -f "$T/$1.port"
	background python3 -c '
import os, socket, sys
address, port_file, asked, flags = sys.argv[1:]
host, port = address.split(":")
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind((host, int(port)))
with open(port_file + ".new", "w") as f:
    f.write(str(s.getsockname()[1]))
os.rename(port_file + ".new", port_file)
while True:
    data, who = s.recvfrom(512)
    with open(asked, "a") as f:
        print("".join(chr(c) if 32 < c < 127 else "." for c in data[12:]), file=f)
    types = {"A": (1, socket.inet_pton(socket.AF_INET, "127.0.0.1")),
             "AAAA": (28, socket.inet_pton(socket.AF_INET6, "::1"))}
    if flags in types:
        kind, address = types[flags]
        end = data.index(0, 12) + 5
        if data[end - 4:end - 2] == kind.to_bytes(2, "big"):
            s.sendto(data[:2] + bytes.fromhex("81800001000100000000") + data[12:end] + b"\xc0\x0c"
                     + data[end - 4:end] + bytes(4) + len(address).to_bytes(2, "big") + address, who)
    elif flags:
        s.sendto(data[:2] + bytes.fromhex(flags) + data[4:], who)
' "$at" "$T/$1.port" "$T/$1.asked" "${2:-}"
	wait_for 20 test -s "$T/$1.port" || bail "the name server $1 listens"
	ANSWERING=${at%:*}:$(cat "$T/$1.port")
}

# start_nginx CERT KEY LOCATION…: nginx as a front with TLS and HTTP/2; sets FRONT; its logs are in $T/nginx
start_nginx() {
	mkdir -p "$T/nginx"
	for try in 1 2; do
		rm -f "$T/nginx/pid"
		FRONT=$(free_port)
		nginx_conf "$@" >"$T/nginx.conf"
		background env LD_LIBRARY_PATH="$PEER_LIBRARIES" nginx -e stderr -c "$T/nginx.conf"
		! wait_for 20 grep -q . "$T/nginx/pid" || return 0
	done
	note "$T/nginx/error.log"
	bail "nginx starts, after $try attempts"
}
nginx_conf() {
	cert=$1
	key=$2
	shift 2
	cat <<-END
		daemon off;
		master_process off;
		pid $T/nginx/pid;
		error_log $T/nginx/error.log notice;
		events { }
		http {
			access_log $T/nginx/access.log;
			client_body_temp_path $T/nginx/body;
			proxy_temp_path $T/nginx/proxy;
			fastcgi_temp_path $T/nginx/fastcgi;
			uwsgi_temp_path $T/nginx/uwsgi;
			scgi_temp_path $T/nginx/scgi;
			server {
				listen 127.0.0.1:$FRONT ssl http2;
				ssl_certificate $cert;
				ssl_certificate_key $key;
				$(printf 'location %s\n' "$@")
			}
		}
	END
}

# root_ca NAME [AS]: $T/NAME.pem and $T/NAME.key; named as that of AS
root_ca() {
	"$OPENSSL" req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 \
		-subj "/O=Test/CN=${2:-$1} root" -addext keyUsage=critical,keyCertSign,cRLSign \
		-keyout "$T/$1.key" -out "$T/$1.pem" 2>/dev/null || bail "the root $1 is made"
}

# certificate CA NAME SUBJECT-ALT-NAME [START END]: names the list $CRL if that is set; $T/NAME.pem and $T/NAME.key; START and END are
# YYYYMMDDHHMMSSZ, else it is valid today
certificate() {
	mkdir -p "$T/ca"
	: >"$T/ca/index.txt"
	cat >"$T/ca/ca.cnf" <<-END
		[ca]
		default_ca = test
		[test]
		database = $T/ca/index.txt
		new_certs_dir = $T/ca
		rand_serial = yes
		default_md = sha256
		policy = policy
		x509_extensions = leaf
		default_days = 30
		[policy]
		commonName = supplied
		[list]
		authorityKeyIdentifier = keyid
		[leaf]
		basicConstraints = critical,CA:FALSE
		subjectAltName = $3
		extendedKeyUsage = ${USAGE:-serverAuth,clientAuth}
		${CRL:+crlDistributionPoints = URI:$CRL}
		[req]
		distinguished_name = name
		[name]
	END
	"$OPENSSL" req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$2" \
		-config "$T/ca/ca.cnf" -keyout "$T/$2.key" -out "$T/$2.csr" 2>"$ERR" &&
		"$OPENSSL" ca -batch -notext -config "$T/ca/ca.cnf" -cert "$T/$1.pem" -keyfile "$T/$1.key" \
			${4:+-startdate "$4" -enddate "$5"} -in "$T/$2.csr" -out "$T/$2.pem" >"$OUT" 2>"$ERR" || {
		note "$ERR"
		bail "the certificate $2 is made"
	}
}

# crl CA FILE NAME…: the CA's list, DER, with the certificates of these names revoked; good for 7
# days, or as CRL_ENDS (-crlsec N, …) says
crl() {
	ca=$1
	file=$2
	shift 2
	: >"$T/ca/index.txt"
	for name in "$@"; do
		"$OPENSSL" ca -config "$T/ca/ca.cnf" -cert "$T/$ca.pem" -keyfile "$T/$ca.key" \
			-revoke "$T/$name.pem" 2>"$ERR"
	done
	# shellcheck disable=SC2086 # a list of words
	"$OPENSSL" ca -gencrl -config "$T/ca/ca.cnf" -cert "$T/$ca.pem" -keyfile "$T/$ca.key" \
		${CRL_ENDS:--crldays 7} -out "$T/crl.pem" 2>"$ERR" &&
		"$OPENSSL" crl -in "$T/crl.pem" -outform DER -out "$file" 2>"$ERR" || {
		note "$ERR"
		bail "the list of $ca is made"
	}
}

# What the manual has under DIAGNOSTICS, as patterns: words in capitals, "xx" and "..." at the end
# stand for what differs.  A row is all that was found: what it leaves out must not follow.
sed -n '/^.Sh DIAGNOSTICS/,/^.Sh SEE/p' "$TOP_SRCDIR/man/smartlic-transport-direct.7" | grep '^\.It' |
	grep -o 'Li "[^"]*"' | sed -E 's/^Li "(.*)"$/\1/; s/[][().*+?{}|^$\\]/\\&/g; s/ \\\.\\\.\\\.$/( .*)?/
		s/\b(NAME|ADDRESS|URL|TIME|TYPE|REASON|N|A|B)\b/.+/g; s/xx/[0-9][0-9]/
		s/^/^text [^ ]+( by way of proxy [^ ]+)?, /; s/$/(;|$)/' >"$T/diagnostics"

# in_manual: the failure that was just seen stands there
in_manual() {
	if grep -qE -f "$T/diagnostics" "$OUT"; then
		report 0 '  … and the manual has it'
	else
		report 1 '  … and the manual has it'
		grep '^text' "$OUT" | note
	fi
}

# fails SENTENCE ERE KEY=VALUE…: a communication failure whose text matches, and is in the manual
fails() {
	sentence=$1
	text=$2
	shift 2
	status 1 "$sentence" exchange "$@"
	like "  … and the text says so" "^text $text"
	in_manual
}
