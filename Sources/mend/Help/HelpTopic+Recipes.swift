extension HelpTopic {
    /// A test runs each command in it as it stands; the programs that it names are there in the test.
    static let recipesText = """
        A cron job that may take half an hour, is tried again where that helps, and is
        reported each time that it fails:

            mend run --task nightly --timeout 30m --retry patient -- nightly-backup

        Hear of any failure of a script, with the end of what it wrote:

            mend run --service reports -- make-report || echo "see: mend error list"

        A breaker around curl, for all scripts of the host: after five failures in a
        row nobody calls for half a minute, and one call tries whether it is back.

            mend breaker configure api.example.com --failure-threshold 5 \\
                --recovery-timeout 30s
            mend run --breaker api.example.com --retry network --timeout 10s \\
                --fallback-last 1h -- curl -fsS https://api.example.com/prices
            mend breaker list

        A worker. The payload comes on standard input, and its fields in the
        environment; the exit status decides (mend help exit-status):

            mend queue put letters '{"to":"a@example.com"}' --key letter-1
            mend work letters --drain --parallel 2 --timeout 1m -- send-letter
            mend queue stats letters

        Look at what could not be done, and try it once more, slowly:

            mend queue list letters --state dead
            mend queue replay letters --rate 5

        A saga: steps that are undone, the last one first, where one of them fails, the
        time is over, or the script is killed:

            txn=$(mend txn begin deploy --timeout 10m --hold-pid $$)
            mend txn step "$txn" --undo 'rm -rf release' -- mkdir release
            mend txn step "$txn" --undo 'rm -f current' -- ln -s release current
            mend txn commit "$txn"

        The same as a file of lines COMMAND ::: UNDO:

            printf '%s\\n' 'mkdir data ::: rmdir data' 'touch data/ok' >steps
            mend txn run steps

        Move what waits to another queue, or to another host:

            mend queue put old '{"n":1}'
            mend queue export old --output waiting.jsonl
            mend queue import waiting.jsonl --queue new
            mend queue purge old --state ready

        What happened since yesterday, and how it is now:

            mend timeline --since 1d
            mend error summary
            mend status
        """
}
