"""What strace writes about system calls, read line by line."""

import os
import re

CALLS = "open,openat,write,pwrite64,fsync,fdatasync,ftruncate,rename,renameat,renameat2,unlink,unlinkat,rmdir,mkdir,mkdirat"
# Options for a trace of these calls, with the names of files and all bytes that are written.
OPTIONS = ("-f", "-y", "-s", "2000000", "-e", f"trace={CALLS}")

CALL = re.compile(r"^(\d+) +(?:<\.\.\. )?(\w+)(.*)$")
DESCRIPTOR = re.compile(r"^\d+<([^>]*)>")
NAME = re.compile(r'(?:(?:\w+)<([^>]*)>, )?"((?:[^"\\]|\\.)*)"')
DATA = re.compile(r', "((?:[^"\\]|\\.)*)"')
RESULT = re.compile(r"\) += (-?\d+)[^=]*$")


def read(file, begin, end):
    """Reads a trace. Calls `begin(process, call)` and `end(process, call, result)` in the order of the trace.

    A call that another thread interrupts has two lines: it begins at the first and ends at the second.
    """
    waiting = {}
    for line in file:
        found = CALL.match(line.rstrip("\n"))
        if not found:
            continue
        process, name, rest = found.groups()
        if rest.startswith(" resumed>"):
            name, arguments = waiting.pop(process)
            rest = arguments + rest[len(" resumed>") :]
        else:
            rest = rest[1:]
            begin(process, Call(name, rest))
            if rest.endswith("<unfinished ...>"):
                waiting[process] = (name, rest.removesuffix("<unfinished ...>"))
                continue
        result = RESULT.search(rest)
        end(process, Call(name, rest), int(result.group(1)) if result else -1)


class Call:
    """A system call: its name, and its arguments as strace writes them."""

    def __init__(self, name, arguments):
        self.name, self.arguments = name, arguments

    def file(self):
        """Returns the file of the descriptor that is the first argument, or `None`."""
        found = DESCRIPTOR.match(self.arguments)
        return found and found.group(1)

    def data(self):
        """Returns the bytes that are written."""
        found = DATA.search(self.arguments)
        return unquote(found.group(1)) if found else b""

    def length(self):
        """Returns the length to which a file is cut."""
        return int(self.arguments.split(", ")[1].split(")")[0])

    def paths(self, folder):
        """Returns all paths among the arguments. `folder` is where the process runs."""
        names = NAME.finditer(self.arguments)
        return [os.path.normpath(os.path.join(name.group(1) or folder, unquote(name.group(2)).decode())) for name in names]


def unquote(quoted):
    """Returns the bytes that strace has quoted."""
    return quoted.encode("latin-1").decode("unicode_escape").encode("latin-1")
