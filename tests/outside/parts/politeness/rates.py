"""Delay, order and concurrency, as the hosts see them."""

import asyncio
import random

from checks import check
from crawls import finish, start_hosts
from servers.hosts import Hosts, links
from servers.names import name_server
from settings import number

# `PAGES` is for each host, `DELAY` is in milliseconds.
HOSTS, PAGES, DELAY, KILLS = number("HOSTS", 50), number("PAGES", 20), number("DELAY", 500), number("KILLS", 3)
CONFIG = f'delay = "{DELAY}ms"\nhost_concurrency = 1\n'
# Seconds that the pages of a host take at least, one after the other.
SPAN = PAGES * DELAY / 1000
luck = random.Random(1)


def rates(folder):
    """Checks that hosts see the delay, robots.txt first and one request at a time, also across `kill -9`.

    The large one is PAGES=120 KILLS=10.
    """
    asyncio.run(all_of(folder))


async def all_of(folder):
    await steady(folder)
    await killed(folder)
    await one_address(folder)


async def respond(visit):
    """Returns a root with links to all pages. Each page takes a while."""
    await asyncio.sleep(luck.uniform(0.005, 0.2) * DELAY / 500)
    return 200, {}, links(f"/{page}" for page in range(1, PAGES)) if visit.path == "/" else "a page"


async def serve():
    """Starts the server. Returns it and a seed for each host."""
    hosts = await Hosts(respond).start()
    return hosts, [hosts.url(f"127.0.1.{host}") for host in range(1, HOSTS + 1)]


async def steady(folder):
    """One crawl without interruption: it also reaches the rate that the delay allows."""
    hosts, seeds = await serve()
    await finish(await start_hosts(folder, "steady", CONFIG, seeds), SPAN + 60)
    shortest, rate = check_hosts(hosts)
    bound = HOSTS * 1000 / DELAY
    print(f"    {HOSTS} hosts: at least {1000 * shortest:.0f} ms apart, {rate:.1f} of {bound:.0f} requests a second")
    check(rate >= 0.95 * bound, "more than 5 % below the rate that the delay allows")
    check(rate <= 1.05 * bound, "more than 5 % above the rate that the delay allows")


async def killed(folder):
    """A crawl that is killed and started again."""
    hosts, seeds = await serve()
    for _ in range(KILLS):
        process = await start_hosts(folder, "killed", CONFIG, seeds)
        await asyncio.sleep(luck.uniform(0.2, 0.9) * SPAN / KILLS)
        process.kill()
        await process.wait()
    await finish(await start_hosts(folder, "killed", CONFIG, seeds), SPAN + 60)
    shortest, _ = check_hosts(hosts)
    print(f"    killed {KILLS} times: at least {1000 * shortest:.0f} ms apart, never two requests at once")


async def one_address(folder):
    """Three names of one address, which `ip_concurrency` protects."""
    hosts, _ = await serve()
    names = [f"{name}.test" for name in ("one", "two", "three")]
    servers = f'[dns]\nservers = ["127.0.0.1:{await name_server("127.0.2.1")}"]\n'
    seeds = [hosts.url(name) for name in names]
    process = await start_hosts(folder, "names", CONFIG + servers, seeds, "--set", "politeness.ip_concurrency=1")
    await finish(process, 3 * SPAN + 60)
    visits = hosts.by_host()["127.0.2.1"]
    robots = [visit for visit in visits if visit.path == "/robots.txt"]
    check((len(robots), len(visits)) == (3, 3 * PAGES + 3), f"{len(robots)} of {len(visits)} requests are for robots.txt")
    check(most_at_once(visits) == 1, "two requests at once to one address")
    print(f"    three names of one address: {len(visits)} requests, never two at once")


def check_hosts(hosts):
    """Checks what each host saw. Returns the shortest interval, and the rate of all hosts in requests a second."""
    shortest, rate = 1e9, 0
    for host, visits in hosts.by_host().items():
        check(visits[0].path == "/robots.txt", f"{host}: {visits[0].path} before robots.txt")
        pages = {visit.path for visit in visits} - {"/robots.txt"}
        check(len(pages) == PAGES, f"{host}: {len(pages)} pages, not {PAGES}")
        check(most_at_once(visits) == 1, f"{host}: {most_at_once(visits)} requests at once")
        shortest = min(shortest, *intervals(visits))
        rate += (len(visits) - 1) / (visits[-1].arrived - visits[0].arrived)
    check(len(hosts.by_host()) == HOSTS, f"{len(hosts.by_host())} hosts, not {HOSTS}")
    check(shortest >= 0.96 * DELAY / 1000, f"two requests {1000 * shortest:.0f} ms apart")
    return shortest, rate


def intervals(visits):
    """Returns the longest that each interval can have been: the earlier request may have arrived before it was seen."""
    return [later.arrived - earlier.arrived + earlier.late for earlier, later in zip(visits, visits[1:])]


def most_at_once(visits):
    """Returns the maximum number of requests at the same time. A request ends when its client closes the connection."""
    steps = sorted([(visit.arrived, 1) for visit in visits] + [(visit.ended, -1) for visit in visits])
    now = most = 0
    for _, step in steps:
        now += step
        most = max(most, now)
    return most
