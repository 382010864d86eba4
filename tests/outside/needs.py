"""What parts need: programs, Python modules and manuals, each from a Debian package."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from typing import NamedTuple

import places
from checks import check
from processes import as_root


class Need(NamedTuple):
    """Something that a part needs. A manual is unpacked, not installed: small images install no documentation."""

    name: str
    package: str
    is_present: Callable[[], bool]
    is_manual: bool = False


def program(name, package):
    """Returns the need for a program."""
    return Need(name, package, lambda: shutil.which(name) is not None)


def module(name, package):
    """Returns the need for a module of Debian's Python."""
    return Need(f"Python's {name}", package, lambda: can_import(name))


def can_import(name):
    """Returns true if Debian's Python has a module."""
    command = [places.DEBIAN_PYTHON, "-c", f"import {name}"]
    return places.DEBIAN_PYTHON.is_file() and subprocess.run(command, stderr=subprocess.DEVNULL).returncode == 0


def manual(package, folder, index):
    """Returns the need for a manual. `folder` returns its place."""
    return Need(package, package, lambda: (folder() / index).is_file(), is_manual=True)


# The release build of `lycosa` and of the example `slow_site`. The runner makes it.
BUILD = Need("release build", "", lambda: places.LYCOSA.is_file() and places.SLOW_SITE.is_file())

APACHE = program("apache2", "apache2")
IP = program("ip", "iproute2")
MICROSOCKS = program("microsocks", "microsocks")
MOUNT = program("mount", "mount")
NGINX = program("nginx", "nginx-light")
OPENSSL = program("openssl", "openssl")
SQUID = program("squid", "squid")
STRACE = program("strace", "strace")
TINYPROXY = program("tinyproxy", "tinyproxy")
UNSHARE = program("unshare", "util-linux")
VALGRIND = program("valgrind", "valgrind")

BROTLI = module("brotli", "python3-brotli")
HTTPBIN = module("httpbin", "python3-httpbin")
PYTHON = Need("Debian's Python", "python3", places.DEBIAN_PYTHON.is_file)

FAKETIME = Need("libfaketime", "libfaketime", lambda: places.faketime_library() is not None)
POSTGRESQL_MANUAL = manual("postgresql-doc-15", places.postgresql_manual, "index.html")
JAVA_MANUAL = manual("openjdk-17-doc", places.java_manual, "api/index.html")


def install(needs):
    """Installs what is missing of these needs."""
    missing = [need for need in needs if need.package and not need.is_present()]
    packages = sorted({need.package for need in missing if not need.is_manual})
    if packages:
        print(f"    installing {' '.join(packages)}")
        # Run level 1: the packages must not start their own servers.
        apt_get = as_root("env", "RUNLEVEL=1", "DEBIAN_FRONTEND=noninteractive", "apt-get")
        with_lists([*apt_get, "install", "--quiet=2", "--yes", "--no-install-recommends", *packages])
    for need in missing:
        if need.is_manual:
            unpack(need.package)
    absent = describe(needs)
    check(not absent, f"still missing: {absent}")


def describe(needs):
    """Returns what is missing of these needs, as text; empty if everything is present."""
    missing = [need for need in needs if not need.is_present()]
    return ", ".join(f"{need.name} (package {need.package})" if need.package else need.name for need in missing)


def unpack(package):
    """Downloads a package and unpacks it into the cache."""
    print(f"    unpacking {package}")
    places.CACHE.mkdir(parents=True, exist_ok=True)
    with_lists(["apt-get", "download", "--quiet=2", package], cwd=places.CACHE)
    for file in places.CACHE.glob(f"{package}_*.deb"):
        subprocess.run(["dpkg-deb", "--extract", file, places.CACHE], check=True)
        file.unlink()


def with_lists(command, cwd=None):
    """Runs a command that needs the lists of packages. The lists are fetched only if it fails without them."""
    if not succeeds(command, cwd):
        update = as_root("apt-get", "update", "--quiet=2")
        check(succeeds(update) and succeeds(command, cwd), f"failed: {' '.join(map(str, command))}")


def succeeds(command, cwd=None):
    """Runs a command with its output on standard error. Returns true if it succeeds."""
    return subprocess.run(command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=sys.stderr).returncode == 0
