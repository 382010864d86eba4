"""Kills a crawl again and again and says whether its output is whole: kill.py LYCOSA FOLDER.

Parameters by environment: KILLS, PAGES, PAUSE (milliseconds each page takes), CONCURRENCY (requests at a time), INTERVAL
(milliseconds between commits), LONGEST (milliseconds a life lasts at most), AT_WORK (kills that must hit the crawl when
pages had been asked for), SIGNALS (kill, or mixed: also SIGSTOP with and without SIGCONT, SIGTERM, and SIGINT twice), SEED.
"""

import asyncio, json, os, pathlib, random, signal, sys, time

from site_of_pages import Site

LYCOSA, FOLDER = sys.argv[1], pathlib.Path(sys.argv[2])
DEFAULTS = {"KILLS": 15, "PAGES": 1500, "PAUSE": 100, "CONCURRENCY": 4, "INTERVAL": 200, "LONGEST": 3000, "SEED": 1}
KILLS, PAGES, PAUSE, CONCURRENCY, INTERVAL, LONGEST, SEED = (
    int(os.environ.get(name, default)) for name, default in DEFAULTS.items()
)
AT_WORK = int(os.environ.get("AT_WORK", KILLS * 2 // 3))
WAYS = {"kill": ["KILL"], "mixed": ["KILL", "STOP", "TERM", "INT"]}[os.environ.get("SIGNALS", "kill")]
# Lives that end within 0.1 s, before the crawler can have begun; the others between 0.1 s and LONGEST, most often after 1 s.
STILLBORN = 1 / 10
luck = random.Random(SEED)
site = Site(PAGES, PAUSE / 1000)


async def start(port):
    log = open(FOLDER / "log", "ab")
    return await asyncio.create_subprocess_exec(
        LYCOSA, "crawl", f"http://127.0.0.1:{port}/0", "--state", "state", "-o", "out.jsonl", "--delay", "0",
        "--host-concurrency", str(CONCURRENCY), "--set", f"store.commit_interval={INTERVAL}ms", cwd=FOLDER, stdout=log, stderr=log,
    )


async def die(process):
    """Ends a life in one of the ways in which lives end."""
    way = luck.choice(WAYS)
    if way == "STOP":
        process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(0.2)
        if luck.random() < 0.5:
            process.send_signal(signal.SIGCONT)
            await asyncio.sleep(0.05)
    if way in ("KILL", "STOP"):
        process.kill()
    elif way == "TERM":
        process.terminate()
    else:
        process.send_signal(signal.SIGINT)
        await asyncio.sleep(0.05)
        process.send_signal(signal.SIGINT)
    return await asyncio.wait_for(process.wait(), 60)


async def main():
    server = await asyncio.start_server(site.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    kills = at_work = 0
    while kills < KILLS:
        before, process = sum(site.asked.values()), await start(port)
        life = luck.uniform(0, 0.1) if luck.random() < STILLBORN else luck.triangular(0.1, LONGEST / 1000, 1)
        try:
            code = await asyncio.wait_for(process.wait(), life)
            assert code == 0, f"it ended with {code} by itself"
            break
        except asyncio.TimeoutError:
            pass
        try:
            code = await die(process)
        except ProcessLookupError:
            continue
        # A signal that comes before its handler is there ends the process.
        assert code in (0, 11, 13, -signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT), f"it ended with {code}"
        kills += 1
        at_work += sum(site.asked.values()) > before
    process = await start(port)
    code = await asyncio.wait_for(process.wait(), 600)
    assert code == 0, f"the last run ended with {code}"
    server.close()
    return kills, at_work


def check(kills, at_work):
    data = (FOLDER / "out.jsonl").read_bytes()
    assert data.endswith(b"\n"), "the last line is torn"
    urls = [json.loads(line)["url"] for line in data.splitlines()]
    pages = [int(url.rsplit("/", 1)[1]) for url in urls]
    missing, twice = set(range(PAGES)) - set(pages), len(pages) - len(set(pages))
    again = sum(site.asked.values()) - len(site.asked)
    # What is in flight, and the pages of one commit interval.
    bound = kills * (CONCURRENCY + CONCURRENCY * INTERVAL // PAUSE)
    poison = (FOLDER / "log").read_text(errors="replace").count("page killed the process twice")
    print(
        f"    {kills} kills in {time.monotonic() - began:.0f} s, {at_work} at work, the others at start-up or in recovery: "
        f"{len(missing)} of {PAGES} pages missing, {twice} records twice, {poison} rejected as poison, "
        f"{again} pages fetched again (at most {bound})"
    )
    assert not missing and not twice and not poison and again <= bound
    assert kills == KILLS and at_work >= AT_WORK, "too few kills at work"


began = time.monotonic()
check(*asyncio.run(main()))
