"""Many hosts on one port of this machine, each an address of 127.0.0.0/8, and what each of them sees."""

import asyncio
import os
import time

# The priority at which this process started; crawls run at it.
NORMAL = os.getpriority(os.PRIO_PROCESS, 0)


def raise_priority():
    """Gives this process priority: requests are noted at once, however busy the crawl keeps the machine.

    Not every user may do that.
    """
    try:
        os.setpriority(os.PRIO_PROCESS, 0, NORMAL - 10)
    except PermissionError:
        pass


class Visit:
    """A request as its host saw it. It ends with its response, or when the client closes the connection. `writer` sends to
    the client.

    It was seen at `arrived`, and may have been there up to `late` seconds before: on a busy machine the server does not
    always look at once.
    """

    def __init__(self, host, path, late, writer):
        self.host, self.path, self.arrived, self.ended = host, path, time.monotonic(), None
        self.late, self.writer = late, writer


class Hosts:
    """A server. `respond(visit)` is a coroutine that returns status, headers (a dict) and body.

    It returns `None` if it has written to `visit.writer` itself; then the connection is closed.
    """

    def __init__(self, respond):
        self.respond, self.visits = respond, []

    async def start(self):
        """Starts the server; `port` is set then."""
        raise_priority()
        self.server = await asyncio.start_server(self.serve, "0.0.0.0", 0, backlog=4096)
        self.port = self.server.sockets[0].getsockname()[1]
        self.turned, self.stalls = time.monotonic(), []
        self.turn()
        return self

    def turn(self):
        """Notes that the event loop looks for requests now, and each time when it could not for a while."""
        now = time.monotonic()
        if now - self.turned > 0.01:
            self.stalls.append((self.turned, now))
        self.turned = now
        asyncio.get_running_loop().call_later(0.002, self.turn)

    def late(self):
        """Returns how many seconds ago a request that is seen now may have arrived.

        A request that arrives while the event loop is stalled is seen soon after the stall.
        """
        now = time.monotonic()
        recent = [begin for begin, end in self.stalls[-3:] if now - end < 0.05]
        return now - min([self.turned, *recent])

    def url(self, host, path="/"):
        """Returns the URL of a path on a host."""
        return f"http://{host}:{self.port}{path}"

    async def serve(self, reader, writer):
        """Serves one connection."""
        host = writer.get_extra_info("sockname")[0]
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode("latin-1"):
                visit = Visit(host, head.split(" ")[1], self.late(), writer)
                self.visits.append(visit)
                work, gone = asyncio.ensure_future(self.respond(visit)), asyncio.ensure_future(reader.read(1))
                await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
                visit.ended = time.monotonic()
                if gone.done() and not work.done():
                    work.cancel()
                    return
                gone.cancel()
                await asyncio.wait({gone})
                if work.result() is None:
                    return
                status, headers, body = work.result()
                fields = {"content-type": "text/html", "content-length": len(body), **headers}
                lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
                writer.write(f"HTTP/1.1 {status} X\r\n{lines}\r\n".encode() + body.encode())
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def by_host(self):
        """Returns the visits of each host, in order of arrival."""
        found = {}
        for visit in self.visits:
            found.setdefault(visit.host, []).append(visit)
        return found


def links(paths):
    """Returns a page with a link to each path."""
    return "".join(f'<a href="{path}">.</a>\n' for path in paths)
