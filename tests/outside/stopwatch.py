"""Runs a command; prints its CPU time and wall time (milliseconds) and its peak memory (KiB): stopwatch.py COMMAND...

This is a small program of its own: the system counts the memory of the process that starts a command as the command's peak
memory if it is the larger one. Standard output of the command goes to standard error. The command is killed after
`LONGEST` seconds.
"""

import os
import signal
import subprocess
import sys
import time

LONGEST = 300

start = time.monotonic()
child = subprocess.Popen(sys.argv[1:], stdout=sys.stderr)
signal.signal(signal.SIGALRM, lambda *_: child.kill())
signal.alarm(LONGEST)
_, status, usage = os.wait4(child.pid, 0)
wall = time.monotonic() - start
print(round(1000 * (usage.ru_utime + usage.ru_stime)), round(1000 * wall), usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status) & 255)
