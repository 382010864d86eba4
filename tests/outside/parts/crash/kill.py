"""A crawl that is killed again and again."""

import asyncio
import contextlib
import os
import random
import re
import signal
import time

from checks import check, urls_of
from crawls import finish, send, start
from servers.pages import Site
from settings import number

# `PAUSE` is what each page takes, `INTERVAL` the time between commits, `LONGEST` the longest life of a process: milliseconds.
KILLS, PAGES, PAUSE, CONCURRENCY = number("KILLS", 15), number("PAGES", 1500), number("PAUSE", 100), number("CONCURRENCY", 4)
INTERVAL, LONGEST, SEED = number("INTERVAL", 200), number("LONGEST", 3000), number("SEED", 1)
# Kills that must come when the process has already requested pages.
AT_WORK = number("AT_WORK", KILLS * 2 // 3)
SIGNALS = os.environ.get("SIGNALS", "kill mixed").split()
WAYS = {"kill": ["KILL"], "mixed": ["KILL", "STOP", "TERM", "INT"]}
# Share of lives that end within 0.1 s, before the crawler can have begun. The others last between 0.1 s and `LONGEST`, most
# often about 1 s.
STILLBORN = 1 / 10
# Exit codes of a process that is ended from outside. A signal that comes before its handler is installed ends the process.
ENDED = (0, 11, 13, -signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT)


def kill(folder):
    """Checks that a killed crawl resumes: every page once; then again with other signals mixed in.

    `SIGNALS=mixed` also sends SIGSTOP with and without SIGCONT, SIGTERM, and SIGINT twice. The large one is
    KILLS=100 PAGES=5000 AT_WORK=80 SIGNALS=kill.
    """
    for signals in SIGNALS:
        own = folder / signals
        own.mkdir()
        crawl = Killed(own, WAYS[signals])
        began = time.monotonic()
        asyncio.run(crawl.run())
        crawl.check(time.monotonic() - began)


class Killed:
    """A crawl that is killed `KILLS` times, in a folder of its own."""

    def __init__(self, folder, ways):
        self.folder, self.ways = folder, ways
        self.luck, self.site = random.Random(SEED), Site(PAGES, PAUSE / 1000)
        self.kills = self.at_work = 0

    async def run(self):
        server, self.port = await self.site.start()
        while self.kills < KILLS:
            before, process = self.site.total(), await self.start()
            if await self.ends_by_itself(process):
                break
            try:
                code = await self.end(process)
            except ProcessLookupError:
                continue
            check(code in ENDED, f"it ended with {code}")
            self.kills += 1
            self.at_work += self.site.total() > before
        await finish(await self.start(), 600)
        server.close()

    def start(self):
        return start(
            self.folder, f"http://127.0.0.1:{self.port}/0", "--state", "state", "-o", "out.jsonl", "--delay", "0",
            "--host-concurrency", CONCURRENCY, "--set", f"store.commit_interval={INTERVAL}ms",
        )

    async def ends_by_itself(self, process):
        """Waits for the life of a process. Returns true if it has ended by then, which must be a success."""
        is_stillborn = self.luck.random() < STILLBORN
        life = self.luck.uniform(0, 0.1) if is_stillborn else self.luck.triangular(0.1, LONGEST / 1000, 1)
        try:
            code = await asyncio.wait_for(process.wait(), life)
        except asyncio.TimeoutError:
            return False
        check(code == 0, f"it ended with {code} by itself")
        return True

    async def end(self, process):
        """Ends a process in one of the ways. Returns its exit code."""
        way = self.luck.choice(self.ways)
        if way == "STOP":
            send(process, signal.SIGSTOP)
            await asyncio.sleep(0.2)
            if self.luck.random() < 0.5:
                send(process, signal.SIGCONT)
                await asyncio.sleep(0.05)
        if way in ("KILL", "STOP"):
            send(process, signal.SIGKILL)
        elif way == "TERM":
            send(process, signal.SIGTERM)
        else:
            send(process, signal.SIGINT)
            await asyncio.sleep(0.05)
            # After the first one it may have ended.
            with contextlib.suppress(ProcessLookupError):
                send(process, signal.SIGINT)
        return await asyncio.wait_for(process.wait(), 60)

    def check(self, took):
        pages = [int(url.rsplit("/", 1)[1]) for url in urls_of(self.folder / "out.jsonl")]
        missing, twice = set(range(PAGES)) - set(pages), len(pages) - len(set(pages))
        again = self.site.repeated()
        # What was in flight, and the pages of one commit interval.
        bound = self.kills * (CONCURRENCY + CONCURRENCY * INTERVAL // PAUSE)
        log = (self.folder / "log").read_text(errors="replace")
        poison = len(re.findall("page kills the process|rejected/poison", log))
        print(
            f"    {self.kills} kills in {took:.0f} s, {self.at_work} at work, the others at start-up or in recovery: "
            f"{len(missing)} of {PAGES} pages missing, {twice} records twice, {poison} rejected as poison, "
            f"{again} pages fetched again (at most {bound})"
        )
        check(not missing and not twice and not poison and again <= bound, "the output is not complete, or costs too much")
        check(self.kills == KILLS and self.at_work >= AT_WORK, "too few kills at work")
