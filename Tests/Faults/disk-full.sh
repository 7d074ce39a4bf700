#!/bin/bash
# A file system that really fills up under the daemon: what does not fit is refused, reads go on, nothing acknowledged is
# lost, and once there is space again so is the service, without a restart.
# usage: disk-full.sh DIRECTORY-OF-BINARIES
set -euo pipefail

binaries=$(cd "${1:?usage: disk-full.sh DIRECTORY-OF-BINARIES}" && pwd)
PATH=$binaries:$PATH
if [ "$(id -u)" -ne 0 ]; then
    echo "disk-full.sh: skipped, because only root can mount a small file system"
    exit 0
fi
place=$(mktemp -d "${TMPDIR:-/tmp}/mend-full.XXXXXX")
mkdir "$place/small"
mount -t tmpfs -o size=6m tmpfs "$place/small"
daemon=
listener=
finish() {
    status=$?
    [ -z "$listener" ] || kill "$listener" 2>/dev/null || true
    if [ -n "$daemon" ]; then
        kill "$daemon" 2>/dev/null || true
        wait "$daemon" || true
    fi
    umount "$place/small"
    [ $status -eq 0 ] || cat "$place/log" >&2
    rm -rf "$place"
    exit $status
}
trap finish EXIT
expect() {
    [ "$2" = "$3" ] || {
        echo "disk-full.sh: $1: expected '$3', got '$2'" >&2
        exit 1
    }
}

# What the service manager would be told.
socat -u UNIX-RECV:"$place/notify" OPEN:"$place/told",creat,append &
listener=$!
status() { grep -ao 'STATUS=[a-z ]*' "$place/told" | tail -1; }
eventually() {
    local tries=0
    until [ "$(status)" = "$2" ]; do
        tries=$((tries + 1))
        expect "$1 within ten seconds" "$([ $tries -lt 200 ] || status)" ""
        sleep 0.05
    done
}
until [ -S "$place/notify" ]; do sleep 0.05; done

export MEND_SOCKET=$place/mend.sock
NOTIFY_SOCKET=$place/notify mendd --socket "$MEND_SOCKET" --state "$place/small/state" 2>"$place/log" &
daemon=$!
tries=0
until mend --quiet ping 2>/dev/null; do
    tries=$((tries + 1))
    expect "an answer within ten seconds" "$((tries < 200))" 1
    sleep 0.05
done

printf '"%020000d"' 0 >"$place/payload"
# What is in hand when it gets full must be able to end.
for number in 1 2 3; do mend --quiet queue put held "$number"; done
mend --json queue lease held --max 3 >"$place/leases"
transaction=$(mend txn begin deploy)
mend --quiet txn step "$transaction" build --undo-queue undos --undo '1'

acknowledged=0
while mend --quiet queue put work - <"$place/payload" 2>"$place/refusal"; do acknowledged=$((acknowledged + 1)); done
refused=0
mend --json queue put work - <"$place/payload" 2>"$place/refusal" || refused=$?
expect "the exit status of a refused call" "$refused" 75
expect "why it was refused" "$(jq -r .data.reason "$place/refusal")" disk_full
expect "reads while it is full" "$(mend queue stats work --json | jq .counts.ready)" "$acknowledged"
while read -r operation lease; do
    expect "an end of work while it is full" "$(mend queue complete "$operation" "$lease")" "done"
done < <(jq -r '"\(.operation) \(.lease)"' "$place/leases")
expect "a rollback while it is full" "$(mend txn rollback "$transaction" --json | jq -r .state)" rolling_back
expect "the daemon's own word" "$(mend system health --json | jq -r .status)" degraded
eventually "the line of systemctl status" "STATUS=short of space"
# The writer tries to move its log into the file by now, which cannot grow either.
sleep 1.5
expect "the daemon afterwards" "$(mend ping)" pong

mount -o remount,size=64m "$place/small"
sleep 1.5
mend --quiet queue put work '1'
expect "what is kept" "$(mend queue stats work --json | jq .counts.ready)" $((acknowledged + 1))
expect "its word afterwards" "$(mend system health --json | jq -r .status)" ok
eventually "the line of systemctl status afterwards" "STATUS=serving"
echo "disk-full.sh: $acknowledged operations acknowledged, refused when full, all there afterwards"
