"""What proxies and servers see, from their side.

`recorder.py echo PORT LOG [CERTIFICATE KEY]` answers with the request's own head, `/to?URL` with a redirect there; each
head is appended to LOG. `recorder.py tap PORT TARGET LOG` passes connections on to the port TARGET of this machine, and
appends what clients send."""

import http.server
import socket
import ssl
import sys
import threading

mode, port = sys.argv[1], int(sys.argv[2])


def note(log, data):
    with open(log, "ab") as file:
        file.write(data)


class Echo(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        said = (self.requestline + "\n" + str(self.headers)).encode()
        note(sys.argv[3], said)
        path, _, query = self.path.partition("?")
        is_redirect = path.endswith("/to")
        body = b"" if is_redirect else said
        self.send_response(302 if is_redirect else 200)
        if is_redirect:
            self.send_header("location", query)
        self.send_header("content-type", "text/plain")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def pump(source, sink, log):
    try:
        while data := source.recv(1 << 16):
            if log:
                note(log, data)
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        sink.close()


if mode == "echo":
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Echo)
    if len(sys.argv) > 4:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[4], sys.argv[5])
        server.socket = context.wrap_socket(server.socket, server_side=True)
    server.serve_forever()
else:
    listener = socket.create_server(("127.0.0.1", port))
    while True:
        near, _ = listener.accept()
        far = socket.create_connection(("127.0.0.1", int(sys.argv[3])))
        threading.Thread(target=pump, args=(near, far, sys.argv[4]), daemon=True).start()
        threading.Thread(target=pump, args=(far, near, None), daemon=True).start()
