# The commands that Mend is for, as people write them, with what really happens behind them: success, failure, programs that
# hang or are killed, and recovery.
# shellcheck disable=SC2154

bats_require_minimum_version 1.5.0
load support

# The examples, to the letter.

billing='mend run --breaker billing --retry network --timeout 20s -- curl -fsS https://billing.internal/close-day'

run_billing() { bash -c "$billing"; }

put_email() {
    mend queue put emails '{"to":"a@example.com"}'
}

work_emails() {
    cp "$BATS_TEST_DIRNAME/programs/send-email.sh" .
    exec mend work emails -- ./send-email.sh
}

deploy() {
    cat >deploy.sh <<'EXAMPLE'
set -e
txn=$(mend txn begin deploy-web --timeout 10m)
echo "$txn" >txn
mend txn step "$txn" --undo 'docker rmi web:42'        -- docker build -t web:42 .
mend txn step "$txn" --undo 'systemctl restart web@41' -- systemctl restart web@42
mend txn commit "$txn"
EXAMPLE
    echo web@41 >running
    exec bash deploy.sh
}

# mend run

@test "run: what succeeds says nothing of itself" {
    start_service
    run --separate-stderr run_billing
    equal "$status" 0
    equal "$output" closed
    equal "$(reports .message)" ""
    equal "$(mend breaker get billing --json | jq -r .state)" closed
}

@test "run: what will never succeed is tried once, and told once" {
    start_service
    echo missing >mode
    run run_billing
    equal "$status" 22
    equal "$(wc -l <asked)" 1
    has "$output" "no further attempt"
    equal "$(reports .category)" permanent
}

@test "run: a service that is away is asked again when it says, and found back" {
    start_service
    echo away >mode
    start bash -c "$billing"
    eventually grep -q 'attempt 2 follows in' err
    echo up >mode
    ends "$started_pid" 0
    equal "$(cat out)" closed
    equal "$(cut -d' ' -f1 asked | xargs)" "away up"
}

@test "run: a service that nobody listens for spares the next one its calls, until it is back" {
    mend --quiet breaker configure billing --failure-threshold 1 --recovery-timeout 1s
    run run_billing
    equal "$status" 75
    has "$output" "Couldn't connect"
    has "$output" "the breaker billing is open"
    start_service
    # Until the breaker lets one through that tries.
    closes() { run_billing && [ "$(mend breaker get billing --json | jq -r .state)" = closed ]; }
    eventually closes
    equal "$(cut -d' ' -f1 asked | sort -u)" up
}

@test "run: a service that hangs is left after the time that it has, and asked again" {
    start_service
    echo hang >mode
    start bash -c "$billing"
    eventually grep -q hang asked
    eventually grep -q 'curl took too long' err
    echo up >mode
    ends "$started_pid" 0
    equal "$(reports .code)" process.timeout
}

@test "run: a command that is killed is tried again" {
    start_service
    echo hang >mode
    start bash -c "$billing"
    eventually grep -q hang asked
    echo up >mode
    kill -9 "$(cat curl.pid)"
    ends "$started_pid" 0
    equal "$(reports .details.signal)" 9
}

@test "run: of mend that is killed the breaker takes its permit back" {
    mend --quiet breaker configure billing --max-concurrent 1
    start_service
    echo hang >mode
    start bash -c "$billing"
    eventually grep -q hang asked
    run run_billing
    equal "$status" 75
    kill -9 "$started_pid"
    echo up >mode
    eventually run_billing
    kill -9 "$(cat curl.pid)" 2>/dev/null || true
}

@test "run: it runs without the daemon, and what it had to say is told later" {
    start_service
    kill_daemon
    run --separate-stderr run_billing
    equal "$status $output" "0 closed"
    echo missing >mode
    run run_billing
    equal "$status" 22
    has "$output" "is kept in"
    start_daemon
    run run_billing
    equal "$(reports .service)" $'curl\ncurl'
}

# mend queue put, mend work

state_is() { [ "$(mend queue get "$1" --json | jq -r .state)" = "$2" ]; }

@test "work: what was put is done, also when the daemon and its host went down between" {
    start_service
    id=$(put_email)
    kill_daemon
    start_daemon
    start work_emails
    worker=$started_pid
    eventually state_is "$id" 'done'
    equal "$(cat asked)" 'up /send {"to":"a@example.com"}'
    kill "$worker"
    ends "$worker" 0
}

@test "work: what fails is done again, until the service is back" {
    start_service
    echo away >mode
    id=$(put_email)
    start work_emails
    eventually grep -q away asked
    echo up >mode
    eventually state_is "$id" 'done'
    kill "$started_pid"
    ends "$started_pid" 0
}

@test "work: what will never be taken is a dead letter" {
    id=$(mend queue put emails '{"for":"nobody"}')
    start work_emails
    eventually state_is "$id" dead
    kill "$started_pid"
    ends "$started_pid" 0
}

@test "work: a command that is killed is started again" {
    start_service
    echo hang >mode
    id=$(put_email)
    start work_emails
    eventually grep -q hang asked
    echo up >mode
    kill -9 "$(cat curl.pid)"
    eventually state_is "$id" 'done'
    kill "$started_pid"
    ends "$started_pid" 0
}

@test "work: what a killed worker held is another one's at once" {
    start_service
    echo hang >mode
    id=$(put_email)
    start work_emails
    eventually grep -q hang asked
    kill -9 "$started_pid"
    echo up >mode
    start work_emails
    eventually state_is "$id" 'done'
    kill "$started_pid"
    ends "$started_pid" 0
    kill -9 "$(head -1 sender.pid)" 2>/dev/null || true
}

@test "work: what hangs ends with its worker, and another one does it" {
    start_service
    echo hang >mode
    id=$(put_email)
    start work_emails
    eventually grep -q hang asked
    kill "$started_pid"
    kill -9 "$(cat curl.pid)"
    ends "$started_pid" 0
    echo up >mode
    start work_emails
    eventually state_is "$id" 'done'
    kill "$started_pid"
    ends "$started_pid" 0
}

# mend txn

undone_is() { [ "$(mend txn get "$(cat txn)" --json | jq -r .info.state)" = rolled_back ]; }

@test "txn: what succeeds stays" {
    run deploy
    equal "$status" 0
    equal "$(cat running)" web@42
    equal "$(ls images)" web:42
    has "$output" "committed, 2 steps"
}

@test "txn: where a step fails, all is taken back, the last first" {
    echo web@42 >systemctl.fails
    run deploy
    equal "$status" 1
    equal "$(cat running)" web@41
    equal "$(ls images)" ""
    equal "$(tail -2 log)" $'systemctl restart web@41\ndocker rmi web:42'
    undone_is
    has "$(reports .message)" "systemctl ended with status 1"
}

@test "txn: where the first step fails, its own undo alone is run" {
    : >docker.fails
    rm_docker_fails() { rm docker.fails; }
    start deploy
    # An undo that fails is tried again, until what it needs is there.
    eventually grep -q 'docker rmi' log
    mkdir -p images && : >images/web:42
    rm_docker_fails
    ends "$started_pid" 1
    equal "$(ls images)" ""
    undone_is
}

@test "txn: a step that hangs ends with its transaction" {
    echo web@42 >systemctl.hangs
    start deploy
    eventually grep -q web@42 log
    run mend txn rollback "$(cat txn)"
    equal "$status" 0
    wait "$started_pid" && return 1
    gone "$(head -1 systemctl.pid)"
    equal "$(cat running)" web@41
    equal "$(tail -2 log)" $'systemctl restart web@41\ndocker rmi web:42'
    undone_is
}

@test "txn: a step that is killed has failed" {
    echo web@42 >systemctl.hangs
    start deploy
    eventually grep -q web@42 log
    kill -9 "$(cat systemctl.pid)"
    ends "$started_pid" 137
    equal "$(cat running)" web@41
    undone_is
}

@test "txn: what a killed script has begun is there to be taken back" {
    echo web@42 >systemctl.hangs
    start deploy
    eventually grep -q web@42 log
    kill -9 "$started_pid"
    run mend txn rollback "$(cat txn)"
    equal "$status" 0
    equal "$(cat running)" web@41
    equal "$(ls images)" ""
    undone_is
}

@test "txn: a daemon that is killed in the middle of a step takes nothing with it" {
    echo web@42 >systemctl.hangs
    start deploy
    deployment=$started_pid
    eventually grep -q web@42 log
    kill_daemon
    start_daemon
    kill "$(cat systemctl.pid)"
    ends "$deployment" 143
    undone_is
}

# mend timeline, mend explain

@test "what happened at 03:12?" {
    run_billing || true
    run mend timeline --since 03:00
    equal "$status" 0
    # Operations have numbers that are never used twice: this is the 1207th.
    for ((id = 1; id <= 1207; id++)); do
        printf '{"jsonrpc":"2.0","method":"queue.enqueue","params":{"queue":"emails","payload":%d}}\n' "$id"
    done | socat -t 5 - "UNIX-CONNECT:$MEND_SOCKET"
    eventually mend explain op:1207
    run mend explain op:1207
    equal "$status" 0
    has "$output" emails
}
