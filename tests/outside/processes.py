"""Programs that run at the same time as a part: servers, and crawls that are watched."""

import contextlib
import os
import socket
import subprocess
import time

from checks import Failure, check

# Seconds that a server may take to start.
STARTUP = 10


def as_root(*command):
    """Returns a command that runs with root's rights."""
    return [*command] if os.getuid() == 0 else ["sudo", "--non-interactive", *command]


def free_port():
    """Returns a TCP port of this machine that is not in use."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@contextlib.contextmanager
def background(*command, log=None, **options):
    """Runs a command until the block ends. Its output is appended to the file `log`."""
    with open(log, "ab") if log else contextlib.nullcontext() as output:
        process = subprocess.Popen(
            list(map(str, command)), stdin=subprocess.DEVNULL, stdout=output, stderr=output, **options
        )
    try:
        yield process
    finally:
        stop(process)


def stop(process):
    """Terminates a process, and kills it if it has not ended after 10 seconds."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextlib.contextmanager
def server(port, *command, address="127.0.0.1", **options):
    """Like `background`, but the block starts when the command accepts connections on the port."""
    with background(*command, **options) as process:
        wait_for(port, process, address)
        yield process


def wait_for(port, process, address="127.0.0.1"):
    """Waits until a process accepts connections on a port."""
    deadline = time.monotonic() + STARTUP
    while time.monotonic() < deadline:
        try:
            socket.create_connection((address, port), 1).close()
            return
        except OSError:
            check(process.poll() is None, f"the server for port {port} has ended with {process.returncode}")
            time.sleep(0.1)
    raise Failure(f"no server accepts connections on port {port} after {STARTUP} s")


def wait_until(condition, process, pause):
    """Waits until a condition holds; fails if the process ends before. Checks again after each `pause` seconds."""
    while not condition():
        check(process.poll() is None, f"the crawl has ended with {process.returncode}")
        time.sleep(pause)


def wait_success(process, patience=300):
    """Waits for the end of a process, which must succeed."""
    try:
        code = process.wait(patience)
    except subprocess.TimeoutExpired as error:
        raise Failure(f"has not ended after {patience} s") from error
    check(code == 0, f"ended with {code}")
