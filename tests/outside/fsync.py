"""Reads what strace has seen of a crawl with `durability = "fsync"`: fsync.py TRACE FOLDER OUTPUT...

FOLDER is where the crawl ran, with its state in `state`; each OUTPUT is a file there. In every commit each output must be
on the disk as far as the commit says before the commit is written, the commit itself before the anchor names it, the anchor
before the next commit; and whatever is made or renamed needs its directory synced.
"""

import os, re, sys

TRACE, FOLDER, OUTPUTS = sys.argv[1], os.path.realpath(sys.argv[2]), sys.argv[3:]
OUTPUTS = [os.path.join(FOLDER, name) for name in OUTPUTS]
STATE = os.path.join(FOLDER, "state")
ANCHOR = os.path.join(STATE, "anchor")
# What nothing is decided by after a loss of power: an empty lock, and a note of what is being parsed.
FLEETING = [os.path.join(STATE, name) for name in ("lock", "parsing")]

CALL = re.compile(r"^(\d+) +(?:<\.\.\. )?(\w+)(.*)$")
FD = re.compile(r"^\d+<([^>]*)>")
NAME = re.compile(r'(?:(?:\w+)<([^>]*)>, )?"((?:[^"\\]|\\.)*)"')


class Fault(Exception):
    pass


def expect(holds, words):
    if not holds:
        raise Fault(words)


def text(quoted):
    """The bytes that strace has quoted."""
    return quoted.encode("latin-1").decode("unicode_escape").encode("latin-1")


def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if not data[at - 1] & 0x80:
            return value


class Disk:
    """What is written, and what of it would survive the loss of power."""

    def __init__(self):
        self.length, self.synced, self.unnamed = {}, {}, set()
        self.begun = {}
        self.journals, self.pending, self.unsynced = set(), b"", set()
        self.commits = self.checked = 0
        self.committed_since, self.anchor_dirty = False, False

    def ours(self, path):
        return path in OUTPUTS or path.startswith(STATE + "/") or path == STATE

    def name(self, path):
        if self.ours(path) and path not in FLEETING:
            self.unnamed.add(path)

    def before_write(self, path, data):
        if path.endswith(".jnl"):
            expect(not self.anchor_dirty, "a commit is written before the anchor of the one before it is synced")
            self.pending += data
            self.unsynced.add(path)
            self.journals.add(path)
            for output in OUTPUTS:
                self.check_position(output)
        if path == ANCHOR:
            expect(self.committed_since, "the anchor is written without a commit")
            expect(not self.unsynced, f"the anchor is written before {self.unsynced} is synced")
            expect(not self.unnamed & self.journals, f"a commit in {self.unnamed & self.journals}, which has no name yet")
            self.commits += 1
            self.committed_since, self.anchor_dirty = False, True

    def check_position(self, output):
        """A position is its format (1), the name with its length before it, and the length of the file."""
        name = os.path.basename(output).encode()
        mark = b"\x01" + bytes([len(name)]) + name
        at = self.pending.rfind(mark)
        if at < 0 or len(self.pending) < at + len(mark) + 10:
            return
        length = varint(self.pending, at + len(mark))
        self.checked += 1
        expect(self.synced.get(output, 0) >= length, f"{output} is committed to {length}, synced to {self.synced.get(output, 0)}")
        expect(length == 0 or output not in self.unnamed, f"{output} is committed, but its directory is not synced")

    def after_write(self, path, count):
        self.length[path] = self.length.get(path, 0) + count

    def before_sync(self, pid, path):
        self.begun[pid] = (self.length.get(path, 0), {name for name in self.unnamed if os.path.dirname(name) == path})

    def after_sync(self, pid, path):
        length, named = self.begun.pop(pid)
        self.synced[path] = length
        self.unnamed -= named
        if path in self.unsynced:
            self.unsynced.discard(path)
            self.pending, self.committed_since = b"", True
        if path == ANCHOR:
            self.anchor_dirty = False


def path_of(arguments):
    found = NAME.search(arguments)
    if not found:
        return None
    folder, name = found.group(1) or FOLDER, text(found.group(2)).decode()
    return os.path.normpath(os.path.join(folder, name))


def begin(disk, pid, call, arguments):
    fd = FD.match(arguments)
    if call in ("write", "pwrite64") and fd:
        data = re.search(r', "((?:[^"\\]|\\.)*)"', arguments)
        disk.before_write(fd.group(1), text(data.group(1)) if data else b"")
    elif call in ("fsync", "fdatasync") and fd:
        disk.before_sync(pid, fd.group(1))
    elif call in ("openat", "open") and "O_CREAT" in arguments:
        path = path_of(arguments)
        # Made by this call, unless it was there.
        if path not in disk.length and disk.ours(path):
            disk.name(path)
            disk.length[path] = 0


def end(disk, pid, call, arguments, result):
    fd = FD.match(arguments)
    if result < 0:
        disk.begun.pop(pid, None)
    elif call in ("write", "pwrite64") and fd:
        disk.after_write(fd.group(1), result)
    elif call in ("fsync", "fdatasync") and fd:
        disk.after_sync(pid, fd.group(1))
    elif call == "ftruncate" and fd:
        disk.length[fd.group(1)] = int(arguments.split(", ")[1].split(")")[0])
    elif call.startswith("mkdir"):
        disk.name(path_of(arguments))
    elif call.startswith("unlink") or call == "rmdir":
        disk.unnamed.discard(path_of(arguments))
        disk.length.pop(path_of(arguments), None)
    elif call.startswith("rename"):
        old, new = [path_of(found.group(0)) for found in NAME.finditer(arguments)]
        disk.unnamed.discard(old)
        disk.length[new] = disk.length.pop(old, 0)
        disk.name(new)


def read(disk):
    waiting = {}
    for line in open(TRACE, encoding="latin-1"):
        found = CALL.match(line.rstrip("\n"))
        if not found:
            continue
        pid, call, rest = found.groups()
        if rest.startswith(" resumed>"):
            call, arguments = waiting.pop(pid)
            rest = arguments + rest[len(" resumed>") :]
        else:
            rest = rest[1:]
            begin(disk, pid, call, rest)
            if rest.endswith("<unfinished ...>"):
                waiting[pid] = (call, rest.removesuffix("<unfinished ...>"))
                continue
        result = re.search(r"\) += (-?\d+)[^=]*$", rest)
        end(disk, pid, call, rest, int(result.group(1)) if result else -1)


disk = Disk()
try:
    read(disk)
    expect(disk.commits >= 3, f"only {disk.commits} commits")
    expect(disk.checked >= 3 * len(OUTPUTS), "the outputs' positions are not in the commits")
    expect(not disk.unnamed, f"made, but in no synced directory: {sorted(disk.unnamed)}")
    expect(not disk.anchor_dirty, "the last anchor is not synced")
except Fault as fault:
    sys.exit(f"    {fault} (after {disk.commits} commits)")
print(f"    fsync: {disk.commits} commits, each behind its {len(OUTPUTS)} outputs and before its anchor; every name synced")
