#!/bin/bash
# Completes words as bash, zsh and fish do, with the scripts that mend prints, at a real daemon.
# usage: completions.sh DIRECTORY-OF-BINARIES
set -euo pipefail

cd "$(dirname "$0")/../.."
binaries=$(cd "${1:?usage: completions.sh DIRECTORY-OF-BINARIES}" && pwd)
place=$(mktemp -d "${TMPDIR:-/tmp}/mend-completions.XXXXXX")
trap 'kill %1 2>/dev/null && wait %1 2>/dev/null; rm -rf "$place"' EXIT
export PATH=$binaries:$PATH MEND_SOCKET=$place/mend.sock HOME=$place

mendd --socket "$MEND_SOCKET" --state "$place/state" 2>"$place/log" &
until mend ping --quiet 2>/dev/null; do kill -0 %1; done
mend queue put letters-of-today 1 --quiet
mend breaker acquire billing-service --quiet

fail() {
    echo "completions.sh: $*" >&2
    exit 1
}
# expect SHELL WORDS WANTED OFFERED
expect() {
    grep -qxF -- "$3" <<<"$4" || fail "$1 does not offer $3 after 'mend $2', but: $4"
}

# What bash offers for the last of the words.
in_bash() {
    bash --norc --noprofile -c '
        source <(mend completions bash)
        COMP_WORDS=(mend "$@") COMP_CWORD=$# COMP_LINE="mend $*" COMP_TYPE=9 COMP_KEY=9
        COMP_POINT=${#COMP_LINE}
        declared=$(complete -p mend)
        declared=${declared#*-F }
        "${declared%% *}" mend "${!#}" "${COMP_WORDS[COMP_CWORD - 1]}"
        printf "%s\n" "${COMPREPLY[@]}" | sed "s/ *\$//"
    ' bash "$@"
}
expect bash "queue stats" letters-of-today "$(in_bash queue stats '')"
expect bash "queue lease let" letters-of-today "$(in_bash queue lease let)"
expect bash "run --breaker" billing-service "$(in_bash run --breaker '')"
expect bash "queue st" stats "$(in_bash queue st)"
expect bash "queue put q 1 --on-dead" block "$(in_bash queue enqueue q 1 --on-dead '')"

# typed SHELL SETUP WORDS WANTED: types the words and a tab at a shell on a terminal of its own.
typed() {
    # shellcheck disable=SC2016 # The variables are those of that shell.
    timeout 60 zsh -f -c '
        zmodload zsh/zpty
        zpty shell $=1
        zpty -w shell "$2"
        zpty -r -m shell line "*READY*" || exit 1
        zpty -n -w shell "mend $3"$'"'\t'"'
        zpty -r -m shell line "*$4*"
    ' zsh "$@" || fail "${1%% *} does not complete 'mend $3' to $4"
}
if command -v zsh >/dev/null; then
    mkdir "$place/functions"
    mend completions zsh >"$place/functions/_mend"
    setup="fpath=($place/functions \$fpath); autoload -Uz compinit && compinit -u -D; print REA''DY"
    typed 'zsh -f -i' "$setup" 'queue stats let' letters-of-today
    typed 'zsh -f -i' "$setup" 'run --breaker bil' billing-service
    if command -v fish >/dev/null; then
        setup="mend completions fish | source; echo REA''DY"
        typed 'fish --no-config -i' "$setup" 'queue stats let' letters-of-today
        typed 'fish --no-config -i' "$setup" 'run --breaker bil' billing-service
    fi
else
    echo "completions.sh: zsh is not there, which types at itself and at fish: their scripts are only printed"
    mend completions zsh | grep -q '^#compdef mend' || fail "the script for zsh is none"
    mend completions fish | grep -q 'complete -c .*mend' || fail "the script for fish is none"
fi

# Nobody at a prompt is told that the daemon is away, or waits for it.
kill %1
wait %1 || true
[ -z "$(in_bash queue stats '' 2>&1)" ] || fail "bash offers or says something where the daemon is away"
echo "completions: bash$(command -v fish >/dev/null && echo ', fish')$(command -v zsh >/dev/null && echo ', zsh')"
