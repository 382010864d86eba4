"""nginx."""

import gzip

import places
from checks import check_body, check_failure, check_pages
from measure import measure
from parts.protocol.accounts import hashed
from parts.protocol.httpd import check_chunked
from processes import free_port
from servers.nginx import configured

PAGES = 100
# Every seventh response is the last one of its connection.
CONFIG = """
types {{ text/html html; }}
keepalive_requests 7;
server {{
    listen 127.0.0.1:{port};
    root {folder}/root;
    location /packed/ {{ alias {folder}/root/; gzip on; }}
    location /static/ {{ alias {folder}/root/; gzip_static on; }}
    location /locked/ {{ alias {folder}/root/; auth_basic "the den"; auth_basic_user_file {folder}/users; }}
    location /folder {{ return 301 /locked/; }}
    location /nothing {{ return 204; }}
    location /gone {{ return 444; }}
}}
"""


def nginx(folder):
    """Checks nginx: compressed pages in chunks and as files, ranges, basic authentication, connections that end."""
    port = free_port()
    write_files(folder)
    with configured(folder, port, CONFIG.format(port=port, folder=folder)):
        check_locations(port)
        crawl(folder, port)
    print("    gzip in chunks and from files, ranges, basic authentication, connections that end")


def write_files(folder):
    root = folder / "root"
    root.mkdir()
    page = "".join(f"{number}\n" for number in range(1, 20001)) + "the end"
    (root / "page.html").write_text(page)
    (root / "page.html.gz").write_bytes(gzip.compress(page.encode()))
    for number in range(1, PAGES + 1):
        (root / f"{number}.html").write_text(f"page {number}")
    (folder / "users").write_text(hashed("wolf", "den"))


def check_locations(port):
    site = f"http://127.0.0.1:{port}"
    for location in ("packed", "static"):
        check_body("the end", f"{site}/{location}/page.html")
    check_chunked(f"{site}/packed/page.html")
    check_body("1\n2\n3", "-H", "Range: bytes=0-5", f"{site}/page.html")
    check_failure("status 416", "-H", "Range: bytes=999999-", f"{site}/page.html")
    check_failure("status 401", f"{site}/locked/page.html")
    check_body("the end", f"http://wolf:den@127.0.0.1:{port}/locked/page.html")
    check_body("", f"{site}/nothing")
    check_failure("reset", f"{site}/gone")


def crawl(folder, port):
    """Crawls all pages over connections that end after seven responses. No request may fail."""
    seeds = "".join(f"http://127.0.0.1:{port}/{number}.html\n" for number in range(1, PAGES + 1))
    (folder / "seeds").write_text(seeds)
    (folder / "config.toml").write_text(
        f'[crawl]\nseed_files = ["{folder}/seeds"]\n[politeness]\ndelay = 0\n[retry]\ntimes = 0\n'
    )
    measure(places.LYCOSA, "crawl", "-q", "-c", folder / "config.toml", "-o", folder / "out.jsonl")
    check_pages(folder / "out.jsonl", PAGES)
