"""Bodies of a few kilobytes that unpack to a gibibyte."""

import places
from checks import check
from measure import run
from servers import odd_site

# More than a small page takes, in KiB.
MOST_MEMORY = 64 << 10
# Milliseconds of CPU time.
MOST_CPU = 1000


def bombs(folder):
    """Checks that bodies that unpack to 1 GiB are refused, for little memory and time."""
    with odd_site.serve(folder) as (port, _):
        small, text = fetch(folder, port, "none")
        check(text == "<p>nothing", text)
        for kind in ("gzip", "deflate", "br", "zstd", "stacked"):
            cost, text = fetch(folder, port, kind)
            check("too_large" in text, f"{kind}: {text}")
            more = cost.memory - small.memory
            check(more <= MOST_MEMORY, f"{kind}: {more} KiB more than a small page")
            check(cost.cpu <= MOST_CPU, f"{kind}: {cost.cpu} ms of CPU time")
            print(f"    {kind}: {more} KiB more than a small page, {cost.cpu} ms of CPU time")


def fetch(folder, port, kind):
    """Fetches a bomb. Returns the cost, and the body or the error."""
    command = [places.LYCOSA, "fetch", "--set", "fetcher.timeout.first_byte=60s", f"http://127.0.0.1:{port}/bomb/{kind}"]
    with open(folder / "log", "wb") as log:
        _, cost = run(command, log)
    return cost, (folder / "log").read_text(errors="replace").rstrip("\n")
