"""A model of crashes: crash.py LYCOSA FOLDER.

A crawl is stopped at random instants, and what is then on its disk is copied; it goes on. Each copy, its output cut to a
random length not below the committed one, goes on too: without gap or repeat, like the original.

Parameters by environment: INSTANTS, PAGES, SEED.
"""

import asyncio, json, os, pathlib, random, shutil, signal, subprocess, sys, threading, time
from concurrent.futures import ThreadPoolExecutor

from site_of_pages import Site

LYCOSA, FOLDER = sys.argv[1], pathlib.Path(sys.argv[2])
INSTANTS, PAGES, SEED = (int(os.environ.get(name, default)) for name, default in [("INSTANTS", 15), ("PAGES", 150), ("SEED", 1)])
# What a page of the original takes; those of the copies take nothing.
PAUSE = 0.02
# A crawl is stopped after at most so many seconds, again and again.
LONGEST = 0.15
luck = random.Random(SEED)
site = Site(PAGES, PAUSE)
ports = []


async def serve():
    server = await asyncio.start_server(site.serve, "127.0.0.1", 0)
    ports.append(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def start(folder):
    command = [LYCOSA, "crawl", f"http://127.0.0.1:{ports[0]}/0", "--state", "state", "-o", "out.jsonl", "--delay", "0"]
    command += ["--host-concurrency", "4", "--set", "store.commit_interval=50ms"]
    with open(folder / "log", "ab") as log:
        return subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)


def expect_whole(folder, code):
    said = (folder / "log").read_text(errors="replace")
    assert code == 0, f"{folder}: ended with {code}\n{said}"
    lines = (folder / "out.jsonl").read_bytes()
    assert lines.endswith(b"\n"), f"{folder}: the last line is torn"
    pages = sorted(int(json.loads(line)["url"].rsplit("/", 1)[1]) for line in lines.splitlines())
    assert pages == list(range(PAGES)), f"{folder}: {len(pages)} records, {len(set(pages))} pages of {PAGES}\n{said}"


def has_stopped(process):
    """Stops it. Says whether it was still there; the system says when no thread of it runs any more."""
    process.send_signal(signal.SIGSTOP)
    if process.returncode is not None:
        return False
    _, status = os.waitpid(process.pid, os.WUNTRACED)
    if os.WIFSTOPPED(status):
        return True
    process.returncode = os.waitstatus_to_exitcode(status)
    return False


def copies_of_one(number, wanted):
    """Crawls once; copies of what was on the disk meanwhile."""
    original = FOLDER / f"original-{number}"
    original.mkdir()
    process, copies = start(original), []
    while len(copies) < wanted:
        time.sleep(luck.uniform(0, LONGEST))
        if not has_stopped(process):
            break
        copy = FOLDER / f"copy-{number}-{len(copies)}"
        # Journals are mostly holes.
        subprocess.run(["cp", "-r", "--sparse=always", original, copy], check=True)
        copies.append(copy)
        process.send_signal(signal.SIGCONT)
    expect_whole(original, process.wait(60))
    return copies


def state(folder, command):
    said = subprocess.run([LYCOSA, "state", command, "state"], cwd=folder, capture_output=True, text=True)
    return said.returncode, said.stdout + said.stderr


def committed(folder):
    """The committed length of the output; none before there is a commit."""
    code, said = state(folder, "ls")
    lengths = [line.split(", ")[1].split(" ")[0] for line in said.splitlines() if line.startswith("output: out.jsonl, ")]
    return int(lengths[0]) if code == 0 and lengths else 0


def go_on(copy, fraction):
    """Goes on from a copy. Says how many bytes of its output were not committed."""
    output = copy / "out.jsonl"
    least, most = committed(copy), output.stat().st_size if output.exists() else 0
    assert least <= most, f"{copy}: {least} bytes are committed, {most} written"
    if most > 0:
        os.truncate(output, least + round(fraction * (most - least)))
    expect_whole(copy, start(copy).wait(60))
    code, said = state(copy, "check")
    assert code == 0, f"{copy}: {said}"
    shutil.rmtree(copy)
    return most - least


def main():
    threading.Thread(target=lambda: asyncio.run(serve()), daemon=True).start()
    while not ports:
        time.sleep(0.01)
    instants, uncommitted, number = 0, 0, 0
    while instants < INSTANTS:
        site.pause, number = PAUSE, number + 1
        copies = copies_of_one(number, INSTANTS - instants)
        site.pause = 0
        with ThreadPoolExecutor(4) as pool:
            left = list(pool.map(go_on, copies, [luck.random() for _ in copies]))
        instants, uncommitted = instants + len(copies), uncommitted + sum(bytes > 0 for bytes in left)
    print(f"    {instants} instants of {number} crawls, {uncommitted} with output that was not committed: none lost or repeated a page")


main()
