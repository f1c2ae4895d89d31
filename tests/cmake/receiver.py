# SPDX-License-Identifier: Apache-2.0
"""receiver.py FOLDER MODE: stands for a CDash server.

Stores each submitted file in FOLDER, and a line "<name> <MD5 as promised> <Authorization>" in
FOLDER/log. Mode "error" answers as CDash does when it refuses: 200, with an error in the text. Writes
its port to FOLDER/port; ends after Done.xml, or after a minute without a request.
"""
import hashlib
import http.server
import os
import sys
import urllib.parse

folder, mode = sys.argv[1:]
finished = False


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_PUT(self):
        global finished
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        name = query["FileName"][0].split("___")[-1]
        same = hashlib.md5(body).hexdigest() == query["MD5"][0]
        with open(os.path.join(folder, name), "wb") as file:
            file.write(body)
        with open(os.path.join(folder, "log"), "a", encoding="utf-8") as log:
            log.write(f"{name} {'same' if same else 'other'} {self.headers['Authorization']}\n")
        status = "ERROR" if mode == "error" else "OK"
        identity = "" if mode == "error" else "<buildId>42</buildId>"
        answer = f"<cdash><status>{status}</status><message></message>{identity}</cdash>".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
        finished = name == "Done.xml"

    def log_message(self, *arguments):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Receiver)
server.timeout = 60
with open(os.path.join(folder, "port.new"), "w", encoding="utf-8") as port:
    port.write(str(server.server_port))
os.rename(os.path.join(folder, "port.new"), os.path.join(folder, "port"))
server.handle_timeout = lambda: sys.exit(0)
while not finished:
    server.handle_request()
