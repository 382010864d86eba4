"""Moves the wall clock of a crawl an hour back and forth, while it runs and between two runs: clocks.py LYCOSA FOLDER LIBRARY.

LIBRARY is libfaketime. What counts is what the server sees, on a clock that is not moved: two requests to a host are never
closer than the delay, and no jump makes the crawl wait for more than one delay more.
"""

import asyncio, json, os, pathlib, re, signal, sys, time

from site_of_pages import links, serve

LYCOSA, FOLDER, LIBRARY = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]
DELAY, PAGES, HOSTS = 0.5, 40, ("127.0.0.1", "127.0.0.2")
# What a loaded machine may take to tell the server of a connection, and a process to start.
LATE, STARTUP = 0.05, 1.5
seen = {host: [] for host in HOSTS}
starts = []


async def serve_host(reader, writer):
    """One connection: each page links to the next ones."""
    host = writer.get_extra_info("sockname")[0]

    async def answer(path):
        seen[host].append(time.monotonic())
        return links((2 * int(path[1:]) + n for n in (1, 2)), PAGES) if path[1:].isdigit() else None

    await serve(reader, writer, answer)


def set_clock(hours):
    new = FOLDER / "clock.new"
    new.write_text(f"{3600 * hours:+d}\n")
    new.rename(FOLDER / "clock")


async def start(port):
    log = open(FOLDER / "log", "ab")
    faked = {
        "LD_PRELOAD": LIBRARY, "FAKETIME_TIMESTAMP_FILE": str(FOLDER / "clock"), "FAKETIME_NO_CACHE": "1",
        "DONT_FAKE_MONOTONIC": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    starts.append(time.monotonic())
    return await asyncio.create_subprocess_exec(
        LYCOSA, "crawl", "-v", *(f"http://{host}:{port}/0" for host in HOSTS), "--state", "state", "-o", "out.jsonl",
        "--delay", f"{DELAY}s", "--set", "politeness.jitter=0", cwd=FOLDER, stdout=log, stderr=log, env=os.environ | faked,
    )


async def main():
    servers = [await asyncio.start_server(serve_host, HOSTS[0], 0)]
    port = servers[0].sockets[0].getsockname()[1]
    servers += [await asyncio.start_server(serve_host, host, port) for host in HOSTS[1:]]
    set_clock(0)
    process = await start(port)
    for hours in (1, -1, 0):
        await asyncio.sleep(1.7)
        set_clock(hours)
    # Killed, and asked to stop; and the clock moved while nothing runs.
    for way, hours in ((signal.SIGKILL, 1), (signal.SIGTERM, -1), (signal.SIGKILL, 1)):
        await asyncio.sleep(2.2)
        process.send_signal(way)
        await process.wait()
        set_clock(hours)
        process = await start(port)
    code = await asyncio.wait_for(process.wait(), 2 * PAGES * DELAY)
    assert code == 0, f"it ended with {code}"


def check():
    hours = {line[:13] for line in (FOLDER / "log").read_text().splitlines() if re.match(r"\d{4}-\d\d-\d\d \d\d:", line)}
    assert len(hours) >= 3, f"the clock was not moved: the log has the hours {sorted(hours)}"
    urls = [json.loads(line)["url"] for line in (FOLDER / "out.jsonl").read_text().splitlines()]
    assert len(urls) == len(set(urls)) == PAGES * len(HOSTS), f"{len(urls)} records of {len(set(urls))} pages"
    least, most = 3600.0, 0.0
    for times in seen.values():
        for before, after in zip(times, times[1:]):
            least = min(least, after - before)
            # A start between two requests takes its own time.
            most = max(most, after - max([before] + [start + STARTUP for start in starts if before < start < after]))
    print(f"    clocks: {len(starts)} starts, {sum(map(len, seen.values()))} requests, {least:.3f} to {most:.3f} s between two of a host (delay {DELAY} s)")
    assert least >= DELAY - LATE, "too soon"
    assert most <= 2 * DELAY + LATE, "it stalled"


try:
    asyncio.run(main())
    check()
except AssertionError as fault:
    sys.exit(f"    {fault}")
