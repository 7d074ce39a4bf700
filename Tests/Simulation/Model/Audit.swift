import GRDB
import MendEngine
import MendProtocol

/// A change of a state on disk, as the database itself wrote it down within the commit that made it.
struct Change {
    enum Kind: String {
        case operation, transaction, step, queue
    }

    let kind: Kind
    /// Of the operation, the transaction or the queue.
    let id: Int64
    let step: Int64?
    /// A number for an operation, else a word. Nothing where it was not there before, or is not there now.
    private let oldValue: DatabaseValue
    private let newValue: DatabaseValue
    let attempt: Int64
    let oldAttempt: Int64
    let lost: Int64
    let oldLost: Int64
    /// The token that was in force before the change, and the one that is after it.
    let oldLease: Int64?
    let lease: Int64?
    let oldDueMs: Int64?
    let oldOwner: Int64?
    /// A payload, the name of a transaction or a step, or a queue's settings.
    let text: String?
    let queue: Int64?
    let transaction: Int64?

    init(_ row: Row) throws {
        guard let kind = Kind(rawValue: row["kind"]) else {
            throw DatabaseError(message: "the audit has no \(row["kind"] as String)")
        }
        self.kind = kind
        id = row["id"]
        step = row["step"]
        oldValue = row["old"]
        newValue = row["new"]
        attempt = row["attempt"] ?? 0
        oldAttempt = row["old_attempt"] ?? 0
        lost = row["lost"] ?? 0
        oldLost = row["old_lost"] ?? 0
        oldLease = row["old_lease"]
        lease = row["lease"]
        oldDueMs = row["old_due"]
        oldOwner = row["old_owner"]
        text = row["text"]
        queue = row["queue"]
        transaction = row["txn"]
    }

    var oldOperation: OperationState? {
        get throws { try Int64.fromDatabaseValue(oldValue).map(OperationState.init(stored:)) }
    }
    var newOperation: OperationState? {
        get throws { try Int64.fromDatabaseValue(newValue).map(OperationState.init(stored:)) }
    }
    var oldWord: String? { String.fromDatabaseValue(oldValue) }
    var newWord: String? { String.fromDatabaseValue(newValue) }

    /// Beneath the engine, so that it sees what any statement does, and takes part in what is rolled back.
    static let audit = """
        CREATE TABLE audit (
            seq INTEGER PRIMARY KEY, kind, id, step, old, new, attempt, old_attempt, lost, old_lost, lease, old_lease,
            old_due, old_owner, text, queue, txn);
        CREATE TRIGGER audit_enqueued AFTER INSERT ON operations BEGIN
            INSERT INTO audit (kind, id, new, attempt, text, queue, txn, step)
            VALUES ('operation', NEW.id, NEW.state, NEW.attempt, NEW.payload, NEW.queue, NEW.txn, NEW.step);
        END;
        CREATE TRIGGER audit_changed AFTER UPDATE OF state ON operations BEGIN
            INSERT INTO audit (kind, id, old, new, attempt, old_attempt, lost, old_lost, lease, old_lease, old_due,
                old_owner, queue, txn, step)
            VALUES ('operation', NEW.id, OLD.state, NEW.state, NEW.attempt, OLD.attempt, NEW.lost, OLD.lost, NEW.lease,
                OLD.lease, OLD.due_at, OLD.owner, NEW.queue, NEW.txn, NEW.step);
        END;
        CREATE TRIGGER audit_forgotten AFTER DELETE ON operations BEGIN
            INSERT INTO audit (kind, id, old, queue, txn) VALUES ('operation', OLD.id, OLD.state, OLD.queue, OLD.txn);
        END;
        CREATE TRIGGER audit_begun AFTER INSERT ON transactions BEGIN
            INSERT INTO audit (kind, id, new, text) VALUES ('transaction', NEW.id, NEW.state, NEW.name);
        END;
        CREATE TRIGGER audit_transaction AFTER UPDATE OF state ON transactions BEGIN
            INSERT INTO audit (kind, id, old, new, step)
            VALUES ('transaction', NEW.id, OLD.state, NEW.state, NEW.savepoint);
        END;
        CREATE TRIGGER audit_recorded AFTER INSERT ON steps BEGIN
            INSERT INTO audit (kind, id, step, new, text) VALUES ('step', NEW.txn, NEW.step, NEW.state, NEW.name);
        END;
        CREATE TRIGGER audit_step AFTER UPDATE OF state ON steps BEGIN
            INSERT INTO audit (kind, id, step, old, new) VALUES ('step', NEW.txn, NEW.step, OLD.state, NEW.state);
        END;
        CREATE TRIGGER audit_queue AFTER INSERT ON queues BEGIN
            INSERT INTO audit (kind, id, new) VALUES ('queue', NEW.id, NEW.name);
        END;
        CREATE TRIGGER audit_configured AFTER UPDATE OF settings ON queues BEGIN
            INSERT INTO audit (kind, id, old, new, text)
            VALUES ('queue', NEW.id, NEW.name, NEW.name, NEW.settings);
        END
        """
}
