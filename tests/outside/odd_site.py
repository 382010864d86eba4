"""A site of extremes on every loopback address: `odd_site.py` prints its port and that of a server that never speaks."""

import asyncio
import gzip
import sys
import zlib

GIB = 1 << 30
BIG = 9 << 20
MEGABYTE = bytes(1 << 20)


def deflated(window):
    """1 GiB of zeros, 1 MiB of them packed once: a full flush makes a part stand for itself."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    part = packer.compress(MEGABYTE) + packer.flush(zlib.Z_FULL_FLUSH)
    if window > 0:
        # A zlib head; nobody gets to the checksum.
        return b"\x78\xda" + part * (GIB // len(MEGABYTE)) + b"\x03\0"
    return part


def gzip_bomb():
    return gzip.compress(MEGABYTE, 9) * (GIB // len(MEGABYTE))


def zstd_bomb():
    """Blocks of one repeated byte (RFC 8878 section 3.1.1.2)."""

    def block(last):
        return ((128 << 10) << 3 | 1 << 1 | last).to_bytes(3, "little") + b"\0"

    return b"\x28\xb5\x2f\xfd\x00\x38" + block(0) * (GIB >> 17) + block(1)


def brotli_bomb():
    import brotli

    packer = brotli.Compressor(quality=9, lgwin=24)
    parts = [packer.process(MEGABYTE) for _ in range(GIB // len(MEGABYTE))]
    return b"".join(parts) + packer.finish()


BOMBS = {
    "gzip": ("gzip", gzip_bomb),
    "deflate": ("deflate", lambda: deflated(15)),
    "br": ("br", brotli_bomb),
    "zstd": ("zstd", zstd_bomb),
    "stacked": ("gzip, gzip", lambda: gzip.compress(gzip_bomb(), 9)),
    "none": ("identity", lambda: b"<p>nothing"),
}


def head(length, more=""):
    length = "" if length is None else f"content-length: {length}\r\n"
    return f"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n{length}{more}\r\n".encode()


async def repeat(writer, part, pause):
    while True:
        writer.write(part)
        await writer.drain()
        await asyncio.sleep(pause)


async def answer(writer, path):
    _, what, *rest = path.split("/")
    if what == "bomb":
        coding, make = BOMBS[rest[0]]
        body = make()
        writer.write(head(len(body), f"content-encoding: {coding}\r\n") + body)
    elif what == "big":
        writer.write(head(BIG))
        for _ in range(BIG // len(MEGABYTE)):
            writer.write(b"x" * len(MEGABYTE))
            await writer.drain()
    elif what == "slow":
        await asyncio.sleep(int(rest[0]) / 1000)
        writer.write(head(2) + b"ok")
    elif what == "halves":
        writer.write(head(2) + b"o")
        await writer.drain()
        await asyncio.sleep(int(rest[0]) / 1000)
        writer.write(b"k")
    elif what == "endless":
        writer.write(head(None))
        await repeat(writer, MEGABYTE, 0.001)
    elif what == "drip":
        writer.write(head(100_000))
        await repeat(writer, b"x", 1)
    elif what == "silent":
        await asyncio.sleep(3600)
    elif what == "half-head":
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-ty")
        await asyncio.sleep(3600)
    elif what == "half-body":
        writer.write(head(1000) + b"<p>half")
        await asyncio.sleep(3600)
    elif what == "robots.txt":
        writer.write(b"HTTP/1.1 404 None\r\ncontent-length: 0\r\n\r\n")
    else:
        writer.write(head(2) + b"ok")
    await writer.drain()


async def serve(reader, writer):
    try:
        while True:
            request = await reader.readuntil(b"\r\n\r\n")
            await answer(writer, request.split(b" ", 2)[1].decode())
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def say_nothing(reader, writer):
    await reader.read()
    writer.close()


async def main():
    site = await asyncio.start_server(serve, "0.0.0.0", int(sys.argv[1]), backlog=4096)
    silent = await asyncio.start_server(say_nothing, "0.0.0.0", int(sys.argv[2]), backlog=4096)
    await asyncio.gather(site.serve_forever(), silent.serve_forever())


asyncio.run(main())
