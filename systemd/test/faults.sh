# shellcheck shell=bash
# The cases of cases.sh in which something goes wrong: the daemon hangs, what it needs is damaged, clients are hostile.

watchdog() {
    setting mend.service watchdog <<-'END'
		[Service]
		WatchdogSec=2
		TimeoutAbortSec=2
	END
    systemctl restart mend.service
    local before restarts
    before=$(pid)
    restarts=$(property mend.service NRestarts)
    id=$(mend queue put watched '1')
    kill -STOP "$before"
    eventually 30 "its end" bash -c "! kill -0 $before"
    mend --quiet queue get "$id"
    is "restarts" "$(property mend.service NRestarts)" $((restarts + 1))
    has "the journal" "$(journalctl --output cat --unit mend.service)" 'Watchdog timeout'
    unsetting mend.service watchdog
    systemctl restart mend.service
    say "a stopped daemon is ended and replaced ($before -> $(pid)); what it had acknowledged is there"
}

degraded() { # WHY: what each way of asking says
    local status answer
    eventually 20 "a degraded daemon" bash -c 'systemctl show --value --property StatusText mend.service | grep -q degraded'
    status=$(systemctl status mend.service) || true
    has "systemctl status" "$status" "$1"
    answer=$(mend queue put other 1 2>&1) && fail "a call was answered as if nothing was wrong"
    has "a call" "$answer" "$1"
    has "what to do" "$answer" "systemctl reload mend"
    has "health" "$(mend --json system health 2>&1 || true)" "$1"
}

broken_configuration() {
    local before
    printf 'queue:\n  max_sise: 5\n' >/etc/mend/mend.yaml
    systemctl restart mend.service
    before=$(pid)
    degraded "max_sise"
    is "restarts" "$(property mend.service NRestarts)" 0
    is "the process" "$(pid)" "$before"
    if systemctl reload mend.service 2>/dev/null; then fail "systemctl reload says nothing of a broken configuration"; fi
    has "the journal" "$(journalctl --output cat --unit mend.service --lines 5)" "unknown key queue.max_sise"
    is "the process after a reload that failed" "$(pid) $(property mend.service ActiveState)" "$before active"
    printf 'queue:\n  max_size: 5\n' >/etc/mend/mend.yaml
    systemctl reload mend.service
    eventually 20 "an answer after the reload" mend --quiet queue put repaired '1'
    is "the process after the reload" "$(pid)" "$before"
    rm /etc/mend/mend.yaml
    systemctl restart mend.service
    say "a misspelt key leaves it up and degraded, saying so in the status and to each call; a reload repairs it"
}

broken_database() {
    local before database
    mend --quiet queue put kept '1'
    database=/var/lib/mend/mend.db
    systemctl stop mend.service 2>/dev/null
    cp -a "$database" /var/lib/mend.saved
    rm -f "$database"-wal "$database"-shm
    dd if=/dev/urandom of="$database" bs=4096 count=2 conv=notrunc status=none
    systemctl start mend.service
    before=$(pid)
    degraded "$(basename "$database")"
    is "restarts" "$(property mend.service NRestarts)" 0
    is "the process" "$(pid)" "$before"
    mv /var/lib/mend.saved "$database"
    systemctl reload mend.service
    eventually 20 "an answer after the reload" mend --quiet queue put repaired '1'
    is "the process after the reload" "$(pid)" "$before"
    say "a corrupt database leaves it up and degraded; with the file of before, a reload repairs it"
}

# Damage that the start does not meet, but a call does.
damaged_page() {
    local before id offset answer database=/var/lib/mend/mend.db
    id=$(mend queue put damaged '1' --key where-the-damage-is)
    systemctl stop mend.service 2>/dev/null
    cp -a "$database" /var/lib/mend.saved
    while IFS=: read -r offset _; do
        dd if=/dev/zero of="$database" bs=4096 seek=$((offset / 4096)) count=1 conv=notrunc status=none
    done < <(grep --byte-offset --only-matching --text where-the-damage-is "$database")
    mend --quiet ping
    before=$(pid)
    answer=$(mend queue cancel "$id" 2>&1) && fail "a call that meets damage was answered as if nothing was wrong"
    has "the call" "$answer" "is damaged"
    degraded "mendd verify"
    is "restarts" "$(property mend.service NRestarts)" 0
    is "the process" "$(pid)" "$before"
    if mendd verify >/dev/null 2>&1; then fail "mendd verify finds nothing"; fi
    mendd restore /var/lib/mend.saved >/dev/null
    systemctl reload mend.service
    eventually 20 "an answer after the reload" mend --quiet queue get "$id"
    is "the process after the reload" "$(pid)" "$before"
    rm /var/lib/mend.saved
    say "a damaged page that a call meets leaves it up and degraded; mendd restore and a reload repair it"
}

memory() {
    local limit highest before calls=0
    # Files in memory would count as the daemon's memory.
    systemctl stop mend.service 2>/dev/null
    mkdir -p /disk/mend
    chown mend:mend /disk/mend
    mount --bind /disk/mend /var/lib/mend
    mend --quiet ping
    before=$(pid)
    limit=$(property mend.service MemoryMax)
    local user floods=() flood began=$SECONDS
    for user in 1 2 3 4 5 6 7 8; do
        setpriv --reuid $((60000 + user)) --regid mend --clear-groups \
            python3 /ci/flood.py /run/mend/mend.sock /run/enough 600 >/run/flood.$user &
        floods+=($!)
    done
    while [ $((SECONDS - began)) -lt 15 ]; do
        timeout 20 mend --quiet queue put beside-the-flood '1' || fail "another client was not answered within 20 s"
        calls=$((calls + 1))
    done
    touch /run/enough
    for flood in "${floods[@]}"; do wait "$flood" || fail "the flood: $(cat /run/flood.*)"; done
    highest=$(awk '/^VmHWM/ { print $2 * 1024 }' "/proc/$(pid)/status")
    is "the process" "$(pid)" "$before"
    is "how it is" "$(property mend.service Result)" success
    [ "$highest" -lt "$limit" ] || fail "it took $highest bytes of $limit"
    if [ -e /sys/fs/cgroup/memory/system.slice/mend.service/memory.limit_in_bytes ]; then
        is "the limit in force" "$(cat /sys/fs/cgroup/memory/system.slice/mend.service/memory.limit_in_bytes)" "$limit"
        # With the buffers of its sockets.
        highest=$(cat /sys/fs/cgroup/memory/system.slice/mend.service/memory.max_usage_in_bytes)
    fi
    systemctl stop mend.service 2>/dev/null
    umount /var/lib/mend
    say "$(awk '{ opened += $1; ended += $3; sent += $10 }
        END { print opened " connections of 8 users, " ended " of them ended by the daemon, " sent " MB sent" }' /run/flood.*)" \
        "$calls calls of another were answered; at most $((highest >> 20)) MiB of $((limit >> 20))"
}

crowd() {
    local calls=50000 told kills=0 restarts=0 step
    mend --quiet ping
    echo 0 >/run/progress
    python3 /ci/crowd.py /run/mend/mend.sock 20 $calls /run/progress >/run/crowd &
    local crowd=$!
    for step in $(seq 20); do
        # Spread over the calls, not over time: each comes in the middle of the work.
        until told=$(cat /run/progress) && [ "$told" -ge $((calls * step / 22)) ]; do
            kill -0 $crowd 2>/dev/null || fail "the clients ended: $(cat /run/crowd)"
            sleep 0.02
        done
        if [ $((step % 2)) -eq 1 ]; then
            systemctl kill --signal KILL mend.service
            kills=$((kills + 1))
        else
            systemctl restart mend.service
            restarts=$((restarts + 1))
        fi
    done
    wait $crowd || fail "$(cat /run/crowd)"
    systemctl is-active --quiet mend.socket || fail "the socket is not active"
    say "killed $kills times, restarted $restarts times: $(cat /run/crowd)"
}
