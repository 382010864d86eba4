"""A model of crashes: copies of what is on the disk at random instants of a crawl."""

import asyncio
import os
import random
import shutil
import signal
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import places
from checks import check, urls_of
from servers.pages import Site
from settings import number

INSTANTS, PAGES, SEED = number("INSTANTS", 15), number("PAGES", 150), number("SEED", 1)
# Seconds that a page of the original takes. The copies fetch without a pause.
PAUSE = 0.02
# Maximum number of seconds between two instants.
LONGEST = 0.15


def crash(folder):
    """Checks that a crawl resumes from what is on its disk at any instant, without a gap or a repeated page.

    The crawl is stopped at random instants and its folder copied; then it continues. The output of each copy is cut to a random
    length, not below the committed one, and the copy resumes. The large one is INSTANTS=300.
    """
    model = Model(folder)
    instants, uncommitted, crawls = 0, 0, 0
    while instants < INSTANTS:
        model.site.pause, crawls = PAUSE, crawls + 1
        copies = model.copies_of_one(crawls, INSTANTS - instants)
        model.site.pause = 0
        with ThreadPoolExecutor(4) as pool:
            left = list(pool.map(model.resume, copies, [model.luck.random() for _ in copies]))
        instants, uncommitted = instants + len(copies), uncommitted + sum(length > 0 for length in left)
    print(
        f"    {instants} instants of {crawls} crawls, {uncommitted} with output that was not committed: "
        "no page was lost or repeated"
    )


class Model:
    """The site, in a thread of its own, and the crawls of it."""

    def __init__(self, folder):
        self.folder, self.luck, self.site = folder, random.Random(SEED), Site(PAGES, PAUSE)
        started = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self.serve(started)), daemon=True).start()
        check(started.wait(10), "the site does not start")

    async def serve(self, started):
        server, self.port = await self.site.start()
        started.set()
        await server.serve_forever()

    def start(self, folder):
        command = [places.LYCOSA, "crawl", f"http://127.0.0.1:{self.port}/0", "--state", "state", "-o", "out.jsonl"]
        command += ["--delay", "0", "--host-concurrency", "4", "--set", "store.commit_interval=50ms"]
        with open(folder / "log", "ab") as log:
            return subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def copies_of_one(self, number, wanted):
        """Crawls once. Returns copies of what was on the disk meanwhile."""
        original = self.folder / f"original-{number}"
        original.mkdir()
        process, copies = self.start(original), []
        while len(copies) < wanted:
            time.sleep(self.luck.uniform(0, LONGEST))
            if not has_stopped(process):
                break
            copy = self.folder / f"copy-{number}-{len(copies)}"
            # Journals are mostly holes.
            subprocess.run(["cp", "-r", "--sparse=always", original, copy], check=True)
            copies.append(copy)
            process.send_signal(signal.SIGCONT)
        check_complete(original, process.wait(60))
        return copies

    def resume(self, copy, fraction):
        """Resumes the crawl of a copy. Returns how many bytes of its output were not committed."""
        output = copy / "out.jsonl"
        least, most = committed(copy), output.stat().st_size if output.exists() else 0
        check(least <= most, f"{copy}: {least} bytes are committed, {most} written")
        if most > 0:
            os.truncate(output, least + round(fraction * (most - least)))
        check_complete(copy, self.start(copy).wait(60))
        code, text = state(copy, "check")
        check(code == 0, f"{copy}: {text}")
        shutil.rmtree(copy)
        return most - least


def has_stopped(process):
    """Stops a process. Returns true when none of its threads runs any more, and false if it has ended."""
    process.send_signal(signal.SIGSTOP)
    if process.returncode is not None:
        return False
    _, status = os.waitpid(process.pid, os.WUNTRACED)
    if os.WIFSTOPPED(status):
        return True
    process.returncode = os.waitstatus_to_exitcode(status)
    return False


def check_complete(folder, code):
    """Checks that a crawl has succeeded and has a record of every page, once."""
    log = (folder / "log").read_text(errors="replace")
    check(code == 0, f"{folder}: ended with {code}\n{log}")
    pages = sorted(int(url.rsplit("/", 1)[1]) for url in urls_of(folder / "out.jsonl"))
    check(pages == list(range(PAGES)), f"{folder}: {len(pages)} records, {len(set(pages))} pages of {PAGES}\n{log}")


def committed(folder):
    """Returns the committed length of the output; 0 before the first commit."""
    code, text = state(folder, "ls")
    lengths = [line.split(", ")[1].split(" ")[0] for line in text.splitlines() if line.startswith("output: out.jsonl, ")]
    return int(lengths[0]) if code == 0 and lengths else 0


def state(folder, command):
    """Runs `lycosa state COMMAND`. Returns its exit code and its output."""
    run = subprocess.run([places.LYCOSA, "state", command, "state"], cwd=folder, capture_output=True, text=True)
    return run.returncode, run.stdout + run.stderr
