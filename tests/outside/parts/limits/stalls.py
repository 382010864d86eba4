"""Servers that hang, drip or never end, at every stage of a request."""

import re

import places
from checks import check, check_pages
from measure import measure
from servers import odd_site

CONFIG = """
[fetcher]
actors = 1
concurrency = 1
[fetcher.timeout]
connect = "500ms"
first_byte = "700ms"
idle = "1500ms"
total = "3s"
[retry]
times = 0
[politeness]
robots = "ignore"
[log]
level = "debug"
"""
# Milliseconds, one after the other: 0.5 s, three times 0.7 s, 1.5 s and 3 s.
LEAST_TIME, MOST_TIME = 7000, 10000


def stalls(folder):
    """Checks that each stalled request ends at its time limit: with a single slot the last seed still gets its turn."""
    with odd_site.serve(folder) as (port, silent):
        stages = {
            f"https://127.3.0.1:{silent}/": "timeout: connect",
            f"http://127.3.0.2:{silent}/": "timeout: first_byte",
            f"http://127.3.0.3:{port}/silent": "timeout: first_byte",
            f"http://127.3.0.4:{port}/half-head": "timeout: first_byte",
            f"http://127.3.0.5:{port}/half-body": "timeout: idle",
            f"http://127.3.0.6:{port}/drip": "timeout: total",
        }
        seeds = [*stages, f"http://127.3.0.7:{port}/endless", f"http://127.3.0.8:{port}/ok"]
        quoted = ", ".join(f'"{seed}"' for seed in seeds)
        (folder / "config.toml").write_text(f"[crawl]\nseeds = [{quoted}]\n{CONFIG}")
        log = folder / "log"
        cost = measure(places.LYCOSA, "crawl", "-c", folder / "config.toml", "-o", folder / "out.jsonl", log=log)
    check_log(log.read_text(errors="replace"), stages)
    check_pages(folder / "out.jsonl", 1)
    print(f"    {len(stages) + 1} stalled requests in {cost.wall} ms")
    check(LEAST_TIME <= cost.wall <= MOST_TIME, "the time is not the sum of the time limits")


def check_log(text, stages):
    """Checks that each URL failed as expected."""
    for url, expected in stages.items():
        line = f'fetch failed.*url={re.escape(url)} .*error="{expected}'
        check(re.search(line, text), f"{url}: no `{expected}`")
    check("rejected/too_large: 1" in text, "the endless body was not too large")
