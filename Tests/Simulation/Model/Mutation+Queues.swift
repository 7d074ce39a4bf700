extension Mutation {
    static let ofQueues: [Mutation] = [
        Mutation(
            .lanesInOrder, "an operation in three that has to wait in its lane has the lane as well",
            """
            CREATE TRIGGER planted AFTER UPDATE OF lane_place ON operations WHEN NEW.lane_place = 1 AND NEW.id % 3 = 0 BEGIN
                UPDATE operations SET lane_place = 0 WHERE id = NEW.id;
            END
            """),
        Mutation(
            .lanesInOrder, "a dead letter that is to block its lane lets the next one go",
            """
            CREATE TRIGGER planted AFTER UPDATE OF blocks_lane ON operations WHEN NEW.blocks_lane = 1 BEGIN
                UPDATE operations SET blocks_lane = 0 WHERE id = NEW.id;
            END
            """),
        Mutation(
            .journalTells, "the journal does not tell that the wall clock was set",
            """
            CREATE TRIGGER planted AFTER INSERT ON events WHEN NEW.kind = 'clock.jumped' BEGIN
                UPDATE events SET kind = 'group.new' WHERE event = NEW.event;
            END
            """),
        Mutation(
            .keyUnique, "an operation in two has another key than was asked for",
            """
            CREATE TRIGGER planted AFTER INSERT ON operations WHEN NEW.key IS NOT NULL AND NEW.id % 2 = 0 BEGIN
                UPDATE operations SET key = NEW.key || NEW.id WHERE id = NEW.id;
            END
            """),
        Mutation(
            .expiredStays, "operations expire later than was asked for",
            """
            CREATE TRIGGER planted AFTER INSERT ON operations WHEN NEW.expires_at IS NOT NULL BEGIN
                UPDATE operations SET expires_at = NEW.expires_at + 1000000,
                    due_at = NEW.due_at + iif(NEW.due_at = NEW.expires_at, 1000000, 0) WHERE id = NEW.id;
            END
            """),
        Mutation(
            .limitsHeld, "the rate of a queue is forgotten by a restart",
            """
            CREATE TRIGGER planted AFTER UPDATE OF bucket_full_at ON queues WHEN NEW.bucket_full_at > 0 BEGIN
                UPDATE queues SET bucket_full_at = 0 WHERE id = NEW.id;
            END
            """),
        Mutation(
            .limitsHeld, "a queue runs more operations at a time than was configured",
            """
            CREATE TRIGGER planted AFTER UPDATE OF settings ON queues
            WHEN json_extract(NEW.settings, '$.maxConcurrent') < 4 BEGIN
                UPDATE queues SET settings = json_set(NEW.settings, '$.maxConcurrent', 4) WHERE id = NEW.id;
            END
            """),
        Mutation(
            .onTime, "an operation in three is due before its time",
            """
            CREATE TRIGGER planted AFTER UPDATE OF state ON operations WHEN NEW.state = 1 AND NEW.id % 3 = 0 BEGIN
                UPDATE operations SET due_at = NEW.due_at - 10000 WHERE id = NEW.id;
            END
            """),
        Mutation(
            .onTime, "a change of the wall clock lets nothing of what waits for it wait longer",
            """
            CREATE TRIGGER planted AFTER INSERT ON operations WHEN NEW.run_at IS NOT NULL BEGIN
                UPDATE operations SET run_at = NULL WHERE id = NEW.id;
            END
            """),
        Mutation(
            .changesExplained, "an operation in ten that is to be tried again is cancelled",
            """
            CREATE TRIGGER planted AFTER UPDATE OF state ON operations
            WHEN NEW.state = 1 AND OLD.state = 4 AND NEW.id % 10 = 0 BEGIN
                UPDATE operations SET state = 7, ended_at = 1 WHERE id = NEW.id;
            END
            """),
        Mutation(
            .journalTells, "an event in three tells something else",
            """
            CREATE TRIGGER planted AFTER INSERT ON events WHEN NEW.event % 3 = 0 BEGIN
                UPDATE events SET kind = 'group.new' WHERE event = NEW.event;
            END
            """),
        Mutation(
            .keyedOnce, "an idempotency key in two is forgotten",
            """
            CREATE TRIGGER planted AFTER INSERT ON idempotency WHEN NEW.method <> 'lease' AND NEW.id % 2 = 0 BEGIN
                DELETE FROM idempotency WHERE id = NEW.id;
            END
            """),
        Mutation(
            .saidAgain, "the answer to a failure is kept as another one",
            """
            CREATE TRIGGER planted AFTER INSERT ON idempotency WHEN NEW.method = 'lease' BEGIN
                UPDATE idempotency SET answer = replace(NEW.answer, '"scheduled"', '"ready"') WHERE id = NEW.id;
            END
            """),
    ]

    static let ofHolds: [Mutation] = [
        Mutation(
            .holdsEnd, "a restart forgets what leases are tied to",
            """
            CREATE TRIGGER planted AFTER UPDATE OF owner ON operations WHEN NEW.owner IS NOT NULL BEGIN
                UPDATE operations SET owner = NULL WHERE id = NEW.id;
            END
            """),
        Mutation(
            .attemptsFair, "a lease that is given back spends its attempt",
            """
            CREATE TRIGGER planted AFTER UPDATE OF state ON operations
            WHEN OLD.state = 4 AND NEW.attempt = OLD.attempt - 1 BEGIN
                UPDATE operations SET attempt = OLD.attempt WHERE id = NEW.id;
            END
            """),
        Mutation(
            .poisonSetAside, "losses of workers are forgotten",
            """
            CREATE TRIGGER planted AFTER UPDATE OF state ON operations WHEN NEW.lost > 0 BEGIN
                UPDATE operations SET lost = 0 WHERE id = NEW.id;
            END
            """),
    ]
}
