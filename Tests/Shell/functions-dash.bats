# mend.sh in dash.

bats_require_minimum_version 1.5.0
load support
load functions

export shell='dash'

@test "dash: a script that succeeds says nothing" { a_script_that_succeeds_says_nothing; }
@test "dash: a failure is reported and the status stays" { a_failure_is_reported_and_the_status_stays; }
@test "dash: an unset variable is reported" { an_unset_variable_is_reported; }
@test "dash: options stay as they were" { options_stay_as_they_were; }
@test "dash: a trap that was there runs and sees the status" { a_trap_that_was_there_runs_and_sees_the_status; }
@test "dash: subshells and functions end as they do" { subshells_and_functions_end_as_they_do; }
@test "dash: a transaction is committed" { a_transaction_is_committed; }
@test "dash: a failure rolls the transaction back" { a_failure_rolls_the_transaction_back; }
@test "dash: a step that fails ends the script" { a_step_that_fails_ends_the_script; }
@test "dash: a commit that was forgotten is none" { a_commit_that_was_forgotten_is_none; }
@test "dash: another ones transaction is rolled back too" { another_ones_transaction_is_rolled_back_too; }
@test "dash: a signal rolls back and still ends the script" { a_signal_rolls_back_and_still_ends_the_script; }
@test "dash: a trap on a signal stays the scripts" { a_trap_on_a_signal_stays_the_scripts; }
@test "dash: a killed script is rolled back by its hold" { a_killed_script_is_rolled_back_by_its_hold; }
@test "dash: without the daemon it ends as it would and is told later" { without_the_daemon_it_ends_as_it_would_and_is_told_later; }
@test "dash: without mend it runs as it would" { without_mend_it_runs_as_it_would; }
@test "dash: what cannot be is said" { what_cannot_be_is_said; }
@test "dash: wrappers run commands" { wrappers_run_commands; }
@test "dash: standard input is the scripts" { standard_input_is_the_scripts; }
