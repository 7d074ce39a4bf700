# mend breaker try, and what mend error report takes.
# shellcheck disable=SC2154

bats_require_minimum_version 1.5.0
load support

@test "breaker try: the command's status, output and errors come through" {
    run --separate-stderr mend breaker try shop -- sh -c 'echo out; echo err >&2'
    equal "$status $output $stderr" "0 out err"
    run mend breaker try shop --quiet -- sh -c 'exit 42'
    equal "$status" 42
    run mend breaker try shop --timeout 50ms -- sleep 600
    equal "$status" 124
    run -127 mend breaker try shop -- /no/such/program
    run mend breaker try shop
    equal "$status" 64
}

@test "breaker try: a failure counts by its kind, and when the breaker is open the command is spared" {
    mend --quiet breaker configure shop --failure-threshold 1 --recovery-timeout 5m
    # A mistake says nothing about the shop.
    run mend breaker try shop -- sh -c 'echo "invalid option" >&2; exit 64'
    equal "$status" 64
    equal "$(mend breaker get shop --json | jq -r .state)" closed
    run mend breaker try shop -- sh -c 'echo "connection refused" >&2; exit 7'
    equal "$status" 7
    run mend breaker try shop -- touch tried
    equal "$status" 75
    has "$output" "the breaker shop is open"
    has "$output" "try again in"
    [ ! -e tried ]
}

@test "breaker try: without the daemon the command runs, unless it must not" {
    kill_daemon
    run --separate-stderr mend breaker try shop -- echo ran
    equal "$status $output" "0 ran"
    run mend breaker try shop --if-unavailable fail -- touch tried
    equal "$status" 69
    [ ! -e tried ]
}

@test "error report -: the first line is the message, and the rest is with it" {
    { echo; echo 'disk is full'; echo 'at last'; } | mend --quiet error report - --service backup
    equal "$(reports '"\(.service): \(.message)"')" "backup: disk is full"
    has "$(mend error get 1)" "at last"
    sort /no/such/file 2>&1 | mend --quiet error report -
    has "$(reports .message | tail -1)" "/no/such/file"
}

@test "error report -: of a traceback the last line is the message" {
    python3 -c 'def f(): raise ValueError("no such day")
f()' 2>&1 | mend --quiet error report -
    equal "$(reports .message)" "ValueError: no such day"
    has "$(mend error get 1 --json | jq -r .details.stack)" "in f"
}

@test "error report -: nothing is reported where nothing was read" {
    run mend error report - </dev/null
    equal "$status" 0
    has "$output" "nothing is reported"
    equal "$(reports .message)" ""
}

@test "error report -: what is too long is cut, and that is said" {
    { echo first; seq 100000; } >long
    run --separate-stderr mend error report - <long
    equal "$status" 0
    has "$stderr" "the last 65536 are reported"
    equal "$(reports .message)" first
    head -c 10000 /dev/zero | tr '\0' x >line
    run --separate-stderr mend error report - <line
    has "$stderr" "the first 8192 bytes are the message"
}

@test "error report --json-input: each line is a report, and of what is none is said where" {
    cat >lines <<'END'
{"message":"one","errno":"ECONNREFUSED","level":"error"}

{"message":
{"text":"no message"}
{"message":"two","service":"own"}
END
    run --separate-stderr mend error report --json-input --service given --json <lines
    equal "$status" 1
    equal "$(jq -r .category <<<"$output" | head -1)" transient
    has "$stderr" "line 3 is no report"
    has "$stderr" "line 4 is no report: message is required"
    equal "$(reports '"\(.service) \(.message)"')" $'given one\nown two'
    equal "$(reports '.details.context.level // empty')" error
}

@test "error report --pipeline: the stage is told that failed, and nothing where none did" {
    true | true
    run mend error report --pipeline "${PIPESTATUS[*]}" --command 'true | true'
    equal "$status $output" "0 "
    # The reader has had enough.
    run mend error report --pipeline '141 0'
    equal "$status $output" "0 "
    # bats ends a test by a pipeline that fails, so this one is in a shell of its own.
    bash -c 'sh -c "exit 9" | cat; mend error report --quiet --pipeline "${PIPESTATUS[*]}"'
    equal "$(reports .message)" "stage 1 of 2 ended with status 9"
    mend --quiet error report --pipeline '0 7 1' --command "echo 'a|b' | /usr/bin/curl -s x | jq ."
    equal "$(reports '"\(.service): \(.message)"' | tail -1)" "curl: stage 2 of 3 (/usr/bin/curl -s x) ended with status 7"
    mend --quiet error report --pipeline '0 137' --command 'make | tee log'
    equal "$(reports .message | tail -1)" "stage 2 of 2 (tee log) was ended by signal 9"
    run mend error report --pipeline 'a b'
    equal "$status" 64
    run mend error report --pipeline ''
    equal "$status" 64
}

@test "error report --if-unavailable spool: nothing is lost while the daemon is away, and nothing told twice" {
    kill_daemon
    run mend error report 'nobody hears it'
    equal "$status" 69
    run mend error report 'kept' --if-unavailable spool
    equal "$status" 0
    has "$output" "is kept in"
    echo 'kept, too' | mend --quiet error report - --if-unavailable spool
    start_daemon
    run mend error report 'told' --if-unavailable spool
    has "$output" "2 reports that were kept have been delivered"
    equal "$(reports .message | sort)" $'kept\nkept, too\ntold'
}

@test "error report: what cannot be is refused before anything is sent" {
    for words in '' 'a --pipeline 1' '- --context -' '--json-input --stderr-file -' 'a --command b' \
        'a --if-unavailable spool --correlation c'; do
        # shellcheck disable=SC2086
        run mend error report $words
        equal "$status" 64
    done
}
