"""Sites without end beside good ones: each stays within its budget, the good ones complete, and memory stays where it is:
endless.py LYCOSA FOLDER.

Parameters by environment: SECONDS (about how long it takes), GOOD (hosts).
"""

import asyncio
import statistics

from hosts import Hosts, check, crawl, finish, links, memory, number

SECONDS, GOOD, DELAY = number("SECONDS", 20), number("GOOD", 20), 50
PAGES = SECONDS * 8
# What each kind may have: the limits of [traps] and [scope], and what follows from them.
CALENDAR, COMBINATIONS, HOST_PAGES = min(1000, SECONDS * 7), min(2000, SECONDS * 10), SECONDS * 18
TRAPS = {
    "127.0.2.1": ("calendar", CALENDAR + 1),
    "127.0.2.2": ("session", 3 * 2 + 1),
    # Words that may stand three times each in a path: so many ways to order two of them.
    "127.0.2.3": ("deep", 69),
    "127.0.2.4": ("query", COMBINATIONS + 1),
    "127.0.2.5": ("wide", HOST_PAGES),
}
count = 0


def endless(kind, path):
    """Links that nobody has seen yet."""
    global count
    count += 1
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


async def answer(visit):
    if visit.path == "/robots.txt":
        return 404, {}, ""
    if visit.host in TRAPS:
        return 200, {}, links(endless(TRAPS[visit.host][0], visit.path))
    page = int(visit.path[1:] or 0)
    return 200, {}, links(f"/{n}" for n in (2 * page + 1, 2 * page + 2, page // 2) if 0 < n < PAGES) + "x" * 2000


async def watch(process, samples):
    while process.returncode is None:
        samples.append(memory(process))
        await asyncio.sleep(SECONDS / 100)


async def main():
    hosts = await Hosts(answer).start()
    config = (
        f'delay = "{DELAY}ms"\nhost_concurrency = 1\nadaptive = false\n[scope]\nhost_pages = {HOST_PAGES}\n'
        f"[traps]\ncalendar = {CALENDAR}\ncombinations = {COMBINATIONS}\n"
    )
    good = [f"127.0.1.{host}" for host in range(1, GOOD + 1)]
    process = await crawl("endless", config, [hosts.url(host) for host in [*TRAPS, *good]])
    samples = []
    await asyncio.gather(finish(process, 3 * SECONDS + 120), watch(process, samples))
    by_host = hosts.by_host()
    for host, (kind, most) in TRAPS.items():
        pages = len({visit.path for visit in by_host[host]} - {"/robots.txt"})
        print(f"    {kind}: {pages} pages of {most}")
        check(most / 2 <= pages <= most, f"{kind}: {pages} pages, its budget is {most}")
    for host in good:
        pages = {visit.path for visit in by_host[host]} - {"/robots.txt"}
        check(len(pages) == PAGES, f"{host}: {len(pages)} pages of {PAGES}")
    samples = [sample for sample in samples if sample > 0]
    fifths = [samples[len(samples) * n // 5 : len(samples) * (n + 1) // 5] for n in range(5)]
    levels = [round(statistics.median(fifth)) for fifth in fifths]
    print(f"    {GOOD} good sites of {PAGES} pages; memory in MiB, by fifths of the time: {levels}")
    # What the first fifth fills is filled for good: caches, buffers, the engine's tables.
    check(levels[4] <= 1.2 * levels[1] + 8, f"memory grows: {levels} MiB")


asyncio.run(main())
