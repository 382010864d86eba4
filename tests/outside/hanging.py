"""Hosts that never answer beside good ones, mixed: hanging.py LYCOSA FOLDER.

Parameters by environment: GOOD and HANGING (hosts), PAGES (of each good one), DELAY (milliseconds), SLOTS.
"""

import asyncio
import time

from hosts import Hosts, check, crawl, finish, links, number

GOOD, HANGING, PAGES = number("GOOD", 20), number("HANGING", 160), number("PAGES", 50)
DELAY, SLOTS = number("DELAY", 200), number("SLOTS", 100)


async def answer(visit):
    """Hosts of 127.0.1.0/24 are good."""
    if not visit.host.startswith("127.0.1."):
        await asyncio.sleep(3600)
    if visit.path == "/robots.txt":
        return 404, {}, ""
    return 200, {}, links(f"/{page}" for page in range(1, PAGES)) if visit.path == "/" else "a page"


async def run(hosts, name, hanging):
    """Crawls; says how long the good hosts took, and until when each of them did."""
    config = (
        f'delay = "{DELAY}ms"\nhost_concurrency = 1\n[fetcher]\nconcurrency = {SLOTS}\ntimeout = {{ first_byte = "2s" }}\n'
        '[retry]\ntimes = 1\nbase = "100ms"\n'
    )
    hosts.visits.clear()
    good = [hosts.url(f"127.0.1.{host}") for host in range(1, GOOD + 1)]
    bad = [hosts.url(f"127.0.{2 + host // 250}.{host % 250 + 1}") for host in range(hanging)]
    # As many bad ones before each good one.
    step = max(1, hanging // GOOD)
    seeds = [seed for index, seed in enumerate(good) for seed in bad[index * step : (index + 1) * step] + [seed]]
    start = time.monotonic()
    await finish(await crawl(name, config, seeds), 4 * PAGES * DELAY / 1000 + 120)
    by_host = hosts.by_host()
    for host in range(1, GOOD + 1):
        visits = by_host[f"127.0.1.{host}"]
        check(len(visits) == PAGES + 1, f"127.0.1.{host}: {len(visits)} requests, not {PAGES + 1}")
    last = max(visits[-1].ended for host, visits in by_host.items() if host.startswith("127.0.1."))
    asked = sum(1 for host in by_host if not host.startswith("127.0.1."))
    return last - start, asked


async def main():
    hosts = await Hosts(answer).start()
    alone, _ = await run(hosts, "alone", 0)
    together, asked = await run(hosts, "together", HANGING)
    print(f"    {GOOD} good hosts: {alone:.1f} s alone, {together:.1f} s beside {asked} that hang")
    check(asked == HANGING, f"{asked} hanging hosts were asked, not {HANGING}")
    check(together <= 2 * alone, "more than twice as long")


asyncio.run(main())
