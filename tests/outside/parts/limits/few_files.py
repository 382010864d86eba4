"""A system that allows few open files."""

import os
import resource

import places
from checks import check, check_pages
from processes import background, wait_success, wait_until
from servers import odd_site

HOSTS, FILES = 250, 64


def few_files(folder):
    """Checks that no URL fails if the system allows few open files, from the start or later; it only takes longer."""
    with odd_site.serve(folder) as (port, _):
        (folder / "config.toml").write_text(
            f'[crawl]\nseed_files = ["{folder}/seeds"]\n[retry]\ntimes = 0\n[politeness]\nrobots = "ignore"\n'
        )
        from_the_start(folder, port)
        in_the_middle(folder, port)
    print(f"    {HOSTS} hosts with {FILES} open files")


def write_seeds(folder, port, path):
    """Writes a URL on every host."""
    seeds = "".join(f"http://127.2.0.{host}:{port}{path}\n" for host in range(1, HOSTS + 1))
    (folder / "seeds").write_text(seeds)


def from_the_start(folder, port):
    write_seeds(folder, port, "/once")
    command = [places.LYCOSA, "crawl", "-c", folder / "config.toml", "-o", folder / "few.jsonl"]
    with background(*command, log=folder / "log", preexec_fn=limit_files) as crawl:
        wait_success(crawl)
    check_pages(folder / "few.jsonl", HOSTS)


def limit_files():
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES))


def in_the_middle(folder, port):
    # Not all at once: some hosts must still be asked when the files are gone.
    write_seeds(folder, port, "/slow/500")
    command = [places.LYCOSA, "crawl", "--set", "fetcher.concurrency=150", "-c", folder / "config.toml"]
    (folder / "log").unlink()
    with background(*command, "-o", folder / "out.jsonl", log=folder / "log") as crawl:
        # The limit is below the number of files that are open already.
        wait_until(lambda: len(os.listdir(f"/proc/{crawl.pid}/fd")) > 100, crawl, 0.02)
        resource.prlimit(crawl.pid, resource.RLIMIT_NOFILE, (FILES, FILES))
        wait_success(crawl)
    check_pages(folder / "out.jsonl", HOSTS)
    check("out of open files" in (folder / "log").read_text(errors="replace"), f"{FILES} files were enough")
