"""Apache httpd."""

import getpass
import grp
import hashlib
import os
import subprocess
from pathlib import Path

from checks import check, check_body, check_failure, fetch
from parts.protocol.accounts import auth, hashed
from processes import free_port, server

MODULES = (
    "mpm_event", "authn_core", "authn_file", "authz_core", "authz_user", "auth_basic", "auth_digest", "deflate", "filter", "dir",
    "mime", "unixd",
)
FOLDERS = ("basic", "digest", "packed", "folder")


def httpd(folder):
    """Checks Apache httpd: basic and digest authentication, compressed and chunked pages, ranges, its own redirects."""
    port = free_port()
    write_files(folder)
    (folder / "httpd.conf").write_text(config(folder, port))
    subprocess.run(["chmod", "-R", "a+rX", folder], check=True)
    with server(port, "apache2", "-X", "-d", folder, "-f", folder / "httpd.conf", log=folder / "log"):
        check_pages_of(folder, port)
    print("    basic, digest, gzip in chunks, a range, a redirect to a folder")


def write_files(folder):
    """Writes the pages, and the accounts for both kinds of authentication."""
    for name in FOLDERS:
        page = folder / "root" / name / "index.html"
        page.parent.mkdir(parents=True)
        # Long enough to be compressed, and then sent in chunks.
        numbers = "".join(f"{number}\n" for number in range(1, 20001))
        page.write_text(f"<title>{name}</title>{numbers}the end of {name}")
    (folder / "basic").write_text(hashed("wolf", "a b"))
    digest = hashlib.md5(b"wolf:the den:a b").hexdigest()
    (folder / "digest").write_text(f"wolf:the den:{digest}\n")


def config(folder, port):
    lines = []
    for module in MODULES:
        file = Path(f"/usr/lib/apache2/modules/mod_{module}.so")
        # Some are compiled into the program.
        if file.is_file():
            lines.append(f"LoadModule {module}_module {file}")
    # Apache refuses to serve as root.
    user, group = getpass.getuser(), grp.getgrgid(os.getgid()).gr_name
    lines.append(f"""
        ServerName localhost
        Listen 127.0.0.1:{port}
        ServerRoot {folder}
        DocumentRoot {folder}/root
        PidFile {folder}/pid
        Mutex file:{folder}
        ErrorLog {folder}/error
        TypesConfig /etc/mime.types
        DirectoryIndex index.html
        User {"www-data" if user == "root" else user}
        Group {"www-data" if group == "root" else group}
        <Directory {folder}/root/packed>
            SetOutputFilter DEFLATE
        </Directory>
    """)
    for kind in ("Basic", "Digest"):
        lines.append(f"""
            <Directory {folder}/root/{kind.lower()}>
                AuthType {kind}
                AuthName "the den"
                AuthUserFile {folder}/{kind.lower()}
                Require valid-user
            </Directory>
        """)
    return "\n".join(lines)


def check_pages_of(folder, port):
    site = f"http://127.0.0.1:{port}"
    right = {kind: auth(folder / f"{kind}.toml", site, kind, "a b") for kind in ("basic", "digest")}
    check_body("the end of packed", f"{site}/packed/")
    check_body("the end of folder", f"{site}/folder")
    check_body("<title>folder", "-H", "Range: bytes=0-19", f"{site}/folder/")
    for kind, account in right.items():
        check_failure("status 401", f"{site}/{kind}/")
        check_body(f"the end of {kind}", *account, f"{site}/{kind}/")
    check_body("the end of basic", f"http://wolf:a%20b@127.0.0.1:{port}/basic/")
    wrong = auth(folder / "wrong.toml", site, "digest", "b a")
    check_failure("status 401", *wrong, f"{site}/digest/")
    check_chunked(f"{site}/packed/")


def check_chunked(url):
    """Checks that a page comes compressed and in chunks."""
    code, _, head = fetch("-v", url)
    check(code == 0, f"fetch -v {url} ended with {code}: {head}")
    for field in ("< content-encoding: gzip", "< transfer-encoding: chunked"):
        check(field in head, f"{url}: no `{field}` in: {head}")
