"""A site of extremes on every loopback address: huge bodies, and responses that stall at every stage.

The site is a process of its own, run by Debian's Python, which has the module for Brotli.
"""

import contextlib
from pathlib import Path

import places
from processes import free_port, server


@contextlib.contextmanager
def serve(folder):
    """Serves the site until the block ends. Yields its port, and the port of a server that never sends anything."""
    port, silent = free_port(), free_port()
    with server(port, places.DEBIAN_PYTHON, "-B", Path(__file__).parent, port, silent, log=folder / "site.log"):
        yield port, silent
