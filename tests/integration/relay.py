#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Stands between a device and the authority and keeps what passes: FOLDER/N.request, N.response.

usage: relay.py PORT-FILE FOLDER CERT KEY ROOT AUTHORITY-URL
"""
import os
import ssl
import sys
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer

port_file, folder, cert, key, root, url = sys.argv[1:]
opener = urllib.request.build_opener(
    urllib.request.ProxyHandler({}),
    urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=root)))
count = 0


def keep(kind, data):
    with open(os.path.join(folder, f"{count}.{kind}"), "wb") as f:
        f.write(data)


class Relay(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format, *rest):
        pass

    def do_POST(self):
        global count
        count += 1
        request = self.rfile.read(int(self.headers["Content-Length"]))
        keep("request", request)
        with opener.open(urllib.request.Request(
                url, data=request, headers={"Content-Type": self.headers["Content-Type"]})) as answer:
            response = answer.read()
            keep("response", response)
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.headers["Content-Type"])
            self.send_header("Content-Length", str(len(response)))
            self.end_headers()
            self.wfile.write(response)


server = HTTPServer(("127.0.0.1", 0), Relay)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(cert, key)
server.socket = context.wrap_socket(server.socket, server_side=True)
with open(port_file + ".new", "w", encoding="ascii") as f:
    f.write(str(server.server_address[1]))
os.rename(port_file + ".new", port_file)
server.serve_forever()
