import GRDB
import MendProtocol

// What of a queue's settings keeps ready operations from being leased.
extension ExplainedQueue {
    static let limits: [Saying<ExplainedQueue>] = [
        { queue in
            queue.crowd
                ?? queue.settings.maxConcurrent.map { "at most \($0.of("operation")) leased at a time" }
        },
        { queue in queue.rateUsedUp ?? queue.rate.map { "at most \($0) a second leased" } },
        { queue in
            queue.live < queue.maxSize
                ? nil : "it is full: it holds \(queue.live.of("live operation")), and refuses new ones"
        },
    ]

    /// As many are leased as may be.
    var crowd: String? {
        guard let most = settings.maxConcurrent, count(.leased) >= most else { return nil }
        return "\(count(.leased).of("operation")) leased, as many as max_concurrent allows"
    }

    var rateUsedUp: String? {
        guard nextTokenMs != nil, let rate else { return nil }
        return "its rate of \(rate) a second is used up for now"
    }

    private var rate: String? {
        settings.rate.map { rate in Int64(exactly: rate).map(String.init) ?? String(rate) }
    }

    /// The elapsed time at which its rate lets the next one go; nothing where it does already.
    private var nextTokenMs: Int64? {
        guard let bucket = settings.bucket else { return nil }
        let nextMs = bucket.nextTokenMs(fullAtUs: row["bucket_full_at"])
        return nextMs > now.elapsedMs ? nextMs : nil
    }

    /// What has to happen before whoever asks gets the next operation; nothing where nothing has to.
    var nextRoom: System.Explain.Next? {
        if let breaker, breaker.isShut, !breaker.isTimeOver {
            return System.Explain.Next(at: breaker.info.retryAt, what: "its breaker lets the next operation try")
        }
        if crowd != nil { return System.Explain.Next(what: "a lease of its operations ends, and the next one may go") }
        if let breaker, breaker.crowd != nil, !breaker.isInShadow {
            return System.Explain.Next(
                what: "a call that its breaker has let through ends, and the next operation may go")
        }
        return nextTokenMs.map {
            System.Explain.Next(at: now.wall(atElapsed: $0), what: "its rate lets the next operation go")
        }
    }
}
