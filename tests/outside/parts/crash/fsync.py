"""The order in which a crawl brings its files to the disk."""

import os
import subprocess

import places
from checks import check, check_pages, urls_of
from parts.crash import strace
from servers import nginx

OUTPUTS = ("first.jsonl", "second.jsonl")


def fsync(folder):
    """Checks that commits survive the loss of power: outputs are on the disk before a commit, and it before its name.

    In every commit each output must be on the disk up to the position in the commit before the commit is written; the commit
    before the anchor names it; the anchor before the next commit. If a file is made or renamed, its directory must be synced.
    """
    folder = folder.resolve()
    with nginx.files(folder, places.java_manual()) as port:
        crawl(folder, port)
    check_pages(folder / OUTPUTS[0], len(urls_of(folder / OUTPUTS[1])))
    disk = Disk(folder)
    with open(folder / "trace", encoding="latin-1") as trace:
        strace.read(trace, disk.begin, disk.end)
    disk.check_end()
    print(
        f"    {disk.commits} commits, each after its {len(OUTPUTS)} outputs and before its anchor; the directory of every new "
        "file is synced"
    )


def crawl(folder, port):
    """Crawls under strace. Memtables are small, so that tables are written and journals replaced."""
    command = ["strace", *strace.OPTIONS, "-o", "trace", places.LYCOSA, "crawl", "-q", f"http://127.0.0.1:{port}/api/index.html"]
    command += ["--state", "state", "-o", OUTPUTS[0], "-o", OUTPUTS[1], "--delay", "0", "--host-concurrency", "32"]
    command += ["--set", "store.memory=16MiB", "--set", "store.commit_interval=50ms"]
    code = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL).returncode
    check(code == 0, f"the crawl ended with {code}")


def varint(data, at):
    """Returns the number of variable length at this position."""
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if not data[at - 1] & 0x80:
            return value


class Disk:
    """What a crawl has written, and what of it would survive the loss of power."""

    def __init__(self, folder):
        self.folder = str(folder)
        self.outputs = [os.path.join(self.folder, name) for name in OUTPUTS]
        self.state = os.path.join(self.folder, "state")
        self.anchor = os.path.join(self.state, "anchor")
        # Files that decide nothing after the loss of power: an empty lock, and a note of what is being parsed.
        self.fleeting = [os.path.join(self.state, name) for name in ("lock", "parsing")]
        # Lengths as written and as synced; files whose directory is not synced.
        self.length, self.synced, self.unnamed = {}, {}, set()
        # Syncs that have begun, by thread.
        self.begun = {}
        # The journals, what was written to them since the last sync, and which of them are not synced.
        self.journals, self.pending, self.unsynced = set(), b"", set()
        self.commits = self.checked = 0
        self.has_commit, self.is_anchor_synced = False, True

    def check(self, holds, message):
        check(holds, f"{message} (after {self.commits} commits)")

    def check_end(self):
        self.check(self.commits >= 3, f"only {self.commits} commits")
        self.check(self.checked >= 3 * len(self.outputs), "the positions of the outputs are not in the commits")
        self.check(not self.unnamed, f"made, but in no synced directory: {sorted(self.unnamed)}")
        self.check(self.is_anchor_synced, "the last anchor is not synced")

    def begin(self, thread, call):
        file = call.file()
        if call.name in ("write", "pwrite64") and file:
            self.before_write(file, call.data())
        elif call.name in ("fsync", "fdatasync") and file:
            named = {name for name in self.unnamed if os.path.dirname(name) == file}
            self.begun[thread] = (self.length.get(file, 0), named)
        elif call.name in ("openat", "open") and "O_CREAT" in call.arguments:
            path = call.paths(self.folder)[0]
            # The call makes the file, unless it exists.
            if path not in self.length and self.is_ours(path):
                self.name(path)
                self.length[path] = 0

    def end(self, thread, call, result):
        file = call.file()
        if result < 0:
            self.begun.pop(thread, None)
        elif call.name in ("write", "pwrite64") and file:
            self.length[file] = self.length.get(file, 0) + result
        elif call.name in ("fsync", "fdatasync") and file:
            self.after_sync(thread, file)
        elif call.name == "ftruncate" and file:
            self.length[file] = call.length()
        elif call.name.startswith("mkdir"):
            self.name(call.paths(self.folder)[0])
        elif call.name.startswith("unlink") or call.name == "rmdir":
            path = call.paths(self.folder)[0]
            self.unnamed.discard(path)
            self.length.pop(path, None)
        elif call.name.startswith("rename"):
            old, new = call.paths(self.folder)
            self.unnamed.discard(old)
            self.length[new] = self.length.pop(old, 0)
            self.name(new)

    def is_ours(self, path):
        return path in self.outputs or path.startswith(self.state + "/") or path == self.state

    def name(self, path):
        """Notes that a file has a new name, which is lost unless its directory is synced."""
        if self.is_ours(path) and path not in self.fleeting:
            self.unnamed.add(path)

    def before_write(self, path, data):
        if path.endswith(".jnl"):
            self.check(self.is_anchor_synced, "a commit is written before the anchor of the previous one is synced")
            self.pending += data
            self.unsynced.add(path)
            self.journals.add(path)
            for output in self.outputs:
                self.check_position(output)
        if path == self.anchor:
            self.check(self.has_commit, "the anchor is written without a commit")
            self.check(not self.unsynced, f"the anchor is written before {self.unsynced} is synced")
            unnamed = self.unnamed & self.journals
            self.check(not unnamed, f"a commit is in {unnamed}, whose directory is not synced")
            self.commits += 1
            self.has_commit, self.is_anchor_synced = False, False

    def check_position(self, output):
        """Checks the position of an output: its format (1), the name with its length before it, the length of the file."""
        name = os.path.basename(output).encode()
        start = b"\x01" + bytes([len(name)]) + name
        at = self.pending.rfind(start)
        if at < 0 or len(self.pending) < at + len(start) + 10:
            return
        length, synced = varint(self.pending, at + len(start)), self.synced.get(output, 0)
        self.checked += 1
        self.check(synced >= length, f"{output} is committed up to {length}, synced up to {synced}")
        self.check(length == 0 or output not in self.unnamed, f"{output} is committed, but its directory is not synced")

    def after_sync(self, thread, file):
        length, named = self.begun.pop(thread)
        self.synced[file] = length
        self.unnamed -= named
        if file in self.unsynced:
            self.unsynced.discard(file)
            self.pending, self.has_commit = b"", True
        if file == self.anchor:
            self.is_anchor_synced = True
