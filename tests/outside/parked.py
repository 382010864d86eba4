"""Hosts that cannot be asked within the limits: the crawl ends by itself and says why, and the next start takes them up
again: parked.py LYCOSA FOLDER."""

import asyncio
import time

from hosts import Hosts, check, crawl, finish, links, log_text

A, B, BROKEN, SLOW, BUSY, GOOD = (f"127.0.1.{host}" for host in range(1, 7))
healed = False


async def answer(visit):
    if visit.path == "/robots.txt" and not healed:
        if visit.host in (A, B):
            other = B if visit.host == A else A
            return 302, {"location": hosts.url(other, "/robots.txt")}, ""
        if visit.host == BROKEN:
            return 503, {}, ""
    if visit.path == "/robots.txt":
        return (200, {}, "User-agent: *\nCrawl-delay: 3600\n") if visit.host == SLOW else (404, {}, "")
    if visit.host == BUSY and not healed:
        return 503, {"retry-after": "86400"}, ""
    return 200, {}, links(["/1", "/2"]) if visit.path == "/" else "a page"


def parked():
    """Each host parked and its reason, as the last crawl's report says."""
    found, text = {}, log_text()
    for line in text[text.rindex("elapsed_time_seconds") :].splitlines():
        if line.startswith("parked/"):
            host, _, words = line.removeprefix("parked/").partition("/: ")
            found[host.split("/")[2].split(":")[0]] = words.split(",")[0]
    return found


async def main():
    global hosts, healed
    hosts = await Hosts(answer).start()
    config = 'delay = "50ms"\n[retry]\ntimes = 1\nbase = "50ms"\n'
    seeds = [hosts.url(host) for host in (A, B, BROKEN, SLOW, BUSY, GOOD)]
    start = time.monotonic()
    await finish(await crawl("parked", config, seeds), 60)
    took, by_host = time.monotonic() - start, hosts.by_host()
    # After five redirects there is no robots.txt: nothing is forbidden (RFC 9309 section 2.3.1.2).
    expected = {BROKEN: "robots", SLOW: "crawl_delay", BUSY: "retry_after"}
    check(parked() == expected, f"parked: {parked()}")
    pages = {host: sum(visit.path != "/robots.txt" for visit in visits) for host, visits in by_host.items()}
    check(pages == {A: 3, B: 3, BROKEN: 0, SLOW: 0, BUSY: 1, GOOD: 3}, f"pages: {pages}")
    print(f"    the crawl ended by itself after {took:.1f} s, parked: {parked()}")

    # The hosts are well again: the first is taken up; the others have said for how long they want no visitors.
    healed = True
    hosts.visits.clear()
    await finish(await crawl("parked", config, seeds), 60)
    pages = {host: sum(visit.path != "/robots.txt" for visit in visits) for host, visits in hosts.by_host().items()}
    check(pages == {BROKEN: 3}, f"pages of the next start: {pages}")
    check(parked() == {SLOW: "crawl_delay", BUSY: "retry_after"}, f"parked then: {parked()}")
    print(f"    the next start: {pages[BROKEN]} pages, still parked: {parked()}")


asyncio.run(main())
