"""Many hosts on one port of this machine, each an address of 127.0.0.0/8, and a crawl of them; for the other scripts."""

import asyncio
import os
import pathlib
import struct
import sys
import time

LYCOSA, FOLDER = sys.argv[1], pathlib.Path(sys.argv[2])

# What every crawl here is told beside its own part.
BASE = """
[crawl]
contact = "https://lycosa.example/bot"
allow_private = true
[politeness]
jitter = 0.0
ip_concurrency = 0
"""


# What arrives is noted at once, however busy the crawl keeps the machine. Not everyone may do that.
try:
    EARLIER = -os.nice(0) + os.nice(-10)
except PermissionError:
    EARLIER = 0


def number(name, default):
    """A parameter, by environment."""
    return type(default)(os.environ.get(name, default))


class Visit:
    """A request as its host saw it; it ends with its answer, or when nobody waits for that any more.

    It was seen at `arrived`, and may have been there up to `late` seconds before: on a busy machine the server is not
    always there to see.
    """

    def __init__(self, host, path, late):
        self.host, self.path, self.arrived, self.ended = host, path, time.monotonic(), None
        self.late = late


class Hosts:
    """A server; `answer(visit)` is a coroutine that gives status, headers (a dict) and body, or None to hang."""

    def __init__(self, answer):
        self.answer, self.visits = answer, []

    async def start(self):
        self.server = await asyncio.start_server(self.serve, "0.0.0.0", 0, backlog=4096)
        self.port = self.server.sockets[0].getsockname()[1]
        self.turned, self.stalls = time.monotonic(), []
        self.turn()
        return self

    def turn(self):
        """Notes that this loop has just looked for what came, and when it could not for a while."""
        now = time.monotonic()
        if now - self.turned > 0.01:
            self.stalls.append((self.turned, now))
        self.turned = now
        asyncio.get_running_loop().call_later(0.002, self.turn)

    def late(self):
        """How long ago the oldest thing may have come that is seen now: what came during a stall is seen soon after."""
        now = time.monotonic()
        recent = [begin for begin, end in self.stalls[-3:] if now - end < 0.05]
        return now - min([self.turned, *recent])

    def url(self, host, path="/"):
        return f"http://{host}:{self.port}{path}"

    async def serve(self, reader, writer):
        host = writer.get_extra_info("sockname")[0]
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode("latin-1"):
                visit = Visit(host, head.split(" ")[1], self.late())
                self.visits.append(visit)
                work, gone = asyncio.ensure_future(self.answer(visit)), asyncio.ensure_future(reader.read(1))
                await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
                visit.ended = time.monotonic()
                if gone.done() and not work.done():
                    work.cancel()
                    return
                gone.cancel()
                await asyncio.wait({gone})
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
        """The visits of each host, in order of arrival."""
        found = {}
        for visit in self.visits:
            found.setdefault(visit.host, []).append(visit)
        return found


def links(paths):
    return "".join(f'<a href="{path}">.</a>\n' for path in paths)


async def crawl(name, config, seeds, *more):
    """Starts a crawl of these seeds with state in FOLDER/name."""
    (FOLDER / f"{name}.toml").write_text(BASE + config)
    (FOLDER / f"{name}.seeds").write_text("\n".join(seeds) + "\n")
    log = open(FOLDER / "log", "ab")
    return await asyncio.create_subprocess_exec(
        LYCOSA, "crawl", "-c", f"{name}.toml", "--set", f"crawl.seed_files={name}.seeds", "--state", name,
        "-o", f"{name}.jsonl", *more, cwd=FOLDER, stdout=log, stderr=log, preexec_fn=lambda: os.nice(-EARLIER),
    )


async def finish(process, patience, code=0):
    """Waits for the end of a crawl, which must come by itself."""
    try:
        ended = await asyncio.wait_for(process.wait(), patience)
    except asyncio.TimeoutError:
        process.kill()
        raise SystemExit(f"the crawl has not ended after {patience} s")
    check(ended == code, f"the crawl ended with {ended}, not {code}")


def check(is_so, words):
    if not is_so:
        raise SystemExit(words)


def log_text():
    return (FOLDER / "log").read_text(errors="replace")


def memory(process):
    """Resident memory in MiB; 0 when it has ended."""
    try:
        with open(f"/proc/{process.pid}/statm") as file:
            return int(file.read().split()[1]) * 4096 >> 20
    except (FileNotFoundError, ProcessLookupError, IndexError):
        return 0


class Names(asyncio.DatagramProtocol):
    """A name server to which every name is one address."""

    def __init__(self, address):
        self.address = bytes(map(int, address.split(".")))

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, sender):
        end = data.index(0, 12) + 5
        is_a = data[end - 4 : end - 2] == b"\0\1"
        head = data[:2] + b"\x81\x80" + data[4:6] + struct.pack(">HHH", int(is_a), 0, 0)
        record = b"\xc0\x0c\0\1\0\1" + struct.pack(">IH", 60, 4) + self.address
        self.transport.sendto(head + data[12:end] + (record if is_a else b""), sender)


async def name_server(address):
    """Starts one; says its port."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: Names(address), ("127.0.0.1", 0))
    return transport.get_extra_info("sockname")[1]
