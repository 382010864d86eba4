"""Proxies that require credentials: tinyproxy and squid (plain and CONNECT), microsocks (SOCKS5)."""

import contextlib
import re
import subprocess

from checks import check, check_body, check_failure
from parts.protocol.accounts import hashed
from processes import free_port, server
from servers.recorder import echo, tap

OWN = "Authorization: Bearer origin"
# wolf:secret
ENCODED = b"d29sZjpzZWNyZXQ="


def proxies(folder):
    """Checks that each proxy gets its own credentials only, and each server the opposite, as recorded by both."""
    make_certificate(folder)
    with contextlib.ExitStack() as stack:
        plain = stack.enter_context(echo())
        secure = stack.enter_context(echo(folder / "certificate", folder / "key"))
        for scheme, start in (("http", tinyproxy), ("http", squid), ("socks5", microsocks)):
            port = stack.enter_context(start(folder))
            proxy = stack.enter_context(tap(port))
            check_proxy(folder, scheme, proxy, plain, secure)
        # A name (kind 3) goes to the proxy for SOCKS5, which looks it up.
        check(b"\x05\x01\x00\x03\x09localhost" in proxy.seen, "SOCKS5 was not asked for a name")
    print("    tinyproxy, squid and microsocks get their credentials, and the servers theirs")


def make_certificate(folder):
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "key"]
    command += ["-out", "certificate", "-days", "30", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=CA:FALSE"]
    subprocess.run(command, cwd=folder, stderr=subprocess.DEVNULL, check=True)


@contextlib.contextmanager
def tinyproxy(folder):
    port = free_port()
    file = folder / "tinyproxy.conf"
    file.write_text(
        f"Port {port}\nListen 127.0.0.1\nBasicAuth wolf secret\nLogLevel Error\nTimeout 30\nMaxClients 20\n"
    )
    with server(port, "tinyproxy", "-d", "-c", file, log=folder / "log"):
        yield port


@contextlib.contextmanager
def squid(folder):
    port = free_port()
    users, file, log = folder / "users", folder / "squid.conf", folder / "squid.log"
    users.write_text(hashed("wolf", "secret"))
    file.write_text(
        f"http_port 127.0.0.1:{port}\n"
        f"auth_param basic program /usr/lib/squid/basic_ncsa_auth {users}\n"
        "acl known proxy_auth REQUIRED\n"
        "http_access allow known\n"
        "http_access deny all\n"
        "cache deny all\n"
        "pid_filename none\n"
        "access_log none\n"
        f"cache_log {log}\n"
        f"coredump_dir {folder}\n"
        "netdb_filename none\n"
        "shutdown_lifetime 0 seconds\n"
    )
    # Started by root, squid changes to a user of its own.
    log.touch()
    for path, mode in ((folder, 0o755), (users, 0o644), (file, 0o644), (log, 0o666)):
        path.chmod(mode)
    with server(port, "squid", "-N", "-f", file, log=folder / "log"):
        yield port


@contextlib.contextmanager
def microsocks(folder):
    port = free_port()
    command = ["microsocks", "-i", "127.0.0.1", "-p", port, "-u", "wolf", "-P", "secret"]
    with server(port, *command, log=folder / "log"):
        yield port


def check_proxy(folder, scheme, proxy, plain, secure):
    """Checks http and https through a proxy: with the right credentials, wrong ones and none."""
    trusting = ("--set", f'tls.ca=["{folder}/certificate"]')
    page, secret_page = f"http://localhost:{plain.port}/page", f"https://localhost:{secure.port}/page"
    address = f"127.0.0.1:{proxy.port}"
    for record in (plain, secure, proxy):
        record.clear()
    good = f"{scheme}://wolf:secret@{address}"
    check_body("/page HTTP/1.", "--proxy", good, "-H", OWN, page)
    check_body("GET /page HTTP/1.", "--proxy", good, "-H", OWN, *trusting, secret_page)
    for record in (plain, secure):
        check(b"bearer origin" in record.seen.lower(), f"{scheme}: the server did not get its credentials")
        leak = re.search(b"proxy-authorization|secret|" + re.escape(ENCODED.lower()), record.seen.lower())
        check(not leak, f"{scheme}: the server got {record.seen!r}")
    # Of the request for https the proxy sees only where it goes.
    tunnel = b"".join(re.findall(rb"(?ms)^CONNECT.*?(?:^\r$|\Z)", proxy.seen)) if scheme == "http" else b""
    check(b"bearer origin" not in tunnel.lower(), f"the proxy got the server's credentials: {tunnel!r}")
    sent = ENCODED in proxy.seen or re.search(b"wolf.secret", proxy.seen)
    check(sent, f"{scheme}: the proxy did not get its credentials")
    for other in (f"{scheme}://wolf:wrong@{address}", f"{scheme}://{address}"):
        check_failure("", "--proxy", other, page)
        check_failure("proxy: ", "--proxy", other, *trusting, secret_page)
