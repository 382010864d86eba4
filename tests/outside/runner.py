"""The test runner that `tests/run` starts.

`parts/` has the parts and the list of them. `one_part` runs one of them. They share `places`, `settings`, `needs` (Debian
packages), `processes`, `crawls`, `measure`, `checks` and `servers/`.
"""

import argparse
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import needs
import places
from checks import Failure
from parts import BY_NAME, PARTS, cargo

RELEASE_BUILD = "release build"
USAGE = """
  tests/run            everything
  tests/run quick      format, lints, documentation, `cargo test`: no root, no outside program
  tests/run NAME...    only these parts

LYCOSA_RELEASE=DIR runs programs that were built elsewhere: DIR/lycosa and DIR/examples/slow_site.
"""


def main():
    arguments = parse()
    if arguments.list:
        return show_list()
    os.chdir(places.REPOSITORY)
    os.environ["CARGO_TARGET_DIR"] = str(places.TARGET)
    os.environ.setdefault("CARGO_TERM_COLOR", "never")
    os.environ["PATH"] += ":/usr/sbin"
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    # The lines of parts and of the runner must come in their order.
    sys.stdout.reconfigure(line_buffering=True)
    run = Run(select(arguments.names))
    try:
        run.all()
    except KeyboardInterrupt:
        print("tests/run: interrupted")
        return 130
    return run.summary()


def parse():
    parser = argparse.ArgumentParser("tests/run", usage=USAGE, description="Runs the tests of the repository.")
    parser.add_argument("--list", action="store_true", help="show the parts, what they check and what they need")
    parser.add_argument("names", metavar="NAME", nargs="*", help="a part, or `quick`; without names: everything")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.names if name not in BY_NAME and name != "quick"]
    if unknown:
        parser.exit(2, f"tests/run: no part is called `{'`, `'.join(unknown)}`; there are: quick {' '.join(BY_NAME)}\n")
    return arguments


def select(names):
    """Returns the parts of these names; without names, all but the extra ones."""
    if not names:
        return [part for part in PARTS if not part.is_extra]
    quick = [part for part in PARTS if part.is_quick]
    return [part for name in names for part in (quick if name == "quick" else [BY_NAME[name]])]


def show_list():
    for part in PARTS:
        packages = ", ".join(need.package for need in part.needs if need.package)
        notes = f" ({packages})" if packages else ""
        print(f"{part.name:14}{part.summary()}{notes}")
    return 0


class Run:
    """A run of some parts, and how they ended."""

    def __init__(self, parts):
        self.parts, self.start = parts, time.monotonic()
        self.passed, self.failed, self.skipped = [], [], []
        self.is_prepared = False

    def all(self):
        for part in self.parts:
            if part.needs and not self.is_prepared:
                self.prepare()
            if reason := part.skipped():
                print(f"==> {part.name}\n    skipped: {part.name} ({reason})")
                self.skipped.append(f"{part.name} ({reason})")
            else:
                self.step(part.name, lambda: self.part(part))

    def prepare(self):
        """Installs what the parts need, all at once, and builds the programs."""
        self.is_prepared = True
        wanted = dict.fromkeys(need for part in self.parts for need in part.needs)
        outside = [need for need in wanted if need.package]
        if outside:
            self.step("programs", lambda: needs.install(outside))
        if needs.BUILD in wanted and not places.IS_BUILT_ELSEWHERE:
            self.step(RELEASE_BUILD, lambda: cargo.release_build(None))

    def part(self, part):
        """Runs a part if what it needs is there."""
        if needs.BUILD in part.needs and RELEASE_BUILD in self.failed:
            raise Failure("there is no release build")
        absent = needs.describe(part.needs)
        if absent:
            raise Failure(f"missing: {absent}")
        run_process(part)

    def step(self, name, run):
        """Runs something and notes how it ended."""
        print(f"==> {name}")
        start = time.monotonic()
        try:
            run()
            word, ended = "passed", self.passed
        except (Failure, OSError, subprocess.SubprocessError) as failure:
            print(f"    {failure}")
            word, ended = "FAILED", self.failed
        ended.append(name)
        print(f"    {word}: {name} ({time.monotonic() - start:.0f} s)")

    def summary(self):
        """Prints how the run ended. Returns the exit code."""
        seconds = f"{time.monotonic() - self.start:.0f} s"
        skipped = f", {len(self.skipped)} skipped: {', '.join(self.skipped)}" if self.skipped else ""
        if self.failed:
            print(f"tests/run: FAILED: {','.join(self.failed)} ({len(self.passed)} passed{skipped}) ({seconds})")
        else:
            print(f"tests/run: all {len(self.passed)} parts passed{skipped} ({seconds})")
        counts = f"{len(self.passed)} passed, {len(self.failed)} failed"
        print(f"{counts}, {len(self.skipped)} skipped" if self.skipped else counts)
        return 1 if self.failed else 0


def run_process(part):
    """Runs a part in a process of its own, which must succeed."""
    network = ["unshare", *([] if os.getuid() == 0 else ["--map-root-user"]), "--net"] if part.has_network else []
    command = [*network, sys.executable, "-B", str(Path(__file__).with_name("one_part.py")), part.name]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    try:
        code = process.wait()
    except KeyboardInterrupt:
        # The part is interrupted too: it stops its servers and removes its folder.
        process.wait()
        raise
    except SystemExit:
        process.terminate()
        process.wait()
        raise
    if code != 0:
        raise Failure(f"ended with {code}")


sys.exit(main())
