# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# What is sent to a socket of the file system, as logs and service managers have; after lib.sh.

# Writes each datagram that reaches the socket $1 as a line of $2; no name in it: "READY=1" alike.
cat >"$T/listen.py" <<'END'
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
with open(sys.argv[2], "ab", buffering=0) as out:
    while True:
        out.write(s.recv(65536).replace(b"\n", b"\\n") + b"\n")
END

listen() { # SOCKET FILE; sets LAST_PID
	: >"$2"
	background python3 "$T/listen.py" "$1" "$2"
	wait_for 10 test -S "$1" || bail 'the listener listens'
}
