"""Lets a crawl fill the file systems of its state and of its output: disk_full.py LYCOSA FOLDER STATE OUTPUT FLAG...

FOLDER/state and FOLDER/output are small file systems of their own. When the log says that one is full, in a line that
matches the pattern STATE or OUTPUT, that one is made larger; the crawl must then go on by itself, and its output be whole.
"""

import asyncio, hashlib, json, os, pathlib, re, subprocess, sys, time

from site_of_pages import links, serve

LYCOSA, FOLDER, FLAGS = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[5:]
PATTERNS = {"state": sys.argv[3], "output": sys.argv[4]}
PAGES, FANOUT, NAME = 12000, 20, 6000
LONGEST = 120
AS_ROOT = [] if os.getuid() == 0 else ["sudo", "--non-interactive"]
asked = {}


def url(page):
    """Long, and as hard to compress as it gets, so that a few of them fill a file system."""
    text = "".join(hashlib.sha256(f"{page} {part}".encode()).hexdigest() for part in range(NAME // 64))
    return f"/{page}/{text}"


async def answer(path):
    """Each page links to the next ones and to a known one."""
    number = path.split("/")[1]
    if not number.isdigit() or int(number) >= PAGES:
        return None
    page = int(number)
    asked[page] = asked.get(page, 0) + 1
    return links([*(page * FANOUT + n for n in range(1, FANOUT + 1)), page // FANOUT], PAGES, url)


def is_full(place):
    """Whether the log says so."""
    return re.search(PATTERNS[place], (FOLDER / "log").read_text())


async def main():
    server = await asyncio.start_server(lambda *ends: serve(*ends, answer), "127.0.0.1", 0, limit=1 << 20)
    port = server.sockets[0].getsockname()[1]
    log = open(FOLDER / "log", "wb")
    process = await asyncio.create_subprocess_exec(
        LYCOSA, "crawl", f"http://127.0.0.1:{port}{url(0)}", "--state", "state/dir", "-o", "output/out.jsonl", "--delay", "0",
        "--host-concurrency", "16", "--set", "scope.max_url=8000", *FLAGS, cwd=FOLDER, stdout=log, stderr=log,
    )
    small, start = {"state", "output"}, time.monotonic()
    while True:
        try:
            code = await asyncio.wait_for(asyncio.shield(process.wait()), 0.5)
            break
        except asyncio.TimeoutError:
            assert time.monotonic() - start < LONGEST, f"not finished after {LONGEST} s; still small: {small}"
        for place in sorted(small):
            if is_full(place):
                # It stays full for a while, in which nothing may be lost or given up.
                await asyncio.sleep(3)
                assert process.returncode is None, f"it ended with {process.returncode}"
                subprocess.run([*AS_ROOT, "mount", "-o", "remount,size=1g", str(FOLDER / place)], check=True)
                small.discard(place)
    server.close()
    assert code == 0, f"it ended with {code}"
    assert not small, f"never full: {small}"


def check():
    data = (FOLDER / "output/out.jsonl").read_bytes()
    assert data.endswith(b"\n"), "the last line is torn"
    pages = [int(json.loads(line)["url"].split("/")[3]) for line in data.splitlines()]
    missing, twice, again = PAGES - len(set(pages)), len(pages) - len(set(pages)), sum(asked.values()) - len(asked)
    print(f"    {PAGES} pages: {missing} missing, {twice} twice, {again} fetched again, {' '.join(FLAGS)}")
    assert not missing and not twice and not again


try:
    asyncio.run(main())
    check()
except AssertionError as fault:
    sys.exit(f"    {fault}")
