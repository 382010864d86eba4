"""Large bodies, all at the same time."""

import places
from checks import check, check_pages
from measure import measure
from servers import odd_site
from settings import number

BODIES = number("BODIES", 60)
# KiB: 64 MiB, what the oldest of two Fetchers may take above that, what is parsed, and the program.
MOST_MEMORY = 128 << 10


def big_bodies(folder):
    """Checks that bodies of 9 MiB, all requested at once within 64 MiB, arrive without a timeout.

    The large one is BODIES=300.
    """
    with odd_site.serve(folder) as (port, _):
        seeds = "".join(f"http://127.0.0.1:{port}/big/{number}\n" for number in range(1, BODIES + 1))
        (folder / "seeds").write_text(seeds)
        (folder / "config.toml").write_text(config(folder))
        command = [places.LYCOSA, "crawl", "-c", folder / "config.toml", "-o", folder / "out.jsonl"]
        cost = measure(*command, log=folder / "log")
    check_pages(folder / "out.jsonl", BODIES)
    print(f"    {BODIES} bodies of 9 MiB in {cost.wall} ms, {cost.memory} KiB")
    check(cost.memory <= MOST_MEMORY, f"more than {MOST_MEMORY} KiB")


def config(folder):
    return f"""
        [crawl]
        seed_files = ["{folder}/seeds"]
        [scheduler]
        max_in_flight_bytes = "64 MiB"
        max_in_flight = {BODIES}
        [politeness]
        delay = 0
        host_concurrency = {BODIES}
        robots = "ignore"
        [fetcher.timeout]
        idle = "8s"
        total = "10s"
        [retry]
        times = 0
    """
