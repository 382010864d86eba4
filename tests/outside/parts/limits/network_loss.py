"""A network that goes away in the middle of a crawl."""

import subprocess
import time

import places
from checks import check, check_pages
from processes import background, wait_success, wait_until
from servers import odd_site

PAGES = 60


def network_loss(folder):
    """Checks that a crawl waits while the machine's network is gone, and that no URL fails.

    It runs in a network of its own.
    """
    ip("address", "add", "192.0.2.1/24", "dev", "lo")
    bring_up()
    with odd_site.serve(folder) as (port, _):
        # Every second page is lost between the halves of its body, the others before the head.
        kinds = ["slow" if page % 2 == 0 else "halves" for page in range(1, PAGES + 1)]
        seeds = [f"http://127.4.0.{page}:{port}/{kind}/200" for page, kind in enumerate(kinds, 1)]
        (folder / "seeds").write_text("\n".join(seeds) + "\n")
        (folder / "config.toml").write_text(config(folder))
        output = folder / "out.jsonl"
        command = [places.LYCOSA, "crawl", "-c", folder / "config.toml", "-o", output]
        with background(*command, log=folder / "log") as crawl:
            wait_until(lambda: output.exists() and output.stat().st_size > 0, crawl, 0.05)
            ip("link", "set", "lo", "down")
            # Longer than the time limits of the requests that are under way.
            time.sleep(2)
            bring_up()
            wait_success(crawl)
    check_pages(output, PAGES)
    log = (folder / "log").read_text(errors="replace")
    for words in ("network lost", "network is back"):
        check(words in log, f"the log does not say `{words}`")
    print(f"    noticed, waited, {PAGES} of {PAGES} pages")


def config(folder):
    return f"""
        [crawl]
        seed_files = ["{folder}/seeds"]
        [fetcher]
        actors = 1
        concurrency = 4
        [fetcher.timeout]
        connect = "1s"
        first_byte = "1s"
        idle = "1s"
        [retry]
        times = 0
        [politeness]
        robots = "ignore"
    """


def bring_up():
    ip("link", "set", "lo", "up")
    ip("route", "add", "default", "via", "192.0.2.1", "dev", "lo")


def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True)
