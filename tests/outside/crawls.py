"""Crawls of parts that have a server of their own, in asyncio."""

import asyncio
import os

import places
from checks import Failure, check
from servers.hosts import NORMAL

# What every crawl of `start_hosts` has in its configuration, before the part's own lines.
BASE = """
[crawl]
contact = "https://lycosa.example/bot"
allow_private = true
[politeness]
jitter = 0.0
ip_concurrency = 0
"""


async def start(folder, *arguments, **options):
    """Starts `lycosa crawl` in a folder. Its output is appended to `log` there."""
    with open(folder / "log", "ab") as log:
        return await asyncio.create_subprocess_exec(
            places.LYCOSA, "crawl", *map(str, arguments), cwd=folder, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log,
            preexec_fn=lambda: os.setpriority(os.PRIO_PROCESS, 0, NORMAL), **options,
        )


async def start_hosts(folder, name, config, seeds, *more):
    """Starts a crawl of these seeds with its state in the folder `name`."""
    (folder / f"{name}.toml").write_text(BASE + config)
    (folder / f"{name}.seeds").write_text("\n".join(seeds) + "\n")
    arguments = ["-c", f"{name}.toml", "--set", f"crawl.seed_files={name}.seeds", "--state", name, "-o", f"{name}.jsonl"]
    return await start(folder, *arguments, *more)


async def finish(process, patience, expected=0):
    """Waits until a crawl ends by itself."""
    try:
        code = await asyncio.wait_for(process.wait(), patience)
    except asyncio.TimeoutError as error:
        process.kill()
        raise Failure(f"the crawl has not ended after {patience} s") from error
    check(code == expected, f"the crawl ended with {code}, not with {expected}")


def send(process, number):
    """Sends a signal.

    `Process.send_signal` also collects the exit code of a process that has just ended, and asyncio then reports 255.
    """
    os.kill(process.pid, number)


def memory(process):
    """Returns the resident memory of a process in MiB; 0 if it has ended."""
    try:
        with open(f"/proc/{process.pid}/statm") as file:
            return int(file.read().split()[1]) * 4096 >> 20
    except (FileNotFoundError, ProcessLookupError, IndexError):
        return 0
