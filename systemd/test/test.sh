#!/bin/bash
# Tries the Debian package under a real systemd: installs it in a box, and runs cases.sh in there. A line for each case.
# usage: test.sh [CASE...]      the package is .build/deb/mend_*.deb; without a CASE all of them, in their order
set -euo pipefail

cd "$(dirname "$0")/../.."
box=systemd/test/box.sh
place=/var/tmp/mend-systemd.$$
export BIND=$PWD/.build/systemd-test CGMODE=hybrid

skip() {
    echo "test-systemd: skipped, because $*"
    exit 0
}
[ "$(id -u)" -eq 0 ] || skip "only root can boot a systemd of its own"
compgen -G '.build/deb/mend_*.deb' >/dev/null || {
    echo "test.sh: there is no package: make deb" >&2
    exit 1
}

rm -rf "$BIND"
mkdir -p "$BIND"
cp .build/deb/mend_*.deb README.md systemd/test/{cases.sh,faults.sh,crowd.py,flood.py} "$BIND"
gcc -O1 -Wall -Wextra -Werror -pthread -o "$BIND/probe" systemd/test/probe.c

finish() {
    status=$?
    if [ $status -ne 0 ] && [ -s "$place/pid" ]; then
        echo "the end of the journal:" >&2
        $box exec "$place" -- journalctl --no-pager --lines 60 --output short-precise >&2 || true
    fi
    $box stop "$place" || true
    rm -rf "$place" "$BIND"
    exit $status
}
trap finish EXIT
trap 'exit 130' INT TERM

if ! $box start "$place" >/dev/null 2>"$BIND/why"; then
    # A machine without the old hierarchy has all controllers in the new one.
    CGMODE=unified $box start "$place" >/dev/null 2>"$BIND/why" ||
        skip "no systemd could be booted here: $(tail -1 "$BIND/why")"
fi
run() { $box exec "$place" -- bash /ci/cases.sh "$@"; }

cases=("$@")
[ $# -gt 0 ] || mapfile -t cases < <(run list)
run setup
for case in "${cases[@]}"; do
    run "$case"
    if [ "$case" = undo_before ]; then
        $box reboot "$place" >/dev/null
        run undo_after
    fi
done
echo "test-systemd: all ${#cases[@]} cases passed"
