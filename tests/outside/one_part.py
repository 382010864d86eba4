"""Runs one part in this process, with a temporary folder: one_part.py NAME.

A process of its own: a part's servers, threads and priority end with it.
"""

import os
import signal
import sys
import tempfile
from pathlib import Path

from checks import Failure
from parts import BY_NAME

# Lines of a log that are shown if a part fails.
LINES = 40


def main(name):
    # The folder is removed and servers are stopped if the run is ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    sys.stdout.reconfigure(line_buffering=True)
    with tempfile.TemporaryDirectory() as folder:
        try:
            BY_NAME[name].run(Path(folder))
        except Failure as failure:
            show_log(Path(folder))
            print(f"    {failure}", file=sys.stderr)
            return 1
        except Exception:
            show_log(Path(folder))
            raise
        finally:
            kill_children()
    return 0


def kill_children():
    """Kills what a part has left running: the crawls of a part that has failed."""
    for file in Path("/proc/self/task").glob("*/children"):
        for child in file.read_text().split():
            os.kill(int(child), signal.SIGKILL)


def show_log(folder):
    """Shows the end of the log that was written last."""
    logs = [file for file in folder.rglob("log") if file.is_file()]
    if logs:
        newest = max(logs, key=lambda file: file.stat().st_mtime)
        lines = newest.read_text(errors="replace").splitlines()
        print(f"    the end of {newest}:", *lines[-LINES:], sep="\n", file=sys.stderr)


sys.exit(main(sys.argv[1]))
