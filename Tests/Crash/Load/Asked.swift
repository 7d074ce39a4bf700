/// A call as it was asked, with what is needed to judge its answer.
enum Asked {
    case enqueue(serial: Int, kind: EnqueueKind)
    case lease(Lease)
    case complete(Token)
    case fail(Token)
    case release(Token)
    case extend(Token, leaseMs: Int)
    case cancel(operation: Int)
    case report(serial: Int)
    case begin(saga: Int)
    case step(saga: Int, number: Int)
    case confirm(saga: Int, step: Int)
    case commit(saga: Int)
    case rollback(saga: Int)
    case acquire(breaker: Int)
    case record(permit: Int)
    case configure(breaker: Int, threshold: Int)

    enum EnqueueKind: Equatable {
        case plain
        case delayed
        /// With one of a few keys, of which one operation at most is live.
        case keyed
        /// With an idempotency key: it may be sent again.
        case idempotent
    }

    struct Lease {
        var queue: String
        var max: Int
        var leaseMs: Int
        var waitMs: Int
        /// Whether the leases are tied to the connection.
        var holds: Bool
    }

    /// What a worker has in hand.
    struct Token: Hashable {
        var operation: Int
        var lease: Int
    }
}

extension Asked {
    /// The request as one line. Nobody but this writes what the checks later look for.
    func line(id: Int) -> String {
        let (method, params) = methodAndParams
        return #"{"jsonrpc":"2.0","id":\#(id),"method":"\#(method)","params":{\#(params)}}"# + "\n"
    }

    private var methodAndParams: (String, String) {
        switch self {
        case .enqueue(let serial, let kind): ("queue.enqueue", Work.params(serial, kind))
        case .lease(let lease):
            (
                "queue.lease",
                #""queues":["\#(lease.queue)"],"max":\#(lease.max),"lease_ms":\#(lease.leaseMs)"#
                    + (lease.waitMs > 0 ? #","wait_ms":\#(lease.waitMs)"# : "")
                    + (lease.holds ? #","hold":"connection""# : "")
            )
        case .complete(let token): ("queue.complete", token.params)
        case .fail(let token):
            (
                "queue.fail",
                token.params
                    + #","error":{"service":"\#(Work.failService(token))","message":"\#(Work.failMessage(token))""#
                    + #","category":"transient"}"#
            )
        case .release(let token): ("queue.release", token.params)
        case .extend(let token, let leaseMs): ("queue.extend", token.params + #","lease_ms":\#(leaseMs)"#)
        case .cancel(let operation): ("queue.cancel", #""operation":\#(operation)"#)
        case .report(let serial):
            (
                "error.report",
                #""service":"\#(Work.reportService(serial))","message":"\#(Work.reportMessage(serial))","errno":"EIO""#
            )
        case .begin(let saga): ("transaction.begin", #""name":"\#(Work.sagaName(saga))""#)
        case .step, .confirm, .commit, .rollback:
            preconditionFailure("a step needs its transaction's id: see Load+Sagas")
        case .acquire(let breaker): ("breaker.acquire", #""breaker":"b\#(breaker)""#)
        case .record(let permit): ("breaker.record", #""permit":\#(permit),"outcome":"success""#)
        case .configure(let breaker, let threshold):
            ("breaker.configure", #""breaker":"b\#(breaker)","failure_threshold":\#(threshold)"#)
        }
    }
}

extension Asked.Token {
    fileprivate var params: String { #""operation":\#(operation),"lease":\#(lease)"# }
}
