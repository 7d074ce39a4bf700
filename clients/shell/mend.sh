# shellcheck shell=sh
# Functions for shell scripts, to be sourced:
#
#   . /usr/share/mend/mend.sh
#   mend_trap                       # a failure of the script is reported, and its transaction rolled back
#   mend_txn_begin deploy-web       # held by the script: its end is the transaction's end
#   mend_txn_step --undo 'rm -f new.conf' -- cp old.conf new.conf
#   mend_txn_commit
#
# For bash, dash and busybox's sh, with `set -e`, `-u` and `pipefail` or without: none of them is changed. Without mend, or
# while its daemon is away, a script runs as it would without these functions (what was to be reported is kept in mend's
# spool); only a transaction is not begun then, since nobody would undo its steps. Names that begin with _mend_ are ours.

# Out of functions bash shows its trap on ERR.
_mend_err_trap=''
# shellcheck disable=SC3045,SC3047
[ -z "${BASH_VERSION-}" ] || _mend_err_trap=$(trap -p ERR)

# mend_trap [--txn ID] [--service NAME] [--task ID]
#
# Reports a script that ends with another status than 0, and rolls back the transaction that it has begun and not
# committed (mend_txn_begin, or --txn), however it ends. The script's exit status stays what it is. In bash the report has
# the failing line, its command and the functions that led there; in other shells the status. A signal that somebody sent
# to end the script is no failure, and not reported.
#
# Traps that are there already are kept, and run after ours (one on ERR where it was set before this file was sourced, or
# with `set -E`: bash hides it from functions else); those that a script sets later replace ours. In other shells than bash HUP, INT and TERM are taken where the script has no trap of its own on them, and only if there is a
# transaction: they are heard when the command that runs has ended.
mend_trap() {
    _mend_service=${0##*/} _mend_task=''
    while [ $# -gt 0 ]; do
        case $1 in
        --txn | --service | --task)
            [ $# -ge 2 ] || {
                echo "mend_trap: $1 needs a value" >&2
                return 64
            }
            case $1 in
            --txn) MEND_TXN=$2 ;;
            --service) _mend_service=$2 ;;
            --task) _mend_task=$2 ;;
            esac
            shift 2
            ;;
        *)
            echo "mend_trap: $1 is not known; usage: mend_trap [--txn ID] [--service NAME] [--task ID]" >&2
            return 64
            ;;
        esac
    done
    # In zsh a function's trap on EXIT is for the function's end.
    [ -z "${ZSH_VERSION-}" ] || {
        echo "mend_trap: zsh is not supported, and nothing is trapped" >&2
        return 0
    }
    # A second time it would keep itself.
    [ -z "${_mend_is_set-}" ] || {
        _mend_take_signals
        return 0
    }
    _mend_is_set=1 _mend_kept='' _mend_exit_was='' _mend_err_was='' _mend_failed_command='' _mend_failed_status=''
    _mend_keep_traps
    if [ -n "${BASH_VERSION-}" ]; then
        # What a subshell saw before it ended. It is made by the subshell, if it is.
        # shellcheck disable=SC3028
        _mend_note=${TMPDIR:-/tmp}/mend-trap.$$.$RANDOM$RANDOM
        # A trap of the script's own would be inherited by its functions, too.
        # shellcheck disable=SC3041
        [ -n "$_mend_err_was" ] || set -E
        # shellcheck disable=SC2154,SC3047
        trap '_mend_failed "$?" "$BASH_COMMAND" "${PIPESTATUS[*]}" || :
            [ -z "$_mend_err_was" ] || if _mend_return; then eval "$_mend_err_was"; else eval "$_mend_err_was"; fi' ERR
        # shellcheck disable=SC2154
        trap '_mend_end "$?" "$BASH_COMMAND" || :
            if _mend_return; then eval "$_mend_exit_was"; else eval "$_mend_exit_was"; fi' EXIT
        return 0
    fi
    # shellcheck disable=SC2154
    trap '_mend_end "$?" "" || :
        if _mend_return; then eval "$_mend_exit_was"; else eval "$_mend_exit_was"; fi' EXIT
    _mend_take_signals
}

# mend_report MESSAGE [OPTION …]: `mend error report` that never fails, and keeps what it cannot tell now for later.
mend_report() {
    command -v mend >/dev/null 2>&1 || return 0
    mend error report --quiet --if-unavailable spool "$@" || :
}

# mend_txn_begin NAME [OPTION …]: begins a transaction (`mend txn begin`) that this shell holds. Its number is $MEND_TXN.
mend_txn_begin() {
    MEND_TXN=''
    MEND_TXN=$(mend txn begin --hold-pid "$$" "$@") || return
    _mend_take_signals
}

# mend_txn_step [NAME] [--undo SCRIPT] [OPTION …] -- COMMAND …: a step of $MEND_TXN (`mend txn step`).
mend_txn_step() { mend txn step "${MEND_TXN-}" "$@"; }

# mend_txn_commit
mend_txn_commit() {
    mend txn commit "${MEND_TXN-}" "$@" || return
    MEND_TXN=''
}

# mend_retry POLICY|N COMMAND …: `mend run --retry`; the command alone on a host without mend.
mend_retry() {
    _mend_policy=$1
    shift
    command -v mend >/dev/null 2>&1 || {
        "$@"
        return
    }
    mend run --retry "$_mend_policy" -- "$@"
}

# mend_try BREAKER COMMAND …: `mend breaker try`; the command alone on a host without mend.
mend_try() {
    _mend_breaker=$1
    shift
    command -v mend >/dev/null 2>&1 || {
        "$@"
        return
    }
    mend breaker try "$_mend_breaker" -- "$@"
}

# The traps that are there, as `trap` lists them.
_mend_keep_traps() {
    _mend_listed=$(trap)
    if [ -z "$_mend_listed" ] && [ -z "${BASH_VERSION-}" ]; then
        # dash has forgotten them in a substitution.
        _mend_file=$(mktemp) || return 0
        trap >"$_mend_file"
        _mend_listed=$(cat "$_mend_file")
        rm -f "$_mend_file"
    fi
    _mend_listed="$_mend_err_trap
$_mend_listed"
    [ "$_mend_listed" = "$_mend_line_feed" ] || eval "$(printf '%s\n' "$_mend_listed" | sed 's/^trap -- /_mend_keep /')"
}

_mend_keep() {
    case $2 in
    EXIT) _mend_exit_was=$1 ;;
    ERR) _mend_err_was=$1 ;;
    *) _mend_kept="$_mend_kept ${2#SIG} " ;;
    esac
}

# Only where there is something to undo: a shell with a trap hears of a signal later than one without.
_mend_take_signals() {
    [ -z "${BASH_VERSION-}" ] && [ -n "${MEND_TXN-}" ] && [ -n "${_mend_is_set-}" ] || return 0
    for _mend_signal in HUP INT TERM; do
        case $_mend_kept in *" $_mend_signal "*) continue ;; esac
        # shellcheck disable=SC2064
        trap "_mend_signalled $_mend_signal" "$_mend_signal"
    done
}

_mend_signalled() {
    _mend_roll_back "the script was ended by SIG$1" || :
    # As these shells end without us: by the signal, and past the trap on EXIT.
    trap - EXIT "$1"
    kill -s "$1" "$$"
}

# Lets $? be what it was.
_mend_return() { return "$_mend_status"; }

# At each failure that counts for `set -e`, in bash: whether the script ends by it is seen when it ends.
_mend_failed() {
    _mend_status=$1 _mend_failed_status=$1 _mend_failed_command=$2 _mend_cause=$2 _mend_stages=$3
    # shellcheck disable=SC3028
    if [ "$BASH_SUBSHELL" = 0 ]; then
        _mend_see_stack
        _mend_take_note "$1"
        return 0
    fi
    # Where a subshell goes on after it, it is not what the subshell ends by.
    case $- in *e*) ;; *) return 0 ;; esac
    _mend_see_stack
    # Of subshells in each other the innermost one saw the cause.
    (
        umask 077
        set -C
        printf '%s %s\n%s' "$1" "$_mend_stack" "$2" >"$_mend_note"
    ) 2>/dev/null || :
}

# Where a subshell has ended with this status, and said what it ended by, that is the cause.
_mend_take_note() {
    # shellcheck disable=SC3067
    [ -f "$_mend_note" ] && [ ! -h "$_mend_note" ] && [ -O "$_mend_note" ] || return 0
    _mend_noted=$(cat "$_mend_note")
    rm -f "$_mend_note"
    [ "${_mend_noted%% *}" = "$1" ] || return 0
    _mend_noted=${_mend_noted#* }
    # The stack, an empty line, the command.
    _mend_stack=${_mend_noted%%"$_mend_empty_line"*} _mend_cause=${_mend_noted#*"$_mend_empty_line"}
}

_mend_empty_line='

'
_mend_line_feed='
'

# Sets _mend_stack: `at FUNCTION (FILE:LINE)`, the innermost first, without our own functions. With an argument the innermost
# has no line: bash does not tell it when the script ends. Other shells have no arrays, and could not even read this.
_mend_see_stack() {
    eval '
        _mend_stack=
        for ((_mend_frame = 1; _mend_frame < ${#FUNCNAME[@]}; _mend_frame++)); do
            [[ ${BASH_SOURCE[_mend_frame]} != "${BASH_SOURCE[0]}" ]] || continue
            _mend_place=${BASH_SOURCE[_mend_frame]}
            [[ -z $_mend_stack && -n ${1-} ]] || _mend_place+=:${BASH_LINENO[_mend_frame - 1]}
            _mend_stack+="at ${FUNCNAME[_mend_frame]} ($_mend_place)"$'"'\\n'"'
        done'
}

# The script has ended, with this status and, in bash, this command.
_mend_end() {
    _mend_status=$1
    [ "$1" = 0 ] || _mend_tell "$1" "$2"
    [ -z "${BASH_VERSION-}" ] || rm -f "$_mend_note"
    if [ "$1" = 0 ]; then
        _mend_roll_back "the script ended without a commit"
    else
        _mend_roll_back "the script ended with status $1"
    fi
}

_mend_tell() {
    _mend_what="${0##*/} ended with status $1"
    if [ -z "${BASH_VERSION-}" ]; then
        _mend_stack='' _mend_cause=''
    elif [ "$_mend_failed_status" = "$1" ] && [ "$_mend_failed_command" = "$2" ]; then
        _mend_place=${_mend_stack%%)*}
        case $_mend_stages in *' '*) _mend_stages="; the stages of its pipeline: $_mend_stages" ;; *) _mend_stages='' ;; esac
        _mend_what="${0##*/}: line ${_mend_place##*:}: \`$_mend_cause\` ended with status $1$_mend_stages"
    else
        # HUP, INT, QUIT, TERM, where the script itself does not say so.
        case $2:$1 in exit*) ;; *:129 | *:130 | *:131 | *:143) return 0 ;; esac
        _mend_see_stack end
        _mend_cause=$2
        case $2 in exit*) _mend_what="$_mend_what, by \`$2\`" ;; esac
    fi
    set -- --service="$_mend_service" --exit-status "$1" ${_mend_cause:+--action="$_mend_cause"}
    [ -z "$_mend_task" ] || set -- "$@" --task="$_mend_task"
    if [ -n "$_mend_stack" ]; then
        printf '%s' "$_mend_stack" | mend_report "$@" --stack-file - -- "$_mend_what"
    else
        mend_report "$@" -- "$_mend_what" </dev/null
    fi
}

_mend_roll_back() {
    [ -n "${MEND_TXN-}" ] && command -v mend >/dev/null 2>&1 || return 0
    mend txn rollback "$MEND_TXN" --reason "$1" </dev/null >&2 || :
}
