"""Many hosts that are asked once each."""

import os
import time

import places
from checks import check, check_pages
from processes import background, wait_success, wait_until
from servers import odd_site
from settings import number

HOSTS = number("HOSTS", 600)
# `fetcher.idle`, and the sockets that a crawl may have in addition: those in use, and those of actors.
IDLE, OTHERS = 64, 20


def idle_hosts(folder):
    """Checks that idle sockets are closed although their hosts are never asked again.

    The large one is HOSTS=3000.
    """
    with odd_site.serve(folder) as (port, _):
        seeds = [f"http://127.1.{host // 250}.{host % 250 + 1}:{port}/once" for host in range(HOSTS)]
        # A slow page keeps the crawl running.
        seeds.append(f"http://127.0.0.1:{port}/slow/12000")
        (folder / "seeds").write_text("\n".join(seeds) + "\n")
        (folder / "config.toml").write_text(config(folder))
        output = folder / "out.jsonl"
        command = [places.LYCOSA, "crawl", "-c", folder / "config.toml", "-o", output]
        with background(*command, log=folder / "log") as crawl:
            wait_until(lambda: output.exists() and output.read_bytes().count(b"\n") >= HOSTS, crawl, 0.1)
            pooled, rested = sockets(crawl), sockets_at_rest(crawl)
            wait_success(crawl)
    check_pages(output, HOSTS + 1)
    print(f"    {HOSTS} hosts asked; {pooled} sockets then, {rested} after the keep-alive time")
    check(pooled <= IDLE + OTHERS, "more sockets than `fetcher.idle` allows")
    check(rested <= OTHERS, "idle sockets are not closed")


def config(folder):
    return f"""
        [crawl]
        seed_files = ["{folder}/seeds"]
        [fetcher]
        idle = {IDLE}
        keep_alive = "2s"
        [politeness]
        robots = "ignore"
        [fetcher.timeout]
        first_byte = "20s"
    """


def sockets(process):
    """Returns how many sockets a process has open."""
    folder, found = f"/proc/{process.pid}/fd", 0
    for name in os.listdir(folder):
        try:
            found += os.readlink(f"{folder}/{name}").startswith("socket:")
        except FileNotFoundError:
            pass
    return found


def sockets_at_rest(process):
    """Waits up to 6 seconds until idle sockets are closed. Returns how many sockets are open then."""
    for _ in range(60):
        found = sockets(process)
        if found <= OTHERS:
            break
        time.sleep(0.1)
    return found
