"""Hosts that cannot be asked within the limits."""

import asyncio
import time

from checks import check
from crawls import finish, start_hosts
from servers.hosts import Hosts, links

A, B, BROKEN, SLOW, BUSY, GOOD = (f"127.0.1.{host}" for host in range(1, 7))
CONFIG = 'delay = "50ms"\n[retry]\ntimes = 1\nbase = "50ms"\n'


def parked(folder):
    """Checks that a crawl ends although hosts are parked, reports why, and asks them again at the next start."""
    asyncio.run(two_crawls(folder))


class Site:
    """The hosts. Until they are `healed`, two redirect robots.txt to each other, and two respond with 503."""

    def __init__(self):
        self.healed = False

    async def start(self):
        self.hosts = await Hosts(self.respond).start()
        return self

    async def respond(self, visit):
        if visit.path == "/robots.txt" and not self.healed:
            if visit.host in (A, B):
                other = B if visit.host == A else A
                return 302, {"location": self.hosts.url(other, "/robots.txt")}, ""
            if visit.host == BROKEN:
                return 503, {}, ""
        if visit.path == "/robots.txt":
            return (200, {}, "User-agent: *\nCrawl-delay: 3600\n") if visit.host == SLOW else (404, {}, "")
        if visit.host == BUSY and not self.healed:
            return 503, {"retry-after": "86400"}, ""
        return 200, {}, links(["/1", "/2"]) if visit.path == "/" else "a page"

    def pages(self):
        """Returns the number of requests to each host, without those for robots.txt."""
        by_host = self.hosts.by_host()
        return {host: sum(visit.path != "/robots.txt" for visit in visits) for host, visits in by_host.items()}


async def two_crawls(folder):
    site = await Site().start()
    seeds = [site.hosts.url(host) for host in (A, B, BROKEN, SLOW, BUSY, GOOD)]
    start = time.monotonic()
    await finish(await start_hosts(folder, "parked", CONFIG, seeds), 60)
    took, reasons = time.monotonic() - start, reported(folder)
    # After five redirects robots.txt counts as missing: everything is allowed (RFC 9309 section 2.3.1.2).
    check(reasons == {BROKEN: "robots", SLOW: "crawl_delay", BUSY: "retry_after"}, f"parked: {reasons}")
    pages = site.pages()
    check(pages == {A: 3, B: 3, BROKEN: 0, SLOW: 0, BUSY: 1, GOOD: 3}, f"pages: {pages}")
    print(f"    the crawl ended by itself after {took:.1f} s, parked: {reasons}")

    # All hosts are well again. The first is asked. The others sent a delay that is not over.
    site.healed = True
    site.hosts.visits.clear()
    await finish(await start_hosts(folder, "parked", CONFIG, seeds), 60)
    pages, reasons = site.pages(), reported(folder)
    check(pages == {BROKEN: 3}, f"pages of the next start: {pages}")
    check(reasons == {SLOW: "crawl_delay", BUSY: "retry_after"}, f"parked after the next start: {reasons}")
    print(f"    the next start: {pages[BROKEN]} pages, still parked: {reasons}")


def reported(folder):
    """Returns the parked hosts and their reasons, from the report of the last crawl."""
    found, text = {}, (folder / "log").read_text(errors="replace")
    for line in text[text.rindex("elapsed_time_seconds") :].splitlines():
        if line.startswith("parked/"):
            host, _, words = line.removeprefix("parked/").partition("/: ")
            found[host.split("/")[2].split(":")[0]] = words.split(",")[0]
    return found
