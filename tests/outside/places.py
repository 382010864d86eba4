"""Where things are: the repository, the programs that are tested, and the manuals they crawl."""

import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
TARGET = REPOSITORY / os.environ.get("CARGO_TARGET_DIR", "target")

# What the parts keep between two runs: unpacked manuals.
CACHE = TARGET / "outside"

# `LYCOSA_RELEASE` names a folder with programs built elsewhere, to compare two versions. They are not built then.
IS_BUILT_ELSEWHERE = "LYCOSA_RELEASE" in os.environ
RELEASE = REPOSITORY / os.environ.get("LYCOSA_RELEASE", TARGET / "release")
LYCOSA = RELEASE / "lycosa"
SLOW_SITE = RELEASE / "examples" / "slow_site"

# Debian's own Python: the one for which Debian's packages install their modules.
DEBIAN_PYTHON = Path("/usr/bin/python3")


def manual(folder, index):
    """Returns the folder of a manual: as installed, or as unpacked into the cache."""
    installed = Path(folder)
    return installed if (installed / index).is_file() else CACHE / installed.relative_to("/")


def postgresql_manual():
    """Returns the HTML manual of PostgreSQL: about 1,200 pages in one folder."""
    return manual("/usr/share/doc/postgresql-doc-15/html", "index.html")


def java_manual():
    """Returns the HTML manual of Java: about 10,000 pages, reachable from `api/index.html`."""
    return manual("/usr/share/doc/openjdk-17-doc", "api/index.html")


def faketime_library():
    """Returns the library that moves a process's clock, or `None` if it is not installed."""
    return next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
