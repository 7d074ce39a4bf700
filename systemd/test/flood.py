"""A hostile client: as many connections as it gets, each sending as much as it is let, in several ways, reading nothing.

usage: flood.py SOCKET STOP CONNECTIONS

Ends when the file STOP is there, with one line that tells what it could send.
"""

import json
import os
import selectors
import socket
import sys


def call(method, params):
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode() + b"\n"


def payloads():
    text = "x" * 500_000
    return [
        # Answers that nobody takes.
        call("rpc.discover", {}),
        # As much as a line may have, and more than is let be kept.
        call("queue.enqueue", {"queue": "flood", "payload": text}),
        # Lines that never end.
        b'{"jsonrpc":"2.0","id":1,"method":"' + b"y" * 900_000,
        # What takes most memory when it is parsed.
        b"[" * 100_000,
        b'{"jsonrpc":"2.0","id":1,"method":"error.report","params":{"message":"' + b"a b " * 100_000 + b'"}}\n',
    ]


def main():
    path, stop = sys.argv[1:3]
    most = int(sys.argv[3])
    kinds = payloads()
    selector = selectors.DefaultSelector()
    sent = opened = ended = 0

    def open_one():
        nonlocal opened
        link = socket.socket(socket.AF_UNIX)
        link.setblocking(False)
        try:
            link.connect(path)
        except OSError:
            link.close()
            return
        selector.register(link, selectors.EVENT_WRITE, [kinds[opened % len(kinds)], 0])
        opened += 1

    while not os.path.exists(stop):
        while len(selector.get_map()) < most:
            before = opened
            open_one()
            if opened == before:
                break
        for key, _ in selector.select(0.1):
            line, offset = key.data
            try:
                count = key.fileobj.send(line[offset : offset + 262_144])
            except BlockingIOError:
                continue
            except OSError:
                selector.unregister(key.fileobj)
                key.fileobj.close()
                ended += 1
                continue
            sent += count
            key.data[1] = (offset + count) % len(line)
    print(f"{opened} connections, {ended} of them ended by the daemon, {sent // 1_000_000} MB sent")


main()
