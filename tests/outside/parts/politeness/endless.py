"""Sites without end, crawled together with good ones."""

import asyncio
import statistics

from checks import check
from crawls import finish, memory, start_hosts
from servers.hosts import Hosts, links
from settings import number

# `SECONDS` is about how long the crawl takes, `GOOD` is the number of good hosts.
SECONDS, GOOD, DELAY = number("SECONDS", 20), number("GOOD", 20), 50
PAGES = SECONDS * 8
# Maximum number of pages of each kind: the limits of [traps] and [scope], and what follows from them.
CALENDAR, COMBINATIONS, HOST_PAGES = min(1000, SECONDS * 7), min(2000, SECONDS * 10), SECONDS * 18
TRAPS = {
    "127.0.2.1": ("calendar", CALENDAR + 1),
    "127.0.2.2": ("session", 3 * 2 + 1),
    # The number of paths made of two words, if each word may occur three times.
    "127.0.2.3": ("deep", 69),
    "127.0.2.4": ("query", COMBINATIONS + 1),
    "127.0.2.5": ("wide", HOST_PAGES),
}
CONFIG = f"""
delay = "{DELAY}ms"
host_concurrency = 1
adaptive = false
[scope]
host_pages = {HOST_PAGES}
[traps]
calendar = {CALENDAR}
combinations = {COMBINATIONS}
"""


def endless(folder):
    """Checks that sites without end stay within their limits, good ones complete, and memory does not grow.

    The large one is SECONDS=300.
    """
    asyncio.run(crawl(folder))


async def crawl(folder):
    hosts = await Hosts(Site().respond).start()
    good = [f"127.0.1.{host}" for host in range(1, GOOD + 1)]
    process = await start_hosts(folder, "endless", CONFIG, [hosts.url(host) for host in [*TRAPS, *good]])
    samples = []
    await asyncio.gather(finish(process, 3 * SECONDS + 120), sample_memory(process, samples))
    check_traps(hosts.by_host())
    for host in good:
        pages = pages_of(hosts.by_host()[host])
        check(pages == PAGES, f"{host}: {pages} pages of {PAGES}")
    check_memory([sample for sample in samples if sample > 0])


class Site:
    """All hosts. Counts the pages of the sites without end, so that each has links that were never seen."""

    def __init__(self):
        self.count = 0

    async def respond(self, visit):
        if visit.path == "/robots.txt":
            return 404, {}, ""
        if visit.host in TRAPS:
            return 200, {}, links(self.new_links(TRAPS[visit.host][0], visit.path))
        page = int(visit.path[1:] or 0)
        return 200, {}, links(f"/{n}" for n in (2 * page + 1, 2 * page + 2, page // 2) if 0 < n < PAGES) + "x" * 2000

    def new_links(self, kind, path):
        self.count += 1
        count = self.count
        match kind:
            case "calendar":
                year, month = map(int, path.split("/")[2:4]) if path.startswith("/cal/") else (2024, 1)
                months = year * 12 + month - 1
                return [f"/cal/{near // 12}/{near % 12 + 1}" for near in (months - 1, months + 1)]
            case "session":
                return [f"/{page};jsessionid={count}{page}" for page in range(3)]
            case "deep":
                return [f"{path.rstrip('/')}/{word}" for word in ("deep", "below")]
            case "query":
                return [f"/q?color={n}&size={count}&order={n * count}" for n in range(5)]
            case "wide":
                return [f"/wide/{count * 1000 + n}x" for n in range(1000)]


async def sample_memory(process, samples):
    """Appends the memory of a process to `samples`, about a hundred times."""
    while process.returncode is None:
        samples.append(memory(process))
        await asyncio.sleep(SECONDS / 100)


def pages_of(visits):
    """Returns the number of different pages."""
    return len({visit.path for visit in visits} - {"/robots.txt"})


def check_traps(by_host):
    for host, (kind, most) in TRAPS.items():
        pages = pages_of(by_host[host])
        print(f"    {kind}: {pages} pages of {most}")
        check(most / 2 <= pages <= most, f"{kind}: {pages} pages, the limit is {most}")


def check_memory(samples):
    fifths = [samples[len(samples) * n // 5 : len(samples) * (n + 1) // 5] for n in range(5)]
    levels = [round(statistics.median(fifth)) for fifth in fifths]
    print(f"    {GOOD} good sites of {PAGES} pages; memory in MiB, by fifths of the time: {levels}")
    # Caches, buffers and the tables of the store are filled in the first fifth.
    check(levels[4] <= 1.2 * levels[1] + 8, f"memory grows: {levels} MiB")
