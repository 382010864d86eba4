"""What a request costs: awc alone, awc over the transport, the whole client, and TLS handshakes."""

import contextlib
import json
import re
import subprocess
import time

import places
from checks import Failure, check
from processes import background

# Percent of awc tuned like the transport, of awc with its defaults, and of a bare tokio-rustls client.
MOST_TUNED, MOST_DEFAULT, MOST_HANDSHAKE = 125, 100, 120


def fetch_cost(folder):
    """Checks what a request costs in user instructions, compared with awc alone and with a bare TLS client.

    It is not part of every run, because it needs a build of its own.
    """
    program = build()
    with serve(folder, program) as (plain, full, resumed):
        cost = {}
        for mode in ("awc-default", "awc-tuned", "transport", "lycosa"):
            cost[mode] = instructions_each(program, mode, plain, 1000, 4000)
            print(f"    {mode}: {cost[mode]} instructions, {cpu_each(program, mode, plain, 20000)} ns of CPU time per request")
        for mode in ("rustls", "lycosa-tls"):
            cost[mode] = instructions_each(program, mode, full, 100, 300)
            times = [cpu_each(program, mode, port, 2000) for port in (full, resumed)]
            print(f"    {mode}: {cost[mode]} instructions, {times[0]} ns of CPU time per full handshake, {times[1]} ns resumed")
    check_percent(cost, "transport", "awc-default", MOST_DEFAULT)
    check_percent(cost, "lycosa", "awc-tuned", MOST_TUNED)
    check_percent(cost, "lycosa-tls", "rustls", MOST_HANDSHAKE)


def build():
    """Builds the bench. Returns the program."""
    command = ["cargo", "bench", "--quiet", "--no-run", "--features", "measure", "--bench", "fetch_cost"]
    run = subprocess.run([*command, "--message-format=json"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    check(run.returncode == 0, f"{' '.join(command)} ended with {run.returncode}")
    for message in map(json.loads, run.stdout.splitlines()):
        if message.get("executable") and message["target"]["name"] == "fetch_cost":
            return message["executable"]
    raise Failure("cargo has not built the bench")


@contextlib.contextmanager
def serve(folder, program):
    """Runs the server. Yields its ports: HTTP, TLS with full handshakes, TLS with resumed ones."""
    ports = folder / "ports"
    with background(program, "serve", log=ports) as server:
        while ports.read_text().count("\n") == 0:
            check(server.poll() is None, f"the server has ended with {server.returncode}")
            time.sleep(0.1)
        yield ports.read_text().split()


def instructions_each(program, mode, port, few, many):
    """Returns the instructions per request. By the difference, the start of the program does not count."""
    return (instructions(program, mode, port, many) - instructions(program, mode, port, few)) // (many - few)


def instructions(program, mode, port, requests):
    """Returns the instructions of a client, all included, as counted by valgrind."""
    valgrind = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    run = subprocess.run([*valgrind, program, mode, port, str(requests)], capture_output=True, text=True)
    found = re.search(r"Collected : (\d+)", run.stdout + run.stderr)
    check(run.returncode == 0 and found, f"{mode} ended with {run.returncode}: {run.stderr}")
    return int(found.group(1))


def cpu_each(program, mode, port, requests):
    """Returns the nanoseconds of CPU time per request."""
    run = subprocess.run([program, mode, port, str(requests)], capture_output=True, text=True)
    check(run.returncode == 0, f"{mode} ended with {run.returncode}: {run.stderr}")
    return int(run.stdout)


def check_percent(cost, mode, other, most):
    """Checks that a mode costs at most this percentage of another one."""
    check(100 * cost[mode] <= most * cost[other], f"`{mode}` costs more than {most} % of `{other}`")
