"""Redirects from one origin to another, and back."""

import re

from checks import check, fetch
from servers.recorder import echo

SECRETS = re.compile(rb"authorization|cookie|x-api-key|d29sZjpkZW4=", re.IGNORECASE)
ALL = ("-H", "X-Api-Key: key", "-H", "Cookie: id=1", "-H", "Authorization: Bearer token")


def credentials(folder):
    """Checks that no origin gets the credentials of another with a redirect, as recorded by both."""
    with echo() as own, echo() as other:
        site, elsewhere = f"http://127.0.0.1:{own.port}", f"http://127.0.0.1:{other.port}"
        config = folder / "config.toml"
        config.write_text(
            '[crawl]\nallow_private = true\n[fetcher]\nsecret_headers = ["X-Api-Key"]\n'
            f'[[auth]]\norigin = "{site}"\ntype = "basic"\nuser = "wolf"\npassword = "den"\n'
        )
        paths = (
            f"/to?{elsewhere}/page",
            # To another name of this machine, which is another host.
            f"/to?http://localhost:{other.port}/page",
            f"/to?//127.0.0.1:{other.port}/to?{elsewhere}/page",
            f"/to?{elsewhere}/to?{site}/back",
        )
        for headers in ((), ALL):
            for path in paths:
                follow(own, other, "-c", config, *headers, f"{site}{path}")
            check_return(own.seen)
    print("    no credentials go to another origin with a redirect, and none come back")


def follow(own, other, *arguments):
    """Follows redirects from one origin to another: only the first may get its credentials."""
    own.clear()
    other.clear()
    code, _, errors = fetch("-f", *arguments)
    url = arguments[-1]
    check(code == 0, f"{url} ended with {code}: {errors}")
    check(not SECRETS.search(other.seen), f"{url}: the other origin got {other.seen!r}")
    check(SECRETS.search(own.seen), f"{url}: the origin itself got no credentials")


def check_return(seen):
    """Checks that the headers of the request do not come back: the other origin may have chosen where.

    What is configured for an origin goes with every request to it.
    """
    _, start, back = seen.partition(b"GET /back")
    check(start, "the redirect did not lead back")
    check(not re.search(rb"token|cookie|x-api-key", back, re.IGNORECASE), f"they came back: {back!r}")
