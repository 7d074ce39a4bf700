#!/bin/bash
# What the daemon uses of the kernel while it does all that there are scripts for, against SystemCallFilter= of its unit.
# Prints what it used; ends with 1 where the unit does not allow some of it.
# usage: system-calls.sh DIRECTORY-OF-BINARIES
set -euo pipefail

binaries=$(cd "${1:?usage: system-calls.sh DIRECTORY-OF-BINARIES}" && pwd)
cd "$(dirname "$0")/../.."
place=$(mktemp -d "${TMPDIR:-/tmp}/mend-calls.XXXXXX")
trap 'rm -rf "$place"' EXIT

# The tracer is a grandchild (-D), so that the daemon has the process number that its sockets were passed to.
mkdir "$place/bin"
cp "$binaries/mend" "$place/bin/"
cat >"$place/bin/mendd" <<END
#!/bin/sh
exec strace -D -f -c -qq -U name -o $place/calls.\$\$ $binaries/mendd "\$@"
END
chmod +x "$place/bin/mendd"
for script in Tests/Demo/demo.sh Tests/Documents/readme.sh Tests/Faults/disk-full.sh; do
    "$script" "$place/bin" >"$place/said" 2>&1 || { cat "$place/said" >&2; exit 1; }
done
[ ! -x "$binaries/mend-crash" ] ||
    "$binaries/mend-crash" --quick --only R3,R6 --mendd "$place/bin/mendd" >"$place/said" 2>&1 || true

# Only what runs as root is asked for: SQLite gives its files to the owner of the database.
only_root='^fchown$'
cat "$place"/calls.* | grep -xE '[a-z][a-z0-9_]+' | grep -vE "^(total|syscall)\$|$only_root" | sort -u >"$place/used"
sed -n 's/^SystemCallFilter=//p' systemd/mend.service | tr ' ' '\n' >"$place/listed"
mapfile -t groups < <(grep '^@' "$place/listed")
{
    grep -v '^@' "$place/listed"
    systemd-analyze syscall-filter @default "${groups[@]}" | sed -n 's/^ *\([a-z_][a-z0-9_]*\)$/\1/p'
} | sort -u >"$place/allowed"
tr '\n' ' ' <"$place/used"
echo
missing=$(comm -23 "$place/used" "$place/allowed")
[ -z "$missing" ] || {
    echo "used, and not in the unit:" "$missing" >&2
    exit 1
}
