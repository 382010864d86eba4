#!/usr/bin/env bash
# What a commit survives the loss of power for: outputs are on the disk before it, and it before whatever names it.
set -euo pipefail
. "$(dirname "$0")/common.bash"
serve "$java_manual"
cd "$folder"
calls=open,openat,write,pwrite64,fsync,fdatasync,ftruncate,rename,renameat,renameat2,unlink,unlinkat,rmdir,mkdir,mkdirat
# Small memtables, so that tables are written and journals turned over.
strace -f -y -s 2000000 -e "trace=$calls" -o trace "$lycosa" crawl -q "http://127.0.0.1:$port/api/index.html" --state state \
    -o first.jsonl -o second.jsonl --delay 0 --host-concurrency 32 --set store.memory=16MiB --set store.commit_interval=50ms
expect_pages first.jsonl "$(wc -l <second.jsonl)"
python3 "$repository/tests/outside/fsync.py" trace . first.jsonl second.jsonl || fail "not durable"
