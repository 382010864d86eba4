"""The site: PORT SILENT. The server on the port SILENT accepts connections and sends nothing."""

import asyncio
import gzip
import sys
import zlib

GIB = 1 << 30
BIG = 9 << 20
MEGABYTE = bytes(1 << 20)


def deflate_bomb():
    """1 GiB of zeros. Only 1 MiB is compressed: after a full flush a part can be repeated.

    It has zlib's header, and no checksum: no client gets that far.
    """
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    part = packer.compress(MEGABYTE) + packer.flush(zlib.Z_FULL_FLUSH)
    return b"\x78\xda" + part * (GIB // len(MEGABYTE)) + b"\x03\0"


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
    "deflate": ("deflate", deflate_bomb),
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


async def respond(writer, path):
    _, kind, *rest = path.split("/")
    if kind == "bomb":
        coding, make = BOMBS[rest[0]]
        body = make()
        writer.write(head(len(body), f"content-encoding: {coding}\r\n") + body)
    elif kind == "big":
        writer.write(head(BIG))
        for _ in range(BIG // len(MEGABYTE)):
            writer.write(b"x" * len(MEGABYTE))
            await writer.drain()
    elif kind == "slow":
        await asyncio.sleep(int(rest[0]) / 1000)
        writer.write(head(2) + b"ok")
    elif kind == "halves":
        writer.write(head(2) + b"o")
        await writer.drain()
        await asyncio.sleep(int(rest[0]) / 1000)
        writer.write(b"k")
    elif kind == "endless":
        writer.write(head(None))
        await repeat(writer, MEGABYTE, 0.001)
    elif kind == "drip":
        writer.write(head(100_000))
        await repeat(writer, b"x", 1)
    elif kind == "silent":
        await asyncio.sleep(3600)
    elif kind == "half-head":
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-ty")
        await asyncio.sleep(3600)
    elif kind == "half-body":
        writer.write(head(1000) + b"<p>half")
        await asyncio.sleep(3600)
    elif kind == "robots.txt":
        writer.write(b"HTTP/1.1 404 None\r\ncontent-length: 0\r\n\r\n")
    else:
        writer.write(head(2) + b"ok")
    await writer.drain()


async def converse(reader, writer):
    try:
        while True:
            request = await reader.readuntil(b"\r\n\r\n")
            await respond(writer, request.split(b" ", 2)[1].decode())
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def send_nothing(reader, writer):
    await reader.read()
    writer.close()


async def main(port, silent):
    site = await asyncio.start_server(converse, "0.0.0.0", port, backlog=4096)
    mute = await asyncio.start_server(send_nothing, "0.0.0.0", silent, backlog=4096)
    await asyncio.gather(site.serve_forever(), mute.serve_forever())


asyncio.run(main(*map(int, sys.argv[1:])))
