"""What crawls cost."""

import json
import subprocess

import places
from checks import check, check_pages, urls_of
from measure import measure
from servers import nginx
from settings import number

HOST_CONCURRENCY = ("--delay", "0", "--host-concurrency", "32")

# Of `eight_hosts`: pages per second of CPU time at least, memory in KiB at most.
LEAST_RATE, MOST_MEMORY = 2500, 80 * 1000 * 1000 // 1024

# Of `slow_site`: milliseconds and KiB at most.
SLOW_TIME, SLOW_MEMORY = 4000, 400 * 1000 * 1000 // 1024


def demo(_):
    """Checks that the README's first command ends by itself, and succeeds."""
    cost = measure(places.LYCOSA, "demo")
    print(f"    {cost.wall} ms")


def one_host(folder):
    """Checks that a crawl of a manual on one host has every page once and ends by itself."""
    with nginx.files(folder, places.postgresql_manual()) as port:
        seed, output = f"http://127.0.0.1:{port}/index.html", folder / "out.jsonl"
        cost = measure(places.LYCOSA, "crawl", "-q", seed, "-o", output, *HOST_CONCURRENCY)
    pages = manual_pages()
    check_pages(output, pages)
    print(f"    {pages} pages in {cost.wall} ms, {cost.cpu} ms of CPU time, {cost.memory} KiB")


def eight_hosts(folder):
    """Checks what a page costs in CPU time and memory: the same manual on eight hosts at once, with one worker."""
    with nginx.files(folder, places.postgresql_manual()) as port:
        seeds, output = [f"http://{host}:{port}/index.html" for host in nginx.HOSTS], folder / "out.jsonl"
        command = [places.LYCOSA, "crawl", "-q", *seeds, "-o", output, *HOST_CONCURRENCY, "--set", "runtime.workers=1"]
        cost = measure(*command)
    pages = len(nginx.HOSTS) * manual_pages()
    check_pages(output, pages)
    rate = 1000 * pages // cost.cpu
    print(f"    {pages} pages in {cost.wall} ms, {rate} pages per second of CPU time, {cost.memory} KiB")
    check(rate >= LEAST_RATE, f"fewer than {LEAST_RATE} pages per second of CPU time")
    check(cost.memory <= MOST_MEMORY, f"more than {MOST_MEMORY} KiB")


def manual_pages():
    """Returns the number of pages. They are counted: updates of the package add some. All can be reached from the index."""
    return sum(1 for _ in places.postgresql_manual().glob("*.html"))


def slow_site(_):
    """Checks that ten thousand slow pages are fetched at the same time."""
    cost = measure(places.SLOW_SITE, 10000)
    print(f"    {cost.wall} ms, {cost.cpu} ms of CPU time, {cost.memory} KiB")
    check(cost.wall <= SLOW_TIME, f"more than {SLOW_TIME} ms")
    check(cost.memory <= SLOW_MEMORY, f"more than {SLOW_MEMORY} KiB")


def frontier(folder):
    """Checks the figures of the frontier and its store: a small run of `lycosa bench frontier`.

    The large one is `lycosa bench frontier --urls 20M --drain 2M`.
    """
    command = [places.LYCOSA, "bench", "frontier", "-q", "--urls", "200k", "--drain", "20k", "--hosts", "20k"]
    run = subprocess.run([*command, "--state", folder / "state", "--json"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    check(run.returncode == 0, f"the bench ended with {run.returncode}")
    figures = json.loads(run.stdout)
    fill, drain, restart = figures["fill"], figures["drain"], figures["restart"]
    checks, inserts = (fill[what] / fill["cpu"] for what in ("checks", "inserts"))
    leases, each, memory = drain["leases"] / drain["cpu"], figures["disk"] / figures["urls"], drain["memory"] >> 20
    print(
        f"    per second of CPU time {checks:.0f} checks, {inserts:.0f} inserts, {leases:.0f} leases; "
        f"{each:.0f} bytes per URL on disk, {memory} MiB, restart in {restart['wall']:.2f} s"
    )
    is_whole = 200_000 <= figures["urls"] < 300_000 and drain["pages"] >= 20_000 and restart["leased"]
    check(is_whole, f"the bench did not do its work: {figures}")
    check(checks > 20_000 and inserts > 6_000 and leases > 2_000, "too slow")
    # Few URLs: the journal is a large part of what each takes.
    check(each < 1000 and memory < 512 and restart["wall"] < 5, "too much disk or memory, or too slow to restart")


def durable(folder):
    """Checks what durable state costs: a crawl with its state in memory and on the disk, in turns.

    The aim is 90 %: ROUNDS=5 LEAST=90 on a machine that does nothing else. Three rounds on a busy machine vary more.
    """
    rounds, least = number("ROUNDS", 3), number("LEAST", 70)
    kinds, costs, pages = ["memory", "disk"], {"memory": [], "disk": []}, None
    with nginx.files(folder, places.java_manual()) as port:
        for turn in range(rounds):
            # Each kind is the first in every second round, so that neither has the warmer caches.
            for kind in kinds if turn % 2 == 0 else reversed(kinds):
                costs[kind].append(durable_crawl(folder, port, kind))
                pages = pages or len(urls_of(folder / "out.jsonl"))
                check_pages(folder / "out.jsonl", pages)
    speed, economy = (median_percent(costs, figure) for figure in ("wall", "cpu"))
    print(f"    {pages} pages; of the rates with state in memory: {speed} % per second, {economy} % per second of CPU time")
    check(pages > 10000, "there should be more pages")
    check(speed >= least and economy >= least, f"less than {least} %")


def durable_crawl(folder, port, kind):
    """Crawls all of the manual, with its state on the disk or in memory. Returns the cost."""
    subprocess.run(["rm", "-rf", folder / "state", folder / "out.jsonl"], check=True)
    command = [places.LYCOSA, "crawl", "-q", f"http://127.0.0.1:{port}/api/index.html", "-o", folder / "out.jsonl"]
    cost = measure(*command, *HOST_CONCURRENCY, *(("--state", folder / "state") if kind == "disk" else ()))
    print(f"    {kind:8} {cost.wall:5} ms, {cost.cpu:5} ms of CPU time, {cost.memory:7} KiB")
    return cost


def median_percent(costs, figure):
    """Returns the median, over the rounds, of memory's figure in percent of the disk's."""
    pairs = zip(costs["memory"], costs["disk"])
    percents = sorted(100 * getattr(memory, figure) // getattr(disk, figure) for memory, disk in pairs)
    return percents[(len(percents) + 1) // 2 - 1]
