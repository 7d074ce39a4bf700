extension Mutation {
    static let ofTransactions: [Mutation] = [
        Mutation(
            .transactionLegal, "a transaction in two that was rolled back is committed",
            """
            CREATE TRIGGER planted AFTER UPDATE OF state ON transactions
            WHEN NEW.state = 'rolled_back' AND NEW.id % 2 = 0 BEGIN
                UPDATE transactions SET state = 'committed' WHERE id = NEW.id;
            END
            """),
        Mutation(
            .undosExempt, "undos expire",
            """
            CREATE TRIGGER planted AFTER INSERT ON operations WHEN NEW.txn IS NOT NULL BEGIN
                UPDATE operations SET due_at = (SELECT last_elapsed + 60000 FROM counters),
                    expires_at = (SELECT last_elapsed + 60000 FROM counters) WHERE id = NEW.id;
            END
            """),
        Mutation(
            .undosStop, "undos that used up their attempts are passed over, whatever their step says",
            """
            CREATE TRIGGER planted AFTER INSERT ON steps WHEN NEW.payload IS NOT NULL BEGIN
                UPDATE steps SET on_exhausted = 'skip' WHERE txn = NEW.txn AND step = NEW.step;
            END
            """),
        Mutation(
            .stepGrace, "no undo waits for a step that may be under way",
            """
            CREATE TRIGGER planted AFTER INSERT ON transactions BEGIN
                UPDATE transactions SET step_grace_ms = 0 WHERE id = NEW.id;
            END
            """),
        Mutation(
            .savepointHeld, "a rollback to a step undoes one step more",
            """
            CREATE TRIGGER planted AFTER UPDATE OF savepoint ON transactions WHEN NEW.savepoint > 0 BEGIN
                UPDATE transactions SET savepoint = NEW.savepoint - 1 WHERE id = NEW.id;
            END
            """),
    ]
}
