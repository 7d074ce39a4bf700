#!/bin/bash
# Installs what has been built below a directory, looks whether all of it fits together, and removes it again.
set -euo pipefail

cd "$(dirname "$0")/../.."
place=$(mktemp -d "${TMPDIR:-/tmp}/mend-install.XXXXXX")
trap 'rm -rf "$place"' EXIT
fail() {
    echo "install.sh: $*" >&2
    exit 1
}

for prefix in /usr /usr/local; do
    make --no-print-directory install DESTDIR="$place" PREFIX=$prefix
    "$place$prefix/bin/mend" --version >/dev/null
    "$place$prefix/bin/mendd" --check-config --config systemd/mend.yaml >/dev/null
    # Units start what is installed there.
    while read -r program; do
        [ -x "$place$program" ] || fail "a unit below $prefix starts $program, which is not installed"
    done < <(grep -rhoE "^Exec[A-Za-z]*=[-+]*$prefix/[^ ]*mend[^ ]*" "$place$prefix" "$place/lib" 2>/dev/null |
        sed -E 's/^Exec[A-Za-z]*=[-+]*//' | sort -u)
    # What a manual page names is there, and so is what the README leads to.
    documents=$prefix/share/doc/mend
    for document in README.md examples/mend.yaml protocol/{PROTOCOL.md,RULES.md,openrpc.json}; do
        [ -s "$place$documents/$document" ] || fail "$documents/$document is not installed"
    done
    while read -r document; do
        [ -s "$place$document" ] || fail "a manual page below $prefix names $document, which is not installed"
    done < <(grep -rhoE '/usr(/local)?/share/doc/mend/[A-Za-z./]*[a-z]' "$place$prefix/share/man" 2>/dev/null | sort -u)
    installed=$(find "$place" -type f | wc -l)
    [ "$installed" -gt 20 ] || fail "only $installed files were installed"
    make --no-print-directory uninstall DESTDIR="$place" PREFIX=$prefix
    left=$(find "$place" -type f)
    [ -z "$left" ] || fail "make uninstall has left $left"
    rm -rf "${place:?}"/*
done
echo "make install, make uninstall: $installed files, none left"
