"""Hosts that never respond, mixed with good ones."""

import asyncio
import time

from checks import check
from crawls import finish, start_hosts
from servers.hosts import Hosts, links
from settings import number

# `GOOD` and `HANGING` are hosts, `PAGES` is for each good host, `DELAY` is in milliseconds.
GOOD, HANGING, PAGES = number("GOOD", 20), number("HANGING", 160), number("PAGES", 50)
DELAY, SLOTS = number("DELAY", 200), number("SLOTS", 100)
CONFIG = f"""
delay = "{DELAY}ms"
host_concurrency = 1
[fetcher]
concurrency = {SLOTS}
timeout = {{ first_byte = "2s" }}
[retry]
times = 1
base = "100ms"
"""


def hanging(folder):
    """Checks that hosts that never respond do not delay good ones: not more than twice the time.

    The large one is GOOD=50 HANGING=500 PAGES=200 SLOTS=200.
    """
    asyncio.run(compare(folder))


async def compare(folder):
    hosts = await Hosts(respond).start()
    alone, _ = await crawl(folder, hosts, "alone", 0)
    together, asked = await crawl(folder, hosts, "together", HANGING)
    print(f"    {GOOD} good hosts: {alone:.1f} s alone, {together:.1f} s together with {asked} that hang")
    check(asked == HANGING, f"{asked} hanging hosts were asked, not {HANGING}")
    check(together <= 2 * alone, "more than twice the time")


def is_good(host):
    """Returns true for the hosts of 127.0.1.0/24."""
    return host.startswith("127.0.1.")


async def respond(visit):
    if not is_good(visit.host):
        await asyncio.sleep(3600)
    if visit.path == "/robots.txt":
        return 404, {}, ""
    return 200, {}, links(f"/{page}" for page in range(1, PAGES)) if visit.path == "/" else "a page"


async def crawl(folder, hosts, name, hanging):
    """Crawls the good hosts and some hanging ones. Returns the time of the good ones, and how many others were asked."""
    hosts.visits.clear()
    good = [hosts.url(f"127.0.1.{host}") for host in range(1, GOOD + 1)]
    bad = [hosts.url(f"127.0.{2 + host // 250}.{host % 250 + 1}") for host in range(hanging)]
    # The same number of bad hosts before each good one.
    step = max(1, hanging // GOOD)
    seeds = [seed for index, seed in enumerate(good) for seed in bad[index * step : (index + 1) * step] + [seed]]
    start = time.monotonic()
    await finish(await start_hosts(folder, name, CONFIG, seeds), 4 * PAGES * DELAY / 1000 + 120)
    by_host = hosts.by_host()
    for host in range(1, GOOD + 1):
        visits = by_host[f"127.0.1.{host}"]
        check(len(visits) == PAGES + 1, f"127.0.1.{host}: {len(visits)} requests, not {PAGES + 1}")
    last = max(visits[-1].ended for host, visits in by_host.items() if is_good(host))
    return last - start, sum(not is_good(host) for host in by_host)
