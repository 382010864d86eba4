"""Kills a crawl again and again and says whether its output is whole: kill.py LYCOSA FOLDER.

Parameters by environment: KILLS, PAGES, PAUSE (milliseconds each page takes), CONCURRENCY (requests at a time), LONGEST
(milliseconds a life lasts at most), SEED.
"""

import asyncio, json, os, pathlib, random, signal, sys

LYCOSA, FOLDER = sys.argv[1], pathlib.Path(sys.argv[2])
KILLS, PAGES, PAUSE, CONCURRENCY, LONGEST, SEED = (
    int(os.environ.get(name, default))
    for name, default in [("KILLS", 15), ("PAGES", 800), ("PAUSE", 100), ("CONCURRENCY", 4), ("LONGEST", 3000), ("SEED", 1)]
)
luck = random.Random(SEED)
asked = {}


async def serve(reader, writer):
    """One connection: /N links to the next ten pages and to some known ones."""
    try:
        while head := (await reader.readuntil(b"\r\n\r\n")).decode("latin-1"):
            path = head.split(" ")[1]
            status, body = "404 Not Found", b""
            if path[1:].isdigit() and int(path[1:]) < PAGES:
                page = int(path[1:])
                asked[page] = asked.get(page, 0) + 1
                await asyncio.sleep(PAUSE / 1000)
                links = [page * 10 + n for n in range(1, 11)] + [page // 10, (page * 7) % (page + 1)]
                body = "".join(f'<a href="/{n}">{n}</a>' for n in links if n < PAGES).encode()
                status = "200 OK"
            writer.write(
                f"HTTP/1.1 {status}\r\ncontent-type: text/html\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body
            )
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def start(port):
    log = open(FOLDER / "log", "ab")
    return await asyncio.create_subprocess_exec(
        LYCOSA, "crawl", f"http://127.0.0.1:{port}/0", "--state", "state", "-o", "out.jsonl", "--delay", "0",
        "--host-concurrency", str(CONCURRENCY), cwd=FOLDER, stdout=log, stderr=log,
    )


async def die(process):
    """Ends a life in one of the ways in which lives end."""
    way = luck.choice(["KILL"] * 6 + ["STOP", "TERM", "INT"])
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
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    kills = at_work = 0
    while kills < KILLS:
        before, process = sum(asked.values()), await start(port)
        # A third of the lives end at start-up or while they recover.
        life = luck.uniform(0, 0.1) if luck.random() < 0.2 else luck.uniform(0.1, LONGEST / 1000)
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
        at_work += sum(asked.values()) > before
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
    again = sum(asked.values()) - len(asked)
    # A batch fills while one commits, so two intervals of 200 ms may be uncommitted.
    bound = kills * CONCURRENCY * (1 + 400 // PAUSE)
    print(f"    {kills} kills, {at_work} at work: {len(missing)} pages missing, {twice} records twice, {again} pages fetched again (at most {bound})")
    assert not missing and not twice and again <= bound


check(*asyncio.run(main()))
