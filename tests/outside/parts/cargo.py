"""What Cargo checks: these parts need no outside program."""

import os
import re
import subprocess
from pathlib import Path

from checks import check

# The folder with public test suites as data.
CONFORMANCE = "LYCOSA_CONFORMANCE"


def check_format(_):
    """Checks the format of the code."""
    cargo("fmt", "--check")


def lints(_):
    """Checks that clippy has no warnings."""
    cargo("clippy", "--quiet", "--all-targets", "--all-features", "--", "-D", "warnings")


def documentation(_):
    """Checks that rustdoc has no warnings."""
    cargo("doc", "--quiet", "--no-deps", RUSTDOCFLAGS="-D warnings")


def tests(_):
    """Runs `cargo test`, without the conformance suites."""
    environment = {name: value for name, value in os.environ.items() if name != CONFORMANCE}
    run = subprocess.run(["cargo", "test", "--quiet"], env=environment)
    check(run.returncode == 0, f"cargo test ended with {run.returncode}")


def conformance(_):
    """Runs the public test suites in the folder `LYCOSA_CONFORMANCE`; skipped if it is not set."""
    folder = Path(os.environ[CONFORMANCE])
    check(folder.is_dir(), f"{CONFORMANCE}: `{folder}` is not a folder")
    command = ["cargo", "test", "--quiet", "--test", "crawl", "conformance::"]
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    print(run.stdout)
    check(run.returncode == 0, f"{' '.join(command)} ended with {run.returncode}")
    passed = re.search(r"(\d+) passed", run.stdout)
    check(passed and int(passed.group(1)) > 0, "no conformance test ran")


def no_conformance():
    """Returns why the conformance suites are skipped, or `None`."""
    return None if CONFORMANCE in os.environ else f"{CONFORMANCE} is not set"


def release_build(_):
    """Builds the programs that the other parts run."""
    cargo("build", "--quiet", "--release", "--bin", "lycosa", "--example", "slow_site")


def cargo(*arguments, **environment):
    """Runs Cargo, which must succeed."""
    run = subprocess.run(["cargo", *arguments], env=os.environ | environment)
    check(run.returncode == 0, f"cargo {' '.join(arguments)} ended with {run.returncode}")
