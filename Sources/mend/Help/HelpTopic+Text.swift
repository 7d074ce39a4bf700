extension HelpTopic {
    /// In lines of 80 characters at most. What is indented by four is a command, or shown as it is.
    var text: String {
        switch self {
        case .exitStatus: Self.exitStatusText
        case .environment: Self.environmentText
        case .recipes: Self.recipesText
        case .verdicts: Self.verdictsText
        case .time: Self.timeText
        }
    }

    private static let exitStatusText = """
        How mend ends. The numbers from 64 on are those of sysexits.h.

          0   it is done
          1   the call failed, or what was waited for ended badly
          64  the command line is wrong, or a file that was given
          69  the daemon cannot be reached, or was lost before it answered
          75  later: a breaker is open, a queue is full or has nothing, a wait was over
              too soon
          77  not allowed

        What runs a command (mend run, mend work --once, mend txn step) ends as the
        command did, and besides:

          75       the breaker is open, the command was not run
          124      it took too long
          125      mend itself failed
          126, 127 the command cannot be run, or is not there
          128+n    signal n ended it; Ctrl-C ends also mend and the script around it

        What a command says to mend by its own status:

          75  later: try again. To mend work it means later, too
          65  never: mend work sets the operation aside as a dead letter
          any other, and the end of what it wrote to standard error: see
          mend help verdicts

        A message goes to standard error, and below it, as hint:, what to do next.
        With --json both are one JSON object.
        """

    private static let environmentText = """
        Read by mend:

          MEND_SOCKET      the daemon's socket, where no --socket is given
          MEND_CONNECT_TIMEOUT
                           how long a daemon that does not answer at all is waited
                           for, such as 2s (30s)
          XDG_RUNTIME_DIR  mend/mend.sock in it is the daemon of an ordinary user,
                           if it is there; else /run/mend/mend.sock is the host's
          XDG_STATE_HOME   mend/spool in it keeps reports while the daemon is away
                           (~/.local/state)
          XDG_CACHE_HOME   mend in it keeps what --fallback-last prints (~/.cache)
          TMPDIR           for what a command is to read again, where it is long
          PATH             of an undo, too: it runs with that of its step
          NO_COLOR         not empty: no colour. There is none either where the output
                           is no terminal or TERM is dumb
          TZ               for points in time that are read and written

        Set for the commands that mend work runs:

          MEND_QUEUE, MEND_OPERATION, MEND_ATTEMPT, MEND_MAX_ATTEMPTS
          MEND_PAYLOAD_FIELD            each field of a payload that is an object
          MEND_CORRELATION, TRACEPARENT where the operation has them
          MEND_TRANSACTION, MEND_STEP   of an undo

        Set for the commands of mend txn step and mend txn run: MEND_TRANSACTION and
        MEND_STEP.
        """

    private static let verdictsText = """
        Whoever reports a failure gets a verdict: a category (what kind of failure it
        is), a severity, and a strategy: try again and when, fail, skip it, or ask
        somebody. The daemon decides by rules, from what is known: exit status, signal,
        errno, HTTP status, SQLSTATE, exception, and the end of standard error.

        mend run, mend work and mend txn do what the verdict says. To try again is only
        worth it where the failure passes by itself: a server that is busy, a network
        that is away. What is permanent is never tried again, whatever --retry says.
        A server's Retry-After stands over the policy's own pause.

        To see what would be decided, and by which rule:

            mend error classify 'connection refused' --exit-status 7

        How often and when, a retry policy says, by name:

          quick     3 attempts, from half a second
          standard  5 attempts, from a second; where nothing is said
          patient   10 attempts from 2 seconds, a quarter of an hour in all
          network   5 attempts, 1 to 30 seconds apart, for what many lose at once
          docker    5 attempts, 5 seconds to a minute apart

        or written out as JSON, where what is left out is as in standard:

          {"max_attempts": 8, "base_ms": 2000, "max_delay_ms": 60000,
           "max_elapsed_ms": 600000}

        mend run --retry 3 is standard with 3 attempts. mend error guidance CODE tells
        what to do about a code, and mend explain op:7 why an operation is where it is.
        """

    private static let timeText = """
        Durations have a unit:

          500ms  20s  10m  2h  1d  1w  1.5s  1h30m

        A number alone is refused, because some would mean seconds by it and others
        milliseconds; only 0 needs no unit.

        Points in time are local, and in UTC with a Z at the end:

          03:00                 of today
          2026-01-02 03:00      2026-01-02T03:00:00
          2026-01-02T03:00:00Z  @1767322800 (seconds since 1970)
          now

        Where something is looked for --since a time, a duration means so long ago;
        where something is to be --until then, so long from now.

        Sizes are bytes, or have a unit; K and KiB are 1024 bytes, KB is 1000:

          512  64K  10M  1.5G  1GiB  10MB

        With --json times are Unix milliseconds (.._at) and durations milliseconds
        (.._ms).
        """
}
