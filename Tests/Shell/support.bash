# shellcheck shell=bash
# What the tests of the shell share: a daemon of their own, programs that really fail, and waiting for what will come.
# BINARIES is the directory of mend and mendd.

setup() {
    place=$BATS_TEST_TMPDIR
    export PLACE=$place MEND_SOCKET=$place/mend.sock XDG_STATE_HOME=$place/own XDG_CACHE_HOME=$place/cache
    export TMPDIR=$place
    PATH=$BATS_TEST_DIRNAME/programs:${BINARIES:?the directory of mend and mendd}:$PATH
    FUNCTIONS=$BATS_TEST_DIRNAME/../../clients/shell/mend.sh
    export FUNCTIONS
    started=()
    cd "$place" || return
    start_daemon
}

teardown() {
    local pid
    for pid in "${started[@]}"; do kill -9 "$pid" 2>/dev/null || true; done
    for pid in "${started[@]}"; do wait "$pid" 2>/dev/null || true; done
}

# start COMMAND …: in the background, until the test ends. Its process is $started_pid, its output in $place/out and err.
start() {
    "$@" >>"$place/out" 2>>"$place/err" 3>&- &
    started_pid=$!
    started+=("$started_pid")
}

start_daemon() {
    start mendd --socket "$MEND_SOCKET" --state "$place/state"
    daemon=$started_pid
    while ! mend --quiet ping 2>/dev/null; do
        kill -0 "$daemon" || { cat "$place/err" >&2; return 1; }
        sleep 0.02
    done
}

kill_daemon() {
    kill -9 "$daemon"
    wait "$daemon" || true
}

# eventually COMMAND …: until it succeeds, but not for ever.
eventually() {
    local last=$((SECONDS + 40))
    while ((SECONDS < last)); do
        "$@" >/dev/null 2>&1 && return
        sleep 0.02
    done
    echo "it never came: $*" >&2
    cat "$place/err" >&2
    return 1
}

# ends PID STATUS: waits for its end.
ends() {
    local status=0
    eventually gone "$1"
    wait "$1" || status=$?
    equal "$status" "$2"
}

equal() {
    [ "$1" = "$2" ] || {
        printf 'expected: %s\ngot:      %s\n' "$2" "$1" >&2
        return 1
    }
}

# has TEXT PART
has() {
    [[ $1 == *"$2"* ]] || {
        printf 'expected: …%s…\ngot:      %s\n' "$2" "$1" >&2
        return 1
    }
}

# The reports, the oldest first: reports JQ-FILTER
reports() { mend error list --limit 100 --json 2>/dev/null | jq -rs "reverse | .[] | $1"; }

# lines FILE NUMBER
lines() { [ "$(wc -l <"$1")" -ge "$2" ]; }

gone() { ! kill -0 "$1"; }

# The service that the programs call: `curl` of these tests asks it, whatever the host. What it does is a word in
# $place/mode: up, missing (404), away (503, later), broken (503 without Retry-After), hang. Who asked is in $place/asked.
start_service() {
    : >>"$place/asked"
    echo up >"$place/mode"
    start python3 "$BATS_TEST_DIRNAME/programs/service.py" "$place"
    service=$started_pid
    eventually test -S "$place/service.sock"
}

stop_service() {
    kill -9 "$service"
    wait "$service" || true
}
