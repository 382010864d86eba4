"""httpbin, the server that most HTTP clients are tested with."""

import places
from checks import check_body, check_failure
from parts.protocol.accounts import auth
from processes import free_port, server

PROGRAM = "import sys; from httpbin import app; app.run(port=int(sys.argv[1]), threaded=True)"


def httpbin(folder):
    """Checks httpbin: redirects, forms, cookies, basic and digest, streams, timeouts, codings, ranges."""
    port = free_port()
    with server(port, places.DEBIAN_PYTHON, "-c", PROGRAM, port, log=folder / "log"):
        site = f"http://127.0.0.1:{port}"
        check_redirects(site)
        check_forms_and_cookies(site, port)
        check_accounts(folder, site, port)
        check_bodies(site)
    print("    redirects, forms, cookies, basic, digest, streams, timeouts, codings, ranges")


def check_redirects(site):
    for kind in ("redirect", "relative-redirect", "absolute-redirect"):
        check_body(f'"url":"{site}/get"', f"{site}/{kind}/5")
    check_failure("rejected: ", "--set", "fetcher.redirects=4", f"{site}/redirect/5")
    # Which statuses keep the method and the body (Fetch standard, "HTTP-redirect fetch").
    for status in (301, 302, 303):
        check_body(f'"url":"{site}/get"', "-d", "q=1", f"{site}/redirect-to?url=/get&status_code={status}")
    for status in (307, 308):
        check_body('"q":"spiders"', "-d", "q=spiders", f"{site}/redirect-to?url=/post&status_code={status}")


def check_forms_and_cookies(site, port):
    check_body('"q":"wolf spiders"', "-d", "q=wolf+spiders", f"{site}/post")
    check_body('{"cookies":{"a":"b","c":"d"}}', f"{site}/cookies/set?a=b&c=d")
    other = f"{site}/redirect-to?url=http://localhost:{port}/cookies"
    check_body('{"cookies":{}}', "-H", "Cookie: a=b", other, "--set", "crawl.allow_private=true")


def check_accounts(folder, site, port):
    file = folder / "auth.toml"
    basic = auth(file, site, "basic", "den")
    check_body('"authenticated":true', *basic, f"{site}/basic-auth/wolf/den")
    check_body('"authenticated":true', f"http://wolf:den@127.0.0.1:{port}/basic-auth/wolf/den")
    digest = auth(file, site, "digest", "den")
    for algorithm in ("MD5", "SHA-256"):
        check_body('"authenticated":true', *digest, f"{site}/digest-auth/auth/wolf/den/{algorithm}")
    for kind, path in (("basic", "basic-auth/wolf/den"), ("digest", "digest-auth/auth/wolf/den/MD5")):
        check_failure("status 401", *auth(file, site, kind, "lair"), f"{site}/{path}")


def check_bodies(site):
    check_body('"id": 49', f"{site}/stream/50")
    check_body("**********", f"{site}/drip?numbytes=10&duration=1")
    check_failure("timeout: total", "--set", "fetcher.timeout.total=1s", f"{site}/drip?numbytes=10&duration=4")
    check_failure("timeout: first_byte", "--set", "fetcher.timeout.first_byte=1s", f"{site}/delay/4")
    check_body('"gzipped":true', f"{site}/gzip")
    check_body('"deflated":true', f"{site}/deflate")
    check_body('"brotli":true', f"{site}/brotli")
    check_body("Herman Melville", f"{site}/html")
    check_body("klmnop", "-H", "Range: bytes=10-15", f"{site}/range/26")
    for status in (404, 418, 503):
        check_failure(f"status {status}", f"{site}/status/{status}")
