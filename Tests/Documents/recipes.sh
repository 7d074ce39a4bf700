#!/bin/bash
# Runs each command of `mend help recipes` as it is written, with stand-ins for the programs that these name.
# usage: recipes.sh DIRECTORY-OF-BINARIES
set -euo pipefail

binaries=$(cd "${1:?usage: recipes.sh DIRECTORY-OF-BINARIES}" && pwd)
place=$(mktemp -d "${TMPDIR:-/tmp}/mend-recipes.XXXXXX")
trap 'kill %1 2>/dev/null && wait %1 2>/dev/null; rm -rf "$place"' EXIT
export PATH=$place/programs:$binaries:$PATH MEND_SOCKET=$place/mend.sock
export XDG_STATE_HOME=$place/own XDG_CACHE_HOME=$place/cache

mkdir "$place/programs" "$place/work"
cd "$place/work"
for name in nightly-backup curl; do printf '#!/bin/sh\necho done\n' >"$place/programs/$name"; done
printf '#!/bin/sh\necho "no space left on device" >&2\nexit 1\n' >"$place/programs/make-report"
# shellcheck disable=SC2016 # The program's own variable.
printf '#!/bin/sh\n[ "$MEND_PAYLOAD_TO" = a@example.com ]\n' >"$place/programs/send-letter"
chmod +x "$place"/programs/*

mendd --socket "$MEND_SOCKET" --state "$place/state" 2>"$place/log" &
until mend ping --quiet 2>/dev/null; do kill -0 %1; done

mend help recipes | sed -n 's/^    //p' >"$place/commands"
mend help verdicts | sed -n 's/^    //p' >>"$place/commands"
[ "$(grep -c '^ *mend\|^txn=' "$place/commands")" -gt 20 ] || {
    echo "recipes.sh: the commands were not found in 'mend help recipes'" >&2
    exit 1
}
# shellcheck source=/dev/null
source "$place/commands" >"$place/output"

# fail WHAT: the recipes ran, and yet did not do what they are for.
fail() {
    echo "recipes.sh: $*" >&2
    cat "$place/output" >&2
    exit 1
}
grep -qx 'see: mend error list' "$place/output" || fail "a command that fails does not come through"
[ "$(mend error list --json | grep -c 'no space left')" -eq 1 ] || fail "the failure was not reported once"
[ "$(mend queue get 1 --json | jq -r .state)" = "done" ] || fail "the letter was not sent"
[[ -L current && -d release ]] || fail "the saga has not gone through"
[ -f data/ok ] || fail "the file of steps has not gone through"
[ "$(mend queue stats new --json | jq .counts.ready)" -eq 1 ] || fail "nothing was moved"
echo "mend help recipes: $(wc -l <"$place/commands") lines of commands ran"
