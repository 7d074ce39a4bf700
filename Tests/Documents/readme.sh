#!/bin/bash
# Runs the commands of README.md's "A first look", "In a script" and "On a host", as they are written.
# usage: readme.sh DIRECTORY-OF-BINARIES
set -euo pipefail

cd "$(dirname "$0")/../.."
binaries=$(cd "${1:?usage: readme.sh DIRECTORY-OF-BINARIES}" && pwd)
place=$(mktemp -d "${TMPDIR:-/tmp}/mend-readme.XXXXXX")
export XDG_STATE_HOME=$place/own XDG_CACHE_HOME=$place/cache
trap 'kill %1 2>/dev/null && wait %1 2>/dev/null; rm -rf "$place"' EXIT

# The blocks of these sections, with this test's own place in the place of the documented one.
awk -v fence='```' '
    /^## / { here = ($0 == "## A first look" || $0 == "## In a script" || $0 == "## On a host") }
    $0 == fence { open = 0 }
    here && open
    $0 == fence "sh" { open = 1 }
' README.md | sed "s#/tmp/mend-readme#$place#g; s#\$PWD/.build/release#$binaries#g" >"$place/commands"
[ "$(wc -l <"$place/commands")" -gt 15 ] || {
    echo "readme.sh: the commands were not found in README.md" >&2
    exit 1
}
# shellcheck source=/dev/null
source "$place/commands"
echo "README.md: $(wc -l <"$place/commands") lines of commands ran"
