# shellcheck shell=bash
# What scripts are is not expanded here; bats and support.bash set the rest.
# shellcheck disable=SC2016,SC2154
# What is tested of mend.sh in each shell: the files that load this say which, in $shell.

# script TEXT: runs a script that has sourced mend.sh; its name is job.sh.
script() {
    printf '. "$FUNCTIONS"\n%s\n' "$1" >job.sh
    # shellcheck disable=SC2086
    run --separate-stderr $shell job.sh
}

# start_script TEXT
start_script() {
    printf '. "$FUNCTIONS"\n%s\n' "$1" >job.sh
    # Whoever runs the tests may ignore a signal, as nohup does, and shells keep to that.
    # shellcheck disable=SC2086
    start env --default-signal=HUP,TERM $shell job.sh
}

state_of() { mend txn get "$1" --json | jq -r .info.state; }
state_is() { [ "$(state_of "$1")" = "$2" ]; }

a_script_that_succeeds_says_nothing() {
    script 'set -eu; mend_trap; [ x = y ] || echo done'
    equal "$status $output $stderr" "0 done "
    equal "$(reports .message)" ""
}

a_failure_is_reported_and_the_status_stays() {
    script 'set -eu; mend_trap --service nightly --task run-7; sh -c "exit 41"; echo never'
    equal "$status $output" "41 "
    equal "$(reports '"\(.service) \(.task) \(.details.exit_status)"')" "nightly run-7 41"
    script 'mend_trap; exit 9'
    equal "$status" 9
    equal "$(reports .details.exit_status | tail -1)" 9
}

an_unset_variable_is_reported() {
    script 'set -u; mend_trap; echo "$nosuch"; echo never'
    [ "$status" -ne 0 ]
    equal "$output" ""
    equal "$(reports .details.exit_status)" "$status"
}

options_stay_as_they_were() {
    script 'before=$-; mend_trap; equal() { [ "$1" = "$2" ]; }; equal "${before}" "$(printf %s "$-" | tr -d E)" && echo same
        false; echo on; true'
    equal "$status" 0
    equal "$output" $'same\non'
    equal "$(reports .message)" ""
}

a_trap_that_was_there_runs_and_sees_the_status() {
    script "trap 'echo \"sees \$?, it'\\''s here\"' EXIT; set -e; mend_trap; sh -c 'exit 5'"
    equal "$status $output" "5 sees 5, it's here"
    script "trap 'echo one
echo two' EXIT; mend_trap; true"
    equal "$status $output" $'0 one\ntwo'
    # Its own word on how the script ends stands.
    script "trap 'exit 3' EXIT; mend_trap; exit 5"
    equal "$status" 3
    equal "$(reports .details.exit_status)" $'5\n5'
}

subshells_and_functions_end_as_they_do() {
    script 'set -eu; mend_trap
        inner() { false; }
        if inner; then echo no; else echo handled; fi
        inner || echo handled too
        x=$(exit 3) || echo "status $?"
        (exit 4) || echo "status $?"
        (echo in a subshell)
        echo end'
    equal "$status" 0
    equal "$output" $'handled\nhandled too\nstatus 3\nstatus 4\nin a subshell\nend'
    equal "$(reports .message)" ""
    script 'set -eu; mend_trap; (exit 6); echo never'
    equal "$status $output" "6 "
    equal "$(reports .details.exit_status)" 6
}

steps='mend_txn_begin deploy --timeout 1h; echo "$MEND_TXN" >txn
    mend_txn_step --undo "echo undo 1 >>log" -- sh -c "echo do 1 >>log"
    mend_txn_step --undo "echo undo 2 >>log" -- sh -c "echo do 2 >>log"'

a_transaction_is_committed() {
    script "set -eu; mend_trap; $steps; mend_txn_commit; false || true"
    equal "$status" 0
    equal "$(state_of "$(cat txn)")" committed
    equal "$(xargs <log)" "do 1 do 2"
}

a_failure_rolls_the_transaction_back() {
    script "set -eu; mend_trap; $steps; sh -c 'exit 12'"
    equal "$status" 12
    equal "$(state_of "$(cat txn)")" rolled_back
    equal "$(xargs <log)" "do 1 do 2 undo 2 undo 1"
    has "$(mend txn get "$(cat txn)")" "the script ended with status 12"
}

a_step_that_fails_ends_the_script() {
    script "set -eu; mend_trap; $steps; mend_txn_step -- sh -c 'exit 13'; echo never"
    equal "$status" 13
    equal "$(state_of "$(cat txn)")" rolled_back
    equal "$(xargs <log)" "do 1 do 2 undo 2 undo 1"
}

a_commit_that_was_forgotten_is_none() {
    script "set -eu; mend_trap; $steps"
    equal "$status" 0
    equal "$(state_of "$(cat txn)")" rolled_back
}

another_ones_transaction_is_rolled_back_too() {
    txn=$(mend txn begin theirs)
    script "mend_trap --txn $txn; exit 1"
    equal "$(state_of "$txn")" rolled_back
}

a_signal_rolls_back_and_still_ends_the_script() {
    for signal in TERM HUP; do
        rm -f log txn ready
        mkfifo gate
        start_script "set -eu; mend_trap; $steps; echo >ready; read -r line <gate"
        eventually test -e ready
        # It waits in a builtin: nothing of it is there that would keep the shell from hearing.
        kill -"$signal" "$started_pid"
        ends "$started_pid" $((128 + $(kill -l "$signal")))
        equal "$(state_of "$(cat txn)")" rolled_back
        equal "$(xargs <log)" "do 1 do 2 undo 2 undo 1"
        rm gate
    done
    equal "$(reports .message)" ""
}

a_trap_on_a_signal_stays_the_scripts() {
    mkfifo gate
    start_script "trap 'echo caught; exit 0' TERM; mend_trap; $steps; echo >ready; read -r line <gate; exit 1"
    eventually test -e ready
    kill "$started_pid"
    ends "$started_pid" 0
    eventually grep -q caught out
    equal "$(state_of "$(cat txn)")" rolled_back
}

a_killed_script_is_rolled_back_by_its_hold() {
    mkfifo gate
    start_script "set -eu; mend_trap; $steps; echo >ready; read -r line <gate"
    eventually test -e ready
    kill -9 "$started_pid"
    start mend undo work
    eventually state_is "$(cat txn)" rolled_back
    equal "$(xargs <log)" "do 1 do 2 undo 2 undo 1"
}

without_the_daemon_it_ends_as_it_would_and_is_told_later() {
    kill_daemon
    script 'set -eu; mend_trap; echo work; sh -c "exit 7"'
    equal "$status $output $stderr" "7 work "
    script 'mend_txn_begin deploy || echo "not begun: $?"'
    equal "$output" "not begun: 69"
    start_daemon
    mend run -- false || true
    equal "$(reports .service | sort)" $'false\njob.sh'
}

without_mend_it_runs_as_it_would() {
    cat >job.sh <<'END'
. "$FUNCTIONS"
set -eu
PATH=/usr/bin:/bin
mend_trap
mend_retry 3 echo tried
mend_try billing echo called
mend_report 'nobody hears it'
mend_try billing sh -c 'exit 8'
END
    # shellcheck disable=SC2086
    run --separate-stderr $shell job.sh
    equal "$status" 8
    equal "$output" $'tried\ncalled'
    equal "$stderr" ""
}

what_cannot_be_is_said() {
    script 'mend_trap --serivce x || echo "status $?"; mend_trap --txn || echo "status $?"'
    equal "$output" $'status 64\nstatus 64'
    has "$stderr" "--serivce is not known"
}

wrappers_run_commands() {
    script 'mend_retry 2 sh -c "echo try \$MEND_ATTEMPT; [ \$MEND_ATTEMPT = 2 ] || { echo connection refused >&2; exit 7; }"
        mend breaker force billing forced_open >&2
        mend_try billing echo never'
    equal "$status" 75
    equal "$output" $'try 1\ntry 2'
}

standard_input_is_the_scripts() {
    script 'mend_trap; echo one | { read -r line; echo "$line"; }; printf "two\nthree\n" | { sh -c "exit 2"; read -r line; echo "$line"; }; exit 1'
    equal "$output" $'one\ntwo'
}
