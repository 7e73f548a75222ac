#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Stands between devices and managers, in front of TLS, and loses answers: the connection ends when the
manager has got the request and the device nothing.  Each loss is a line on standard output.

usage: lossy.py SEED CALM-FILE (PORT-FILE PORT)...

While CALM-FILE is there, all passes.
"""
import asyncio
import os
import random
import sys

LOST = 0.35  # of the connections
WHICH = (1, 1, 2, 2, 3)  # of a connection's requests
AGAIN = 0.5  # where one was lost, the repetition's first answer is, too
QUIET_S = 0.03  # an answer comes in several pieces

rng = random.Random(int(sys.argv[1]))
calm_file = sys.argv[2]
lost_before = False


class Talk:
    """Who speaks: after its hello a device begins a request whenever the manager has spoken."""

    def __init__(self, which):
        self.left = which
        self.heard = False
        self.asked = asyncio.Event()

    def device(self):
        if self.heard:
            self.heard = False
            self.left -= 1
            if self.left == 0:
                self.asked.set()

    def manager(self):
        self.heard = True


async def copy(reader, writer, spoken):
    """To the end."""
    while data := await reader.read(65536):
        spoken()
        writer.write(data)
        await writer.drain()
    writer.write_eof()


async def keep_back(reader, writer, talk):
    """Passes on what comes before the request, and then waits for the answer's end."""
    wanted = asyncio.ensure_future(talk.asked.wait())
    try:
        while True:
            piece = asyncio.ensure_future(reader.read(65536))
            await asyncio.wait({piece, wanted}, return_when=asyncio.FIRST_COMPLETED)
            if wanted.done():
                break
            if not piece.result():
                return
            talk.manager()
            writer.write(piece.result())
            await writer.drain()
    finally:
        wanted.cancel()
    while await piece:
        piece = asyncio.ensure_future(asyncio.wait_for(reader.read(65536), QUIET_S))


def draw():
    """Which answer of a new connection is lost; 0: none."""
    global lost_before
    again = lost_before and rng.random() < AGAIN
    lost_before = False
    if os.path.exists(calm_file):
        return 0
    return 1 if again else rng.choice(WHICH) if rng.random() < LOST else 0


async def serve(port, reader, writer):
    global lost_before
    loses = draw()
    talk = Talk(loses)
    tasks = []
    far_writer = None
    try:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        back = keep_back(far_reader, writer, talk) if loses else copy(far_reader, writer, talk.manager)
        tasks = [asyncio.ensure_future(copy(reader, far_writer, talk.device)), asyncio.ensure_future(back)]
        await asyncio.wait({tasks[1]})
        await tasks[1]
    except (OSError, asyncio.TimeoutError, asyncio.IncompleteReadError):
        pass
    finally:
        if loses and talk.asked.is_set():
            print("an answer was lost", flush=True)
            lost_before = True
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for w in (writer, far_writer):
            if w is not None:
                w.transport.abort()


async def main():
    for port_file, port in zip(sys.argv[3::2], sys.argv[4::2]):
        server = await asyncio.start_server(
            lambda r, w, port=int(port): serve(port, r, w), "127.0.0.1", 0)
        with open(port_file + ".new", "w", encoding="ascii") as f:
            f.write(str(server.sockets[0].getsockname()[1]))
        os.rename(port_file + ".new", port_file)
    await asyncio.Event().wait()


asyncio.run(main())
