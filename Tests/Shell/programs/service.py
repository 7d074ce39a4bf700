"""A small HTTP service on a Unix socket, which does what the file `mode` says when it is asked."""

import http.server
import os
import socketserver
import sys
import threading

place = sys.argv[1]


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode()
        with open(f"{place}/mode") as file:
            mode = file.read().strip()
        with open(f"{place}/asked", "a") as file:
            file.write(f"{mode} {self.path} {body}\n")
        if mode == "hang":
            threading.Event().wait()
        self.send_response({"up": 200, "missing": 404}.get(mode, 503))
        if mode == "away":
            self.send_header("Retry-After", "1")
        self.end_headers()
        self.wfile.write(b"closed\n" if mode == "up" else b"")

    do_POST = do_GET

    def log_message(self, *_):
        pass

    def address_string(self):
        return "local"


class Service(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


path = f"{place}/service.sock"
if os.path.exists(path):
    os.unlink(path)
Service(path, Answer).serve_forever()
