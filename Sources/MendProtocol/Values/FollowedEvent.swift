/// What a follower is told: the parameters of the notification `events.event`. It holds one of the two.
public struct FollowedEvent: Codable, Hashable, Sendable {
    /// The name of the notification.
    public static let name = "events.event"

    /// Which subscription of the connection it is for.
    public var follow: Int64
    public var event: Event?
    /// Events that were removed before the follower took them.
    public var missed: MissedEvents?

    public init(follow: Int64, event: Event) {
        self.follow = follow
        self.event = event
    }

    public init(follow: Int64, missed: MissedEvents) {
        self.follow = follow
        self.missed = missed
    }
}
