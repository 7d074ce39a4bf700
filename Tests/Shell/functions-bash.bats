# mend.sh in bash.
# shellcheck disable=SC2016

bats_require_minimum_version 1.5.0
load support
load functions

export shell='bash'

@test "bash: a script that succeeds says nothing" { a_script_that_succeeds_says_nothing; }
@test "bash: a failure is reported and the status stays" { a_failure_is_reported_and_the_status_stays; }
@test "bash: an unset variable is reported" { an_unset_variable_is_reported; }
@test "bash: options stay as they were" { options_stay_as_they_were; }
@test "bash: a trap that was there runs and sees the status" { a_trap_that_was_there_runs_and_sees_the_status; }
@test "bash: subshells and functions end as they do" { subshells_and_functions_end_as_they_do; }
@test "bash: a transaction is committed" { a_transaction_is_committed; }
@test "bash: a failure rolls the transaction back" { a_failure_rolls_the_transaction_back; }
@test "bash: a step that fails ends the script" { a_step_that_fails_ends_the_script; }
@test "bash: a commit that was forgotten is none" { a_commit_that_was_forgotten_is_none; }
@test "bash: another ones transaction is rolled back too" { another_ones_transaction_is_rolled_back_too; }
@test "bash: a signal rolls back and still ends the script" { a_signal_rolls_back_and_still_ends_the_script; }
@test "bash: a trap on a signal stays the scripts" { a_trap_on_a_signal_stays_the_scripts; }
@test "bash: a killed script is rolled back by its hold" { a_killed_script_is_rolled_back_by_its_hold; }
@test "bash: without the daemon it ends as it would and is told later" { without_the_daemon_it_ends_as_it_would_and_is_told_later; }
@test "bash: without mend it runs as it would" { without_mend_it_runs_as_it_would; }
@test "bash: what cannot be is said" { what_cannot_be_is_said; }
@test "bash: wrappers run commands" { wrappers_run_commands; }
@test "bash: standard input is the scripts" { standard_input_is_the_scripts; }

# What only bash can tell.

stack() { reports '.error' | tail -1 | while read -r id; do mend error get "$id" --json | jq -r .details.stack; done; }

@test "bash: the failing line is reported with the functions that led to it" {
    script 'set -eu
mend_trap
inner() {
    sh -c "exit 21"
}
outer() { inner; }
outer'
    equal "$status" 21
    equal "$(reports .message)" 'job.sh: line 5: `sh -c "exit 21"` ended with status 21'
    equal "$(stack)" $'at inner (job.sh:5)\nat outer (job.sh:7)\nat main (job.sh:8)'
}

@test "bash: of a subshell the line is reported that failed in it" {
    script 'set -eu
mend_trap
inner() {
    sh -c "exit 22"
}
(
    echo in
    inner
)'
    equal "$status" 22
    equal "$(reports .message)" 'job.sh: line 5: `sh -c "exit 22"` ended with status 22'
    equal "$(find . -name 'mend-trap*')" ""
}

@test "bash: where a script exits by itself, the function that did so is named" {
    script 'mend_trap
leave() { exit 23; }
leave'
    equal "$(reports .message)" 'job.sh ended with status 23, by `exit 23`'
    equal "$(stack)" $'at leave (job.sh)\nat main (job.sh:4)'
}

@test "bash: of a pipeline all stages' statuses are said" {
    script 'set -euo pipefail
mend_trap
sh -c "exit 3" | cat | sh -c "cat; exit 4"'
    equal "$status" 4
    has "$(reports .message)" "line 4: "
    has "$(reports .message)" "the stages of its pipeline: 3 0 4"
}

@test "bash: what failed before and was passed over is not what a script ends by" {
    script 'mend_trap
sh -c "exit 5"
true
exit 6'
    equal "$status" 6
    equal "$(reports .message)" 'job.sh ended with status 6, by `exit 6`'
}

@test "bash: a trap on ERR stays, and sees the status" {
    printf '%s\n' 'trap "echo ERR \$?" ERR' '. "$FUNCTIONS"' mend_trap 'f() { sh -c "exit 24"; true; }' f 'sh -c "exit 25"' >job.sh
    run bash job.sh
    equal "$status $output" "25 ERR 25"
    has "$(reports .message)" 'line 6: '
    script 'set -E; trap "echo ERR \$?" ERR; mend_trap; f() { sh -c "exit 24"; true; }; f'
    equal "$status $output" "0 ERR 24"
}

@test "bash: a failing step's line is the script's, not that of our functions" {
    script 'set -eu
mend_trap
mend_txn_begin deploy --timeout 1h
mend_txn_step -- sh -c "exit 26"'
    equal "$status" 26
    has "$(reports .message | tail -1)" "job.sh: line 5: "
    equal "$(stack)" "at main (job.sh:5)"
}
