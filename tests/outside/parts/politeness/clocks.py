"""A wall clock that jumps."""

import asyncio
import os
import re
import signal
import time

import places
from checks import check, urls_of
from crawls import finish, start
from servers.pages import links, serve

DELAY, PAGES, HOSTS = 0.5, 40, ("127.0.0.1", "127.0.0.2")
# Seconds by which the server of a loaded machine may notice a connection late, and that a process may take to start.
LATE, STARTUP = 0.05, 1.5


def clocks(folder):
    """Checks that jumps of the wall clock change nothing: no host is asked too soon, and no host waits longer.

    The clock is moved by an hour, back and forth, while the crawl runs and between two runs. The server measures, on a clock
    that is not moved.
    """
    moved = Moved(folder)
    asyncio.run(moved.crawl())
    moved.check_log()
    urls = urls_of(folder / "out.jsonl")
    check(len(urls) == len(set(urls)) == PAGES * len(HOSTS), f"{len(urls)} records of {len(set(urls))} pages")
    moved.check_intervals()


class Moved:
    """A crawl with a clock of its own, in a file that libfaketime reads."""

    def __init__(self, folder):
        self.folder, self.starts = folder, []
        self.arrivals = {host: [] for host in HOSTS}

    async def serve(self, reader, writer):
        """Serves one connection: each page links to the next ones."""
        host = writer.get_extra_info("sockname")[0]

        async def respond(path):
            self.arrivals[host].append(time.monotonic())
            return links((2 * int(path[1:]) + n for n in (1, 2)), PAGES) if path[1:].isdigit() else None

        await serve(reader, writer, respond)

    def set_clock(self, hours):
        new = self.folder / "clock.new"
        new.write_text(f"{3600 * hours:+d}\n")
        new.rename(self.folder / "clock")

    async def start(self):
        faked = {
            "LD_PRELOAD": str(places.faketime_library()), "FAKETIME_TIMESTAMP_FILE": str(self.folder / "clock"),
            "FAKETIME_NO_CACHE": "1", "DONT_FAKE_MONOTONIC": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        self.starts.append(time.monotonic())
        return await start(
            self.folder, "-v", *(f"http://{host}:{self.port}/0" for host in HOSTS), "--state", "state", "-o", "out.jsonl",
            "--delay", f"{DELAY}s", "--set", "politeness.jitter=0", env=os.environ | faked,
        )

    async def crawl(self):
        servers = [await asyncio.start_server(self.serve, HOSTS[0], 0)]
        self.port = servers[0].sockets[0].getsockname()[1]
        servers += [await asyncio.start_server(self.serve, host, self.port) for host in HOSTS[1:]]
        self.set_clock(0)
        process = await self.start()
        for hours in (1, -1, 0):
            await asyncio.sleep(1.7)
            self.set_clock(hours)
        # The crawl is killed or asked to stop, and the clock moves before the next start.
        for way, hours in ((signal.SIGKILL, 1), (signal.SIGTERM, -1), (signal.SIGKILL, 1)):
            await asyncio.sleep(2.2)
            process.send_signal(way)
            await process.wait()
            self.set_clock(hours)
            process = await self.start()
        await finish(process, 2 * PAGES * DELAY)

    def check_log(self):
        """Checks that the crawl saw the clock move: its log has times of several hours."""
        lines = (self.folder / "log").read_text(errors="replace").splitlines()
        hours = {line[:13] for line in lines if re.match(r"\d{4}-\d\d-\d\d \d\d:", line)}
        check(len(hours) >= 3, f"the clock was not moved: the log has the hours {sorted(hours)}")

    def check_intervals(self):
        least, most = 3600.0, 0.0
        for times in self.arrivals.values():
            for before, after in zip(times, times[1:]):
                least = min(least, after - before)
                # A start between two requests takes its own time.
                starts = [start + STARTUP for start in self.starts if before < start < after]
                most = max(most, after - max([before, *starts]))
        requests = sum(map(len, self.arrivals.values()))
        print(
            f"    {len(self.starts)} starts, {requests} requests, "
            f"{least:.3f} to {most:.3f} s between two requests to a host (delay {DELAY} s)"
        )
        check(least >= DELAY - LATE, "a host was asked too soon")
        check(most <= 2 * DELAY + LATE, "a host waited too long")
