"""Full disks, of the state and of the output."""

import asyncio
import contextlib
import hashlib
import os
import re
import subprocess
import time

from checks import Failure, check, urls_of
from crawls import start
from processes import as_root
from servers.pages import links, serve

PAGES, FANOUT, NAME = 12000, 20, 6000
# Seconds that a crawl may take.
LONGEST = 120
PLACES = ("state", "output")
TOO_LITTLE = "too little disk space"


def disk_full(folder):
    """Checks that a crawl waits while a disk is full, and continues by itself when there is room again.

    It needs the right to mount file systems.
    """
    run(folder, {"state": "96m", "output": "80m"}, {place: f"{TOO_LITTLE}.*path={place}" for place in PLACES})
    errors = {"state": "store failed.*disk full", "output": "exporter failed.*os error 28"}
    run(folder, {"state": "96m", "output": "16m"}, errors, "--set", "limits.disk_free=0")


def run(folder, sizes, patterns, *flags):
    """Crawls with state and output on file systems of these sizes. `patterns` match the log when they are full."""
    with mounted(folder, sizes):
        crawl = Crawl(folder, patterns)
        asyncio.run(crawl.run(flags))
        crawl.check(flags)


@contextlib.contextmanager
def mounted(folder, sizes):
    """Mounts a file system of its own at each place until the block ends."""
    with contextlib.ExitStack() as stack:
        for place, size in sizes.items():
            path = folder / place
            path.mkdir(exist_ok=True)
            mount = as_root("mount", "-t", "tmpfs", "-o", f"size={size},mode=777", "tmpfs", path)
            check(subprocess.run(mount).returncode == 0, "no file system can be mounted here, and this part needs one")
            stack.callback(subprocess.run, as_root("umount", "--lazy", path), check=True)
        yield


def url(page):
    """Returns a long path that does not compress well, so that a few of them fill a file system."""
    text = "".join(hashlib.sha256(f"{page} {part}".encode()).hexdigest() for part in range(NAME // 64))
    return f"/{page}/{text}"


class Crawl:
    """A crawl that fills its file systems. Each that is full is made larger after a while."""

    def __init__(self, folder, patterns):
        self.folder, self.patterns, self.requests = folder, patterns, {}

    async def respond(self, path):
        """Returns a page with links to the next ones and to a known one."""
        number = path.split("/")[1]
        if not number.isdigit() or int(number) >= PAGES:
            return None
        page = int(number)
        self.requests[page] = self.requests.get(page, 0) + 1
        return links([*(page * FANOUT + n for n in range(1, FANOUT + 1)), page // FANOUT], PAGES, url)

    async def run(self, flags):
        server = await asyncio.start_server(lambda *ends: serve(*ends, self.respond), "127.0.0.1", 0, limit=1 << 20)
        port = server.sockets[0].getsockname()[1]
        (self.folder / "log").unlink(missing_ok=True)
        process = await start(
            self.folder, f"http://127.0.0.1:{port}{url(0)}", "--state", "state/dir", "-o", "output/out.jsonl", "--delay", "0",
            "--host-concurrency", "16", "--set", "scope.max_url=8000", *flags,
        )
        try:
            await self.watch(process)
        finally:
            if process.returncode is None:
                process.kill()
        server.close()

    async def watch(self, process):
        """Waits for the end of the crawl, and makes each full file system larger."""
        small, began = set(PLACES), time.monotonic()
        while True:
            try:
                code = await asyncio.wait_for(asyncio.shield(process.wait()), 0.5)
                break
            except asyncio.TimeoutError:
                if time.monotonic() - began >= LONGEST:
                    raise Failure(f"not finished after {LONGEST} s; still small: {sorted(small)}") from None
            for place in sorted(small):
                if self.is_full(place):
                    await self.enlarge(place, process)
                    small.discard(place)
        check(code == 0, f"it ended with {code}")
        check(not small, f"never full: {sorted(small)}")

    def is_full(self, place):
        """Returns true if a file system is full, according to the log."""
        return re.search(self.patterns[place], (self.folder / "log").read_text(errors="replace"))

    async def enlarge(self, place, process):
        """Makes a file system larger. Before, it stays full for a while, in which nothing may be lost or given up."""
        await asyncio.sleep(3)
        check(process.returncode is None, f"it ended with {process.returncode}")
        path = os.fspath(self.folder / place)
        subprocess.run(as_root("mount", "-o", "remount,size=1g", path), check=True)

    def check(self, flags):
        pages = [int(url.split("/")[3]) for url in urls_of(self.folder / "output" / "out.jsonl")]
        missing, twice = PAGES - len(set(pages)), len(pages) - len(set(pages))
        again = sum(self.requests.values()) - len(self.requests)
        print(f"    {PAGES} pages: {missing} missing, {twice} twice, {again} fetched again {' '.join(flags)}")
        check(not missing and not twice and not again, "the output is not complete, or pages were fetched again")
