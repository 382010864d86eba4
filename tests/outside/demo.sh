#!/usr/bin/env bash
# The README's first command ends by itself, and well.
set -euo pipefail
. "$(dirname "$0")/common.bash"
measure "$lycosa" demo
printf '    demo: %d ms\n' "$wall"
