/// How many reports of each user were stored in this minute. What is beyond a user's quota is only counted, so that one
/// crash loop cannot push out everybody else's evidence, however different its reports are.
struct ReportQuota {
    private var minute: Int64 = -1
    private var stored: [UInt32: Int64] = [:]

    /// Whether the user has stored as many as it may in this minute.
    mutating func isUsedUp(by uid: UInt32, most: Int64, now: Moment) -> Bool {
        if now.minute != minute {
            minute = now.minute
            stored.removeAll(keepingCapacity: true)
        }
        return stored[uid, default: 0] >= most
    }

    /// Notes one more that was stored, and answers how many there are.
    mutating func count(for uid: UInt32) -> Int64 {
        stored[uid, default: 0] += 1
        return stored[uid, default: 0]
    }
}

extension Moment {
    /// Reports are counted by whole minutes of elapsed time.
    var minute: Int64 { elapsedMs / 60_000 }
}
