"""Runs a command with its output on standard error; prints CPU time and wall time (ms) and peak memory (KiB)."""

import os
import signal
import subprocess
import sys
import time

start = time.monotonic()
child = subprocess.Popen(sys.argv[1:], stdout=sys.stderr)
# A command that hangs is a command that fails.
signal.signal(signal.SIGALRM, lambda *_: child.kill())
signal.alarm(300)
_, status, usage = os.wait4(child.pid, 0)
wall = time.monotonic() - start
print(round(1000 * (usage.ru_utime + usage.ru_stime)), round(1000 * wall), usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status) & 255)
