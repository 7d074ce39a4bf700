import Logging
import MendProtocol

extension EventKind {
    /// How loudly the log tells of it. What a host under load has thousands of is for those who look for it.
    var level: Logger.Level {
        switch self {
        case .operationRetried: .debug
        case .operationDead, .operationPoison, .transactionParked, .transactionUndrained, .spaceShort: .error
        case .operationExpired, .leaseLost, .operationForgotten, .policyUnknown, .breakerOpened, .breakerForced,
            .breakerDisabled, .groupRegressed, .groupEscalating, .reportsSampled, .clockJumped, .queueParked,
            .operationParked, .transactionRollingBack, .transactionSkipped, .transactionResolved:
            .warning
        case .groupNew, .operatorCall, .spaceBack, .breakerClosed, .transactionRolledBack, .transactionRolledBackTo:
            .notice
        case .breakerHalfOpen, .queueUnparked, .replayBegun, .replayEnded, .transactionCommitted, .transactionResumed,
            .groupMerged, .daemonStarted:
            .info
        }
    }

    /// What it means and what to do, for an administrator who reads the log. Between two @ stands a field of the entry that
    /// each entry of the kind has: journalctl puts its value there.
    var explanation: String {
        switch self {
        case .operationRetried:
            "A worker could not do an operation. It is tried again by itself, later each time. Nothing is to be done."
        case .operationDead:
            "An operation will not be tried again: it failed for good, or too often. It is kept as a dead letter. Find out "
                + "why with “mend explain op:@MEND_OPERATION@”, remove the cause, and put it back with “mend queue replay "
                + "@MEND_OPERATION@”."
        case .operationPoison:
            "An operation lost its workers again and again: it probably ends them. It is kept as a dead letter. Look at the "
                + "worker's own log at that time before “mend queue replay @MEND_OPERATION@”."
        case .operationExpired:
            "An operation was not done by the time after which its producer had no use for it. Are there enough workers? "
                + "See “mend queue stats”."
        case .policyUnknown:
            "An operation names a retry policy that this version does not know; it is tried again by the policy “standard”."
        case .leaseLost:
            "A worker ended, or did not speak up in time, without saying how its operation went. The operation is given to "
                + "another one. If it happens often, look at the worker's own log."
        case .operationForgotten:
            "A queue had more dead letters than are kept, and the oldest were forgotten. Look at them, then replay or purge."
        case .operationParked:
            "A breaker opened, so operations that need what is behind it wait until it closes. Nothing is to be done."
        case .queueParked:
            "The breaker of a queue opened, so its operations wait until it closes. Nothing is to be done here: look at what "
                + "is behind the breaker."
        case .queueUnparked:
            "The breaker of a queue closed, and its operations go on."
        case .replayBegun:
            "Somebody put dead letters back, a few at a time. “mend queue stats @MEND_QUEUE@” shows how it goes."
        case .replayEnded:
            "Dead letters are no longer put back: all were, or somebody ended it, or a breaker opened."
        case .spaceShort:
            "The disk has no room. New work is refused with “disk_full”; what ends work goes on, and nothing that was "
                + "acknowledged is lost. Free some space: it is noticed by itself."
        case .spaceBack:
            "There is room on the disk again, and new work is taken."
        case .breakerOpened:
            "Too many calls to a dependency failed. Callers are told to wait, on the whole host, until a few calls that are let "
                + "through succeed. Look at the dependency; “mend explain breaker:@MEND_BREAKER@” tells why."
        case .breakerHalfOpen:
            "A few calls to a dependency are let through, to see whether it is back."
        case .breakerClosed:
            "A dependency is back: all calls to it are let through."
        case .breakerForced:
            "An operator holds a breaker open until “mend breaker reset @MEND_BREAKER@”."
        case .breakerDisabled:
            "An operator has taken a breaker out of action until “mend breaker reset @MEND_BREAKER@”: all calls are let through."
        case .transactionCommitted:
            "A transaction ended well: its undos are not needed any more."
        case .transactionRollingBack:
            "A transaction failed, or its time was over, or its owner ended. Its undos run now, the last one first."
        case .transactionRolledBack:
            "All undos of a transaction have been done."
        case .transactionRolledBackTo:
            "The last steps of a transaction have been undone, and it goes on from there."
        case .transactionParked:
            "An undo of a transaction failed for good, so the rollback stopped half way: the host is in a state in between. "
                + "“mend explain txn:@MEND_TRANSACTION@” tells where. Repair it, then “mend txn resume @MEND_TRANSACTION@”, “skip” or “resolve”."
        case .transactionResumed:
            "A rollback that had stopped goes on."
        case .transactionSkipped:
            "Somebody had a rollback go on without one of its undos: what that was to undo has stayed."
        case .transactionResolved:
            "Somebody ended a transaction by hand: its remaining undos will not run."
        case .transactionUndrained:
            "A rollback waits, since nobody takes its undo from the queue. Start the worker, or as the user concerned “mend "
                + "undo work” (systemctl start mend-undo@USER)."
        case .operatorCall:
            "Somebody did what only an operator may do; the entry says who, and what."
        case .groupNew:
            "A problem was reported for the first time. “mend explain group:@MEND_GROUP@” shows it."
        case .groupRegressed:
            "A problem that had been marked as resolved is back."
        case .groupEscalating:
            "A problem occurs far more often than it used to."
        case .groupMerged:
            "Groups of reports turned out to be one problem."
        case .reportsSampled:
            "There are so many reports of a problem, or of a user, that the rest of this minute's are only counted. Verdicts "
                + "are given all the same."
        case .daemonStarted:
            "The daemon began to work. The entry says where that is not on the state that it had: where a backup was "
                + "restored, or where there was no state, so that it begins with an empty one."
        case .clockJumped:
            "The clock of the host was set. Delays and leases do not change by it; times of entries before and after it "
                + "cannot be compared."
        }
    }

    /// All kinds, as journalctl(1) reads a catalogue of messages: `journalctl -x` explains entries by it.
    static var journalCatalogue: String {
        var text = "# What journalctl -x says of the entries of mendd. Written by: mendd --journal-catalogue\n"
        for kind in allCases {
            text += """

                -- \(kind.messageID)
                Subject: \(kind.rawValue): @MESSAGE@
                Defined-By: Mend

                \(kind.explanation)

                """
        }
        return text
    }
}
