/// A token bucket as one point in time (the generic cell rate algorithm, ITU-T I.371): when it is full again. A pure value.
///
/// Times are microseconds of elapsed time: a rate may be above one in a millisecond.
struct TokenBucket: Hashable {
    /// Between two tokens.
    let intervalUs: Int64
    /// Tokens that it holds at most.
    let burst: Int64

    /// - Parameter rate: tokens a second.
    init(rate: Double, burst: Int64?) {
        intervalUs = Int64((1_000_000 / rate).rounded())
        self.burst = burst ?? max(1, Int64(rate.rounded(.up)))
    }

    /// The milliseconds of elapsed time at which there is a token.
    func nextTokenMs(fullAtUs: Int64) -> Int64 {
        let us = fullAtUs - (burst - 1) * intervalUs
        return us / 1000 + (us % 1000 > 0 ? 1 : 0)
    }

    /// When it is full again, once a token is taken from it.
    func taking(fullAtUs: Int64, nowMs: Int64) -> Int64 {
        max(fullAtUs, nowMs * 1000) + intervalUs
    }

    /// What a bucket of another size owes at most: one that is empty.
    func bounded(fullAtUs: Int64, nowMs: Int64) -> Int64 {
        min(fullAtUs, nowMs * 1000 + burst * intervalUs)
    }
}
