extension Mutation {
    static let ofMainJob: [Mutation] = [
        Mutation(
            .nothingLost, "an operation in fifty disappears when it is written",
            """
            CREATE TRIGGER planted AFTER INSERT ON operations WHEN NEW.id % 50 = 0 AND NEW.txn IS NULL BEGIN
                DELETE FROM operations WHERE id = NEW.id;
            END
            """),
        Mutation(
            .nothingInvented, "an operation in twenty gets a payload that nobody sent",
            """
            CREATE TRIGGER planted AFTER INSERT ON operations WHEN NEW.id % 20 = 0 BEGIN
                UPDATE operations SET payload = '987654321' WHERE id = NEW.id;
            END
            """),
        Mutation(
            .notDoneAgain, "an operation in ten is ready again when it was done",
            """
            CREATE TRIGGER planted AFTER UPDATE OF state ON operations WHEN NEW.state = 5 AND NEW.id % 10 = 0 BEGIN
                UPDATE operations SET state = 2, due_at = NULL, ended_at = NULL WHERE id = NEW.id;
                UPDATE queues SET done = done - 1, ready = ready + 1 WHERE id = NEW.queue;
            END
            """),
        Mutation(
            .leasedOnce, "a lease ends after a tenth of its time",
            """
            CREATE TRIGGER planted AFTER UPDATE OF lease ON operations WHEN NEW.state = 4 BEGIN
                UPDATE operations SET due_at = NEW.due_at - NEW.lease_ms * 9 / 10 WHERE id = NEW.id;
            END
            """),
        Mutation(
            .leaseKept, "a lease in five has another token on disk than the one that was given",
            """
            CREATE TRIGGER planted AFTER UPDATE OF lease ON operations WHEN NEW.state = 4 AND NEW.lease % 5 = 0 BEGIN
                UPDATE operations SET lease = NEW.lease + 1000000 WHERE id = NEW.id;
            END
            """),
        Mutation(
            .tokensGrow, "the counter of leases is written too low",
            """
            CREATE TRIGGER planted AFTER UPDATE ON counters WHEN NEW.lease > 3 BEGIN
                UPDATE counters SET lease = NEW.lease - 3;
            END;
            CREATE TRIGGER planted_too AFTER UPDATE ON queues WHEN NEW.last_lease > 3 BEGIN
                UPDATE queues SET last_lease = NEW.last_lease - 3 WHERE id = NEW.id;
            END
            """),
        Mutation(
            .ownership, "an operation in three belongs to whoever asks",
            """
            CREATE TRIGGER planted AFTER INSERT ON operations WHEN NEW.id % 3 = 0 BEGIN
                UPDATE operations SET uid = 1000 + (NEW.uid - 1000 + 1) % 3 WHERE id = NEW.id;
            END
            """),
        Mutation(
            .limitsHeld, "operations are tried more often than they may be",
            """
            CREATE TRIGGER planted AFTER INSERT ON operations WHEN NEW.txn IS NULL BEGIN
                UPDATE operations SET max_attempts = NEW.max_attempts + 2 WHERE id = NEW.id;
            END
            """),
        Mutation(
            .breakerLegal, "a breaker that was open comes back half-open",
            """
            CREATE TRIGGER planted AFTER UPDATE ON breakers WHEN NEW.snapshot LIKE '%"state":"open"%' BEGIN
                UPDATE breakers SET snapshot = replace(NEW.snapshot, '"state":"open"', '"state":"half_open"')
                WHERE name = NEW.name;
            END;
            CREATE TRIGGER planted_too AFTER INSERT ON breakers WHEN NEW.snapshot LIKE '%"state":"open"%' BEGIN
                UPDATE breakers SET snapshot = replace(NEW.snapshot, '"state":"open"', '"state":"half_open"')
                WHERE name = NEW.name;
            END
            """),
        Mutation(
            .noLeakedSlot, "permits outlive their time after a restart",
            """
            CREATE TRIGGER planted AFTER UPDATE ON counters WHEN NEW.event % 2 = 0 BEGIN
                UPDATE breakers SET snapshot = json_set(snapshot, '$.settings.permit_ms', 86400000);
            END
            """),
        Mutation(
            .undosLastFirst, "the undos of two steps change places",
            """
            CREATE TRIGGER planted AFTER INSERT ON steps WHEN NEW.step = 2 AND NEW.payload IS NOT NULL BEGIN
                UPDATE steps SET payload = (SELECT payload FROM steps WHERE txn = NEW.txn AND step = 1 AND payload IS NOT NULL)
                WHERE txn = NEW.txn AND step = 2
                    AND EXISTS (SELECT 1 FROM steps WHERE txn = NEW.txn AND step = 1 AND payload IS NOT NULL);
            END
            """),
        Mutation(
            .undoneAtLeastOnce, "with the undo of a step, that of the one before it counts as done",
            """
            CREATE TRIGGER planted AFTER UPDATE OF state ON steps WHEN NEW.state = 'undone' BEGIN
                UPDATE steps SET state = 'passed'
                WHERE txn = NEW.txn AND step = NEW.step - 1 AND state IN ('recorded', 'confirmed');
            END
            """),
        Mutation(
            .journalWithoutGaps, "an event in twenty is not written",
            """
            CREATE TRIGGER planted AFTER INSERT ON events WHEN NEW.event % 20 = 0 BEGIN
                DELETE FROM events WHERE event = NEW.event;
            END
            """),
        Mutation(
            .countsAgree, "an end in ten is not counted",
            """
            CREATE TRIGGER planted AFTER UPDATE ON queues WHEN NEW.done > OLD.done AND NEW.done % 10 = 0 BEGIN
                UPDATE queues SET done = NEW.done - 1 WHERE id = NEW.id;
            END
            """),
        Mutation(
            .answered, "a step in ten fails in the database",
            """
            CREATE TRIGGER planted BEFORE INSERT ON steps WHEN (NEW.txn + NEW.step) % 10 = 0 BEGIN
                SELECT RAISE(ABORT, 'planted');
            END
            """),
    ]
}
