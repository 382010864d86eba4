"""What a command costs."""

import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from checks import Failure, check, words


class Cost(NamedTuple):
    """CPU time and wall time in milliseconds, peak memory in KiB."""

    cpu: int
    wall: int
    memory: int


def measure(*command, log=None):
    """Runs a command, which must succeed. Returns its cost. Its output goes to the file `log`, or to standard error."""
    if log is None:
        code, cost = run(command, None)
    else:
        with open(log, "wb") as file:
            code, cost = run(command, file)
    check(code == 0, f"ended with {code}: {words(command)}")
    return cost


def run(command, errors):
    """Runs a command. Returns its exit code and its cost. Its output goes to `errors`, a file or a pipe's end."""
    stopwatch = [sys.executable, "-B", Path(__file__).with_name("stopwatch.py")]
    stopped = subprocess.run([*stopwatch, *map(str, command)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors)
    try:
        return stopped.returncode, Cost(*map(int, stopped.stdout.split()))
    except (ValueError, TypeError) as error:
        raise Failure(f"not measured: {words(command)}") from error
