"""Hosts that answer their robots.txt and then misbehave at every page, mixed with good ones."""

import asyncio
import signal
import socket
import struct
import time

from checks import check
from crawls import send, start_hosts
from servers.hosts import Hosts, links
from settings import number

# `GOOD` and `BAD` are hosts, `PAGES` is for each good host, `DELAY` is in milliseconds.
GOOD, BAD, PAGES = number("GOOD", 20), number("BAD", 200), number("PAGES", 100)
DELAY, SLOTS = number("DELAY", 100), number("SLOTS", 100)
CONFIG = f"""
delay = "{DELAY}ms"
[fetcher]
concurrency = {SLOTS}
"""
HEAD = b"HTTP/1.1 200 X\r\ncontent-type: text/html\r\ncontent-length: 99999\r\n\r\n"


def hanging_pages(folder):
    """Checks that hosts that hang at their pages, reset or trickle delay good ones by at most 30 %."""
    asyncio.run(compare(folder))


async def compare(folder):
    alone = await crawl(folder, "alone", None, "bad first")
    print(f"    {GOOD} good hosts: {alone:.1f} s alone")
    for name, misbehave in BAD_PAGES.items():
        for order in ["good first", "bad first", "mixed"]:
            together = await crawl(folder, f"{name} {order}".replace(" ", "-"), misbehave, order)
            print(f"    together with {BAD} that {name}, {order}: {together:.1f} s")
            check(together <= 1.3 * alone, f"{together / alone:.2f} times the time")


async def hang(visit):
    """Sends nothing."""
    await asyncio.sleep(3600)


async def hang_in_body(visit):
    """Sends the start of a page."""
    visit.writer.write(HEAD + b"x" * 1000)
    await asyncio.sleep(3600)


async def reset(visit):
    """Resets the connection."""
    linger = struct.pack("ii", 1, 0)
    visit.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)


async def trickle(visit):
    """Sends a byte now and then."""
    visit.writer.write(HEAD)
    while True:
        visit.writer.write(b"x")
        await asyncio.sleep(0.5)


BAD_PAGES = {"hang": hang, "hang in the body": hang_in_body, "reset": reset, "trickle": trickle}


async def crawl(folder, name, misbehave, order):
    """Crawls the good hosts, and bad ones if `misbehave` is set. Returns the time of the good ones."""
    left, done = {f"127.0.1.{host}": PAGES for host in range(1, GOOD + 1)}, asyncio.Event()

    async def respond(visit):
        if visit.path == "/robots.txt":
            return 404, {}, ""
        if visit.host not in left:
            return await misbehave(visit)
        left[visit.host] -= 1
        if not any(left.values()):
            done.set()
        return 200, {}, links(f"/{page}" for page in range(1, PAGES)) if visit.path == "/" else "a page"

    hosts = await Hosts(respond).start()
    good = [hosts.url(host) for host in left]
    bad = [hosts.url(f"127.0.{2 + host // 250}.{host % 250 + 1}") for host in range(BAD if misbehave else 0)]
    step = max(1, len(bad) // GOOD)
    mixed = [seed for index, seed in enumerate(good) for seed in bad[index * step : (index + 1) * step] + [seed]]
    seeds = {"good first": good + bad, "bad first": bad + good, "mixed": mixed}[order]
    start = time.monotonic()
    process = await start_hosts(folder, name, CONFIG, seeds)
    try:
        await asyncio.wait_for(done.wait(), 10 * PAGES * DELAY / 1000 + 30)
        return time.monotonic() - start
    finally:
        # Most of the bad hosts are still waited for.
        send(process, signal.SIGKILL)
        await process.wait()
        hosts.server.close()
