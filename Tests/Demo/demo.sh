#!/bin/bash
# The main job on real failures: a private daemon behind systemd-socket-activate, and programs that really fail.
# usage: demo.sh DIRECTORY-OF-BINARIES
# Every step checks what it shows: the demo fails where Mend does.
set -euo pipefail

binaries=$(cd "${1:?usage: demo.sh DIRECTORY-OF-BINARIES}" && pwd)
PATH=$binaries:$PATH
place=$(mktemp -d "${TMPDIR:-/tmp}/mend-demo.XXXXXX")
export MEND_SOCKET=$place/mend.sock
supervisor=

# What systemd does on a host: a listening socket that activates the daemon, and again when it died.
supervise() {
    while [ ! -e "$place/stop" ]; do
        rm -f "$MEND_SOCKET"
        systemd-socket-activate -l "$MEND_SOCKET" "$binaries/mendd" --state "$place/state" 2>>"$place/log" &
        echo $! >"$place/daemon.pid"
        wait $! 2>/dev/null || true
    done
}

finish() {
    status=$?
    touch "$place/stop" "$place/enough"
    [ ! -s "$place/daemon.pid" ] || kill "$(cat "$place/daemon.pid")" 2>/dev/null || true
    [ -z "$supervisor" ] || wait "$supervisor" 2>/dev/null || true
    if [ $status -ne 0 ]; then
        echo "The demo failed; the daemon said:" >&2
        tail -20 "$place/log" >&2
    fi
    rm -rf "$place"
    exit $status
}
trap finish EXIT

step() { printf '\n\033[1m%s\033[0m\n' "== $*"; }
show() {
    printf '$ %s\n' "$*"
    "$@"
}
expect() {
    if [ "$2" != "$3" ]; then
        echo "demo: $1: expected '$3', got '$2'" >&2
        exit 1
    fi
}
# Waits for the socket: nothing can be asked before it is there.
reach() {
    for _ in $(seq 500); do
        mend ping >/dev/null 2>&1 && return
        sleep 0.02
    done
    echo "demo: the daemon cannot be reached" >&2
    exit 1
}

step "A daemon that the first connection activates"
supervise &
supervisor=$!
reach
show mend system hello

step "A real failure, reported and classified: curl against a closed port"
curl -sS http://127.0.0.1:1/close-day 2>"$place/stderr" && exit 1
curl_status=$?
cat "$place/stderr"
show mend error report "close-day failed" --service billing --exit-status $curl_status --stderr-file "$place/stderr"
category=$(mend error list --service billing --json | head -1 | jq -r .category)
expect "the category of a refused connection" "$category" transient

step "One breaker for the whole host: one process meets the failures, another is spared them"
for attempt in 1 2 3 4 5; do
    permit=$(mend breaker acquire billing --json | jq .permit)
    curl -sS http://127.0.0.1:1/ 2>/dev/null || mend --quiet breaker record "$permit" failure
    echo "call $attempt failed"
done
denied=0
bash -c 'echo "another process, $$:"; mend breaker acquire billing' || denied=$?
expect "the exit status of a denied permit" "$denied" 75

step "An operation that fails twice and then succeeds"
id=$(mend queue put emails '{"to":"a@example.com"}' --policy '{"strategy":"fixed","base_ms":50,"jitter":"none"}')
for attempt in 1 2 3; do
    leased=$(mend queue lease emails --wait 10s --json)
    lease=$(jq .lease <<<"$leased")
    echo "attempt $(jq .attempt <<<"$leased") of operation $(jq .operation <<<"$leased"), payload $(jq -c .payload <<<"$leased")"
    # The outbox is away twice.
    outbox="http://127.0.0.1:1/outbox"
    [ "$attempt" -lt 3 ] || outbox="file:///dev/null"
    if curl -sS "$outbox" 2>"$place/stderr"; then
        show mend queue complete "$id" "$lease"
    else
        show mend queue fail "$id" "$lease" "the outbox is away" --exit-status $? --stderr-file "$place/stderr"
    fi
done
expect "the operation's state" "$(mend queue get "$id" --json | jq -r .state)" 'done'

step "A deployment of three steps: the third fails, and the undos run, the last first"
undo_queue=undo.$(id -u)
txn=$(mend txn begin deploy-web --timeout 10m)
mend --quiet txn step "$txn" "make a directory" --undo-queue "$undo_queue" --undo "\"rmdir $place/web\""
show mkdir "$place/web"
mend --quiet txn confirm "$txn" 1
mend --quiet txn step "$txn" "write the page" --undo-queue "$undo_queue" --undo "\"rm $place/web/index.html\""
echo '<h1>42</h1>' >"$place/web/index.html"
mend --quiet txn confirm "$txn" 2
mend --quiet txn step "$txn" "publish it" --undo-queue "$undo_queue" --undo "\"rm -f $place/published/index.html\""
if ! show cp "$place/web/index.html" "$place/published/index.html"; then
    show mend txn rollback "$txn" --reason "publishing failed" --no-work
fi
undone=()
while leased=$(mend queue lease "$undo_queue" --json) && [ -n "$leased" ]; do
    undo=$(jq -r .payload <<<"$leased")
    echo "undo of step $(jq .step <<<"$leased"): $undo"
    bash -c "$undo"
    undone+=("$(jq .step <<<"$leased")")
    mend --quiet queue complete "$(jq .operation <<<"$leased")" "$(jq .lease <<<"$leased")"
done
expect "the order of the undos" "${undone[*]}" "3 2 1"
expect "what is left of the deployment" "$(find "$place" -maxdepth 1 -name web)" ""
show mend txn get "$txn"
expect "the transaction's state" "$(mend txn get "$txn" --json | jq -r .info.state)" rolled_back

step "kill -9 in the middle: what was acknowledged is there"
: >"$place/acknowledged"
(until [ -e "$place/enough" ]; do mend queue put work '{"n":1}' >>"$place/acknowledged" 2>/dev/null || true; done) &
writer=$!
until [ "$(wc -l <"$place/acknowledged")" -ge 100 ]; do sleep 0.02; done
show kill -9 "$(cat "$place/daemon.pid")"
reach
touch "$place/enough"
wait $writer
acknowledged=$(sort -n "$place/acknowledged")
kept=$(mend queue list work --limit 1000 --json | jq .operation | sort -n)
lost=$(comm -23 <(sort <<<"$acknowledged") <(sort <<<"$kept"))
echo "$(wc -l <<<"$acknowledged") acknowledged before and after the kill, $(wc -l <<<"$kept") kept, lost: ${lost:-none}"
expect "acknowledged operations that were lost" "$lost" ""
expect "the breaker after the kill" "$(mend breaker get billing --json | jq -r .state)" open

step "The whole host at a glance"
show mend status
