# SPDX-License-Identifier: MIT
"""Four worker processes; a request parses, groups and writes JSON, and changes a cache."""
import json
import os
import re
import signal
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

CACHE_LIMIT = 1500
cache = {}
served = 0


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        global served
        served += 1
        rows = [{"id": i, "name": "item %d" % (i * served), "tags": [str(i % 7), str(i % 11)]}
                for i in range(300)]
        groups = {}
        for row in json.loads(json.dumps(rows)):
            groups.setdefault(row["tags"][0], []).append(row["name"].upper())
        cache[served] = {name: re.sub("ITEM", "it", ",".join(names))
                         for name, names in groups.items()}
        if len(cache) > CACHE_LIMIT:
            cache.clear()
        body = json.dumps(groups).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def main():
    server = HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
    server.socket.listen(128)
    workers = []
    for _ in range(4):
        process = os.fork()
        if process == 0:
            server.serve_forever()
        workers.append(process)

    def stop(*_):
        for worker in workers:
            os.kill(worker, signal.SIGKILL)
        os._exit(0)

    signal.signal(signal.SIGTERM, stop)
    while True:
        signal.pause()


main()
