#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A web server that answers a POST as its path says, on a free loopback port.

usage: peer.py --port-file FILE --answer FILE --seen FOLDER [--tls CERT KEY] [--host ADDRESS]
               [--files FOLDER] [--version 1.2|1.3]

A GET gets the file of that name from the folder of --files, or is answered as a POST is; which ones
there were is in FOLDER/gets.  A CONNECT is answered as the first label of the host says, the way is
never opened.

The last request's body and header fields go to FOLDER/body and FOLDER/header, its sender's address
to FOLDER/sender, and one line for each connection to FOLDER/connections.
"""
import argparse
import email.utils
import gzip
import os
import socket
import ssl
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Peer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "peer"

    def setup(self):
        super().setup()
        with open(os.path.join(args.seen, "connections"), "a", encoding="ascii") as f:
            f.write("connection\n")

    def log_message(self, format, *rest):
        pass

    def send(self, status, body, kind="application/cms", length=None, **fields):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", len(body) if length is None else length)
        for name, value in fields.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with open(os.path.join(args.seen, "body"), "wb") as f:
            f.write(body)
        with open(os.path.join(args.seen, "sender"), "w", encoding="ascii") as f:
            f.write(self.client_address[0] + "\n")
        with open(os.path.join(args.seen, "header"), "w", encoding="latin-1") as f:
            f.write(f"{self.command} {self.path}\n{self.headers}")
        getattr(self, "on_" + self.path.strip("/").split("/")[-1].replace("-", "_"))()

    def do_GET(self):
        with open(os.path.join(args.seen, "gets"), "a", encoding="ascii") as f:
            f.write(self.path + "\n")
        name = self.path.strip("/").split("/")[-1]
        path = os.path.join(args.files or "", name)
        if args.files and os.path.exists(path):
            with open(path, "rb") as f:
                self.send(200, f.read(), "application/pkix-crl")
        else:
            getattr(self, "on_" + name.replace("-", "_"), self.on_not_found)()

    def do_CONNECT(self):
        getattr(self, "on_" + self.path.split(".")[0].split(":")[0].replace("-", "_"))()

    def on_DDCEService(self):
        self.send(200, answer)

    def on_error_signed(self):
        self.send(500, answer)

    def on_no_type(self):
        self.send_response(200)
        self.send_header("Content-Length", len(answer))
        self.end_headers()
        self.wfile.write(answer)

    def on_early_hint(self):
        self.send_response_only(103)
        self.end_headers()
        self.send(200, answer)

    def on_continue(self):
        self.send_response_only(100)
        self.end_headers()
        self.send(200, answer)

    def on_hints_without_end(self):
        try:
            while True:
                self.send_response_only(103)
                self.send_header("Link", "x" * 1000)
                self.end_headers()
        except OSError:
            self.close_connection = True

    def on_switch(self):
        self.send_response_only(101)
        self.send_header("Upgrade", "smoke")
        self.send_header("Connection", "Upgrade")
        self.end_headers()
        self.close_connection = True

    def on_header_trickle(self):
        self.send_response(200)
        self.flush_headers()
        try:
            while True:
                self.wfile.write(b"X")
                time.sleep(0.05)
        except OSError:
            self.close_connection = True

    def on_portal(self):
        self.send(200, b"<html>Welcome to the hotel</html>", "text/html; charset=utf-8")

    def on_empty(self):
        self.send(200, b"")

    def on_no_content(self):
        self.send_response(204)
        self.end_headers()

    def on_truncated(self):
        self.send(200, answer[:1000], length=len(answer))
        self.close_connection = True

    def on_oversize(self):
        self.send(200, b"\x30\x83", length=400 * 1024)

    def on_endless(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/cms")
        self.send_header("Connection", "close")
        self.end_headers()
        try:
            while True:
                self.wfile.write(b"\x30\x83" + bytes(8190))
        except OSError:
            pass

    def on_endless_header(self):
        self.send_response(200)
        try:
            for i in range(100000):
                self.send_header(f"X-{i}", "x" * 1000)
                self.flush_headers()
        except OSError:
            pass

    def on_redirect(self):
        self.send(302, b"moved", "text/plain", Location="http://login.example.net/\x07terms")

    def on_busy(self):
        self.send(503, b"later", "text/plain", Retry_After="120")

    def on_busy_signed(self):
        self.send(429, answer, Retry_After="60")

    def on_busy_date(self):
        # a server whose clock is wrong as well: the span is what counts
        self.send_response_only(503)
        self.send_header("Date", email.utils.formatdate(86400, usegmt=True))
        self.send_header("Retry-After", email.utils.formatdate(86400 + 300, usegmt=True))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def on_busy_nonsense(self):
        self.send(503, b"later", "text/plain", Retry_After="soon")

    def on_status(self):
        self.send(int(self.path.split("/")[-2]), b"as you say", "text/plain")

    def on_not_found(self):
        self.send(404, b"<html>not here</html>", "text/html")

    def on_trouble(self):
        self.send(502, b"<html>bad gateway</html>", "text/html")

    def on_forbidden(self):
        self.send(403, b"<html>no</html>", "text/html", Proxy_Status="peer; error=http_request_denied")

    def on_proxy_login(self):
        self.send(407, b"", "text/html")

    def on_guarded(self):
        if self.headers.get("Proxy-Authorization"):
            self.send(200, answer)
        else:
            self.send(407, b"", "text/plain", Proxy_Authenticate='Basic realm="peer"')

    def on_too_large(self):
        self.send(413, b"", "text/html")

    def on_close(self):
        self.close_connection = True

    def on_no_http(self):
        self.wfile.write(b"220 mail.example.net ESMTP\r\n")
        self.close_connection = True

    def on_garbage(self):
        self.wfile.write(b"\x00\x01\xff smoke\r\n\r\n")
        self.close_connection = True

    def on_silent(self):
        time.sleep(20)
        self.close_connection = True

    def on_steady(self):
        self.send_response(200)
        self.send_header("Content-Length", "300000")
        self.end_headers()
        try:
            while True:
                self.wfile.write(bytes(2048))
                time.sleep(0.05)
        except OSError:
            self.close_connection = True

    def on_bomb(self):
        self.send(200, gzip.compress(bytes(100 << 20)), Content_Encoding="gzip")

    def on_trickle(self):
        self.send_response(200)
        self.send_header("Content-Length", "100000")
        self.end_headers()
        try:
            while True:
                self.wfile.write(b"\x30")
                time.sleep(0.05)
        except OSError:
            self.close_connection = True


parser = argparse.ArgumentParser()
parser.add_argument("--port-file", required=True)
parser.add_argument("--answer", required=True)
parser.add_argument("--seen", required=True)
parser.add_argument("--tls", nargs=2)
parser.add_argument("--host", default="127.0.0.1")
parser.add_argument("--files")
parser.add_argument("--version", choices=["1.2", "1.3"])
args = parser.parse_args()
with open(args.answer, "rb") as a:
    answer = a.read()
ThreadingHTTPServer.daemon_threads = True
if ":" in args.host:
    ThreadingHTTPServer.address_family = socket.AF_INET6
server = ThreadingHTTPServer((args.host, 0), Peer)
if args.tls:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*args.tls)
    if args.version:
        version = ssl.TLSVersion["TLSv" + args.version.replace(".", "_")]
        context.minimum_version = context.maximum_version = version
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False)
with open(args.port_file + ".new", "w", encoding="ascii") as f:
    f.write(str(server.server_address[1]))
os.rename(args.port_file + ".new", args.port_file)
server.serve_forever()
