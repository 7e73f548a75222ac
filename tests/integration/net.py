#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A network between two interfaces that is as bad as it is told to be.

usage: net.py NEAR FAR CONTROL STATE

Makes the TUN devices NEAR and FAR and carries IP packets between them.  Each line of the FIFO
CONTROL replaces how: `NUMBER [delay=MS] [jitter=MS] [loss=PERCENT] [double=PERCENT] [cut=ADDRESS]
[pass=N]`.  cut drops what goes to or comes from that address (all: everything); pass=N lets the
first N packets of the next TCP connection through, and nothing else.  STATE holds the number of the
line that is in force, after "ready".  A packet that was dropped is told on standard output.  What is
lost is drawn from one seed.
"""
import fcntl
import heapq
import os
import random
import select
import socket
import struct
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TUN_NO_PI = 0x0001 | 0x1000


def tun(name):
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN_NO_PI))
    return fd


def addresses(packet):
    if packet[0] >> 4 == 4:
        return {socket.inet_ntoa(packet[12:16]), socket.inet_ntoa(packet[16:20])}
    return {socket.inet_ntop(socket.AF_INET6, packet[i : i + 16]) for i in (8, 24)}


class Net:
    def __init__(self):
        self.random = random.Random(1)
        self.set("0")

    def set(self, line):
        self.number, *words = line.split()
        how = dict(word.split("=") for word in words)
        self.delay, self.jitter, self.loss, self.double = (
            float(how.get(key, 0)) for key in ("delay", "jitter", "loss", "double")
        )
        self.cut = how.get("cut")
        self.left = int(how["pass"]) if "pass" in how else None
        self.connection = None

    def passes(self, packet):
        """One of the first packets of the connection that is made next."""
        if packet[0] >> 4 != 4 or packet[9] != socket.IPPROTO_TCP:
            return False
        tcp = packet[(packet[0] & 15) * 4 :]
        ports = set(struct.unpack("!HH", tcp[:4]))
        if self.connection is None and tcp[13] & 0x12 == 0x02:  # SYN, not ACK
            self.connection = ports
        if self.connection != ports or self.left == 0:
            return False
        self.left -= 1
        return True

    def copies(self, packet):
        """How long each copy of it is under way, in seconds."""
        if self.cut == "all" or self.cut in addresses(packet):
            return []
        if self.left is not None and not self.passes(packet):
            return []
        if self.random.uniform(0, 100) < self.loss:
            return []
        n = 2 if self.random.uniform(0, 100) < self.double else 1
        return [(self.delay + self.random.uniform(0, self.jitter)) / 1000 for _ in range(n)]


def tell(path, text):
    with open(path + ".new", "w") as f:
        f.write(text)
    os.rename(path + ".new", path)


def main():
    near, far, control_path, state = sys.argv[1:]
    ends = [tun(near), tun(far)]
    other = {ends[0]: ends[1], ends[1]: ends[0]}
    control = open(os.open(control_path, os.O_RDWR), "r", buffering=1)
    net = Net()
    queue = []
    serial = 0
    tell(state, "ready")
    while True:
        wait = max(0, queue[0][0] - time.monotonic()) if queue else None
        readable, _, _ = select.select(ends + [control], [], [], wait)
        if control in readable:
            net.set(control.readline())
            tell(state, net.number)
        for end in ends:
            if end not in readable:
                continue
            try:
                packet = os.read(end, 65536)
            except OSError:  # the interface is down
                continue
            copies = net.copies(packet)
            if not copies:
                print("dropped", len(packet), flush=True)
            for after in copies:
                serial += 1
                heapq.heappush(queue, (time.monotonic() + after, serial, other[end], packet))
        while queue and queue[0][0] <= time.monotonic():
            _, _, end, packet = heapq.heappop(queue)
            try:
                os.write(end, packet)
            except OSError:
                pass


main()
