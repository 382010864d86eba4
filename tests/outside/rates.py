"""Delay, order and concurrency as the hosts see them, also across kill -9: rates.py LYCOSA FOLDER.

Parameters by environment: HOSTS, PAGES (of each host), DELAY (milliseconds), KILLS.
"""

import asyncio
import random

from hosts import Hosts, check, crawl, finish, links, name_server, number

HOSTS, PAGES, DELAY, KILLS = number("HOSTS", 50), number("PAGES", 20), number("DELAY", 500), number("KILLS", 3)
luck = random.Random(1)


async def answer(visit):
    """A root with links to all pages, each of which takes its time."""
    await asyncio.sleep(luck.uniform(0.005, 0.2) * DELAY / 500)
    return 200, {}, links(f"/{page}" for page in range(1, PAGES)) if visit.path == "/" else "a page"


def intervals(visits):
    """As long as they can have been: the earlier request may have been there before it was seen."""
    return [later.arrived - earlier.arrived + earlier.late for earlier, later in zip(visits, visits[1:])]


def most_at_once(visits):
    """Of the requests whose client is alive."""
    steps = sorted([(visit.arrived, 1) for visit in visits] + [(visit.ended, -1) for visit in visits])
    now = most = 0
    for _, step in steps:
        now += step
        most = max(most, now)
    return most


def look(hosts, wanted):
    """What no host may have seen. Says the shortest interval and the mean rate of all hosts, in requests a second."""
    shortest, rate = 1e9, 0
    for host, visits in hosts.by_host().items():
        check(visits[0].path == "/robots.txt", f"{host}: {visits[0].path} before robots.txt")
        pages = {visit.path for visit in visits} - {"/robots.txt"}
        check(len(pages) == PAGES, f"{host}: {len(pages)} pages, not {PAGES}")
        check(most_at_once(visits) == 1, f"{host}: {most_at_once(visits)} requests at once")
        shortest = min(shortest, *intervals(visits))
        rate += (len(visits) - 1) / (visits[-1].arrived - visits[0].arrived)
    check(len(hosts.by_host()) == wanted, f"{len(hosts.by_host())} hosts, not {wanted}")
    check(shortest >= 0.96 * DELAY / 1000, f"two requests {1000 * shortest:.0f} ms apart")
    return shortest, rate


async def steady(config):
    hosts = await Hosts(answer).start()
    seeds = [hosts.url(f"127.0.1.{host}") for host in range(1, HOSTS + 1)]
    await finish(await crawl("steady", config, seeds), PAGES * DELAY / 1000 + 60)
    shortest, rate = look(hosts, HOSTS)
    bound = HOSTS * 1000 / DELAY
    print(f"    {HOSTS} hosts: {1000 * shortest:.0f} ms apart at least, {rate:.1f} of {bound:.0f} requests a second")
    check(rate >= 0.95 * bound, "more than 5 % below the bound")
    check(rate <= 1.05 * bound, "above the bound")


async def killed(config):
    hosts = await Hosts(answer).start()
    seeds = [hosts.url(f"127.0.1.{host}") for host in range(1, HOSTS + 1)]
    for _ in range(KILLS):
        process = await crawl("killed", config, seeds)
        await asyncio.sleep(luck.uniform(0.2, 0.9) * PAGES * DELAY / 1000 / KILLS)
        process.kill()
        await process.wait()
    await finish(await crawl("killed", config, seeds), PAGES * DELAY / 1000 + 60)
    shortest, _ = look(hosts, HOSTS)
    print(f"    killed {KILLS} times: {1000 * shortest:.0f} ms apart at least, never two at once")


async def one_address(config):
    hosts = await Hosts(answer).start()
    names = [f"{name}.test" for name in ("one", "two", "three")]
    servers = f'[dns]\nservers = ["127.0.0.1:{await name_server("127.0.2.1")}"]\n'
    process = await crawl("names", config + servers, [hosts.url(name) for name in names], "--set", "politeness.ip_concurrency=1")
    await finish(process, 3 * PAGES * DELAY / 1000 + 60)
    visits = hosts.by_host()["127.0.2.1"]
    robots = [visit for visit in visits if visit.path == "/robots.txt"]
    check((len(robots), len(visits)) == (3, 3 * PAGES + 3), f"{len(robots)} robots.txt, {len(visits)} requests")
    check(most_at_once(visits) == 1, "two requests at once to one address")
    print(f"    three names of one address: {len(visits)} requests, never two at once")


async def main():
    config = f'delay = "{DELAY}ms"\nhost_concurrency = 1\n'
    await steady(config)
    await killed(config)
    await one_address(config)


asyncio.run(main())
