"""What servers and proxies see: a server and a connection that note what clients send."""

import contextlib
import http.server
import socket
import ssl
import threading


class Record:
    """What was sent to `port` since the last `clear`, as bytes."""

    def __init__(self, port):
        self.port, self.seen, self.lock = port, b"", threading.Lock()

    def note(self, data):
        with self.lock:
            self.seen += data

    def clear(self):
        with self.lock:
            self.seen = b""


@contextlib.contextmanager
def echo(certificate=None, key=None):
    """Runs a server, with TLS if there is a certificate. Yields its record: the heads of the requests.

    The body of each response is the head of its request. `/to?URL` redirects to URL.
    """

    class Echo(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            head = (self.requestline + "\n" + str(self.headers)).encode()
            record.note(head)
            path, _, query = self.path.partition("?")
            is_redirect = path.endswith("/to")
            body = b"" if is_redirect else head
            self.send_response(302 if is_redirect else 200)
            if is_redirect:
                self.send_header("location", query)
            self.send_header("content-type", "text/plain")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with Server(("127.0.0.1", 0), Echo) as server:
        record = Record(server.server_address[1])
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, key)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield record
        finally:
            server.shutdown()


class Server(http.server.ThreadingHTTPServer):
    """A server with a thread for each connection. Connections that fail are not worth a message."""

    daemon_threads = True

    def handle_error(self, request, client_address):
        pass


@contextlib.contextmanager
def tap(target):
    """Passes connections on to the port `target`. Yields the record of what clients send."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        record = Record(listener.getsockname()[1])
        threading.Thread(target=forward, args=(listener, target, record), daemon=True).start()
        yield record


def forward(listener, target, record):
    """Connects each client with the port `target`, until the listener is closed."""
    while True:
        try:
            near, _ = listener.accept()
        except OSError:
            return
        far = socket.create_connection(("127.0.0.1", target))
        threading.Thread(target=pump, args=(near, far, record.note), daemon=True).start()
        threading.Thread(target=pump, args=(far, near, None), daemon=True).start()


def pump(source, sink, note):
    """Copies bytes until the source ends, and notes them first."""
    try:
        while data := source.recv(1 << 16):
            if note:
                note(data)
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        sink.close()
