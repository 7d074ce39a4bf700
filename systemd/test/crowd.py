"""Calls from many clients at once while the daemon is killed and restarted: what was acknowledged must be there.

usage: crowd.py SOCKET CLIENTS CALLS PROGRESS

PROGRESS is a file that tells how many calls have been acknowledged. A client whose connection ends makes the same call
again, with the same idempotency key. Ends with one line, and with 1 where a connection was refused, an acknowledged
operation is not there, or a call was done twice.
"""

import json
import os
import socket
import sys
import threading


class Crowd:
    def __init__(self, path, calls):
        self.path = path
        self.calls = calls
        self.lock = threading.Lock()
        self.operations = {}
        self.refused = 0
        self.broken = 0
        self.failed = []
        self.examples = []

    def connect(self):
        while True:
            link = socket.socket(socket.AF_UNIX)
            link.settimeout(60)
            try:
                link.connect(self.path)
                return link, link.makefile("rb")
            except OSError as error:
                link.close()
                with self.lock:
                    self.refused += 1
                    if self.refused > 100:
                        raise SystemExit(f"refused more than 100 times: {error}")

    def client(self, number):
        link, answers = self.connect()
        for call in range(self.calls):
            key = f"crowd-{number}-{call}"
            line = json.dumps(
                {
                    "jsonrpc": "2.0",
                    "id": call,
                    "method": "queue.enqueue",
                    "params": {"queue": f"crowd-{number % 4}", "payload": key, "_meta": {"idempotency_key": key}},
                }
            ).encode()
            while True:
                try:
                    link.sendall(line + b"\n")
                    answer = answers.readline()
                except OSError:
                    answer = b""
                if not answer.endswith(b"\n"):
                    with self.lock:
                        self.broken += 1
                    link.close()
                    link, answers = self.connect()
                    continue
                answer = json.loads(answer)
                if "result" in answer:
                    break
                # It is stopping, and says so: another connection waits for the next one.
                if answer["error"]["data"].get("reason") in ("shutting_down", "unavailable"):
                    link.close()
                    link, answers = self.connect()
                    continue
                with self.lock:
                    self.failed.append(answer["error"])
                return
            with self.lock:
                self.operations[key] = answer["result"]["operation"]
        link.close()

    def audit(self):
        """How many acknowledged operations are missing or another's, and how many operations nobody was told of."""
        link, answers = self.connect()
        lost = 0
        pairs = list(self.operations.items())
        for start in range(0, len(pairs), 200):
            part = pairs[start : start + 200]
            for number, (_, operation) in enumerate(part):
                link.sendall(
                    json.dumps(
                        {"jsonrpc": "2.0", "id": number, "method": "queue.get", "params": {"operation": operation}}
                    ).encode()
                    + b"\n"
                )
            # Answers come in any order.
            payloads = {}
            for _ in part:
                answer = json.loads(answers.readline())
                payloads[answer["id"]] = answer.get("result", {}).get("payload")
            for number, (key, _) in enumerate(part):
                if payloads.get(number) != key:
                    lost += 1
                    self.examples.append((key, payloads.get(number)))
        kept = 0
        for number in range(4):
            link.sendall(
                json.dumps(
                    {"jsonrpc": "2.0", "id": 0, "method": "queue.stats", "params": {"queue": f"crowd-{number}"}}
                ).encode()
                + b"\n"
            )
            kept += json.loads(answers.readline())["result"]["queues"][0]["counts"]["ready"]
        return lost, kept - len(pairs)


def main():
    path, clients, calls, progress = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    crowd = Crowd(path, calls // clients)
    threads = [threading.Thread(target=crowd.client, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    told = -1
    while any(thread.is_alive() for thread in threads):
        threads[0].join(0.02)
        for thread in threads:
            if thread.is_alive():
                thread.join(0.02)
                break
        if len(crowd.operations) != told:
            told = len(crowd.operations)
            with open(progress + ".new", "w") as file:
                file.write(f"{told}\n")
            os.rename(progress + ".new", progress)
    lost, twice = crowd.audit()
    print(
        f"{len(crowd.operations)} calls of {clients} clients acknowledged, {crowd.broken} connections broken,"
        f" {crowd.refused} refused, {lost} acknowledged lost, {twice} done twice, {len(crowd.failed)} failed"
    )
    for example in crowd.failed[:3] + crowd.examples[:3]:
        print(example)
    wrong = crowd.refused or lost or twice or crowd.failed or len(crowd.operations) != calls // clients * clients
    sys.exit(1 if wrong else 0)


main()
