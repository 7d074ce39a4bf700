import MendProtocol
import MendWire

/// What a client allows. Both kinds of client take the same.
public struct ClientSettings: Hashable, Sendable {
    /// How long a call waits for its answer, in milliseconds; nil: as long as the connection lives. What the daemon
    /// itself is asked to wait (`wait_ms`) counts too.
    public var timeoutMs: Int64?
    /// A call that takes more bytes fails with `too_large` and is not sent. The default is the daemon's.
    public var maxRequestBytes = 1 << 20
    /// A longer answer ends the connection.
    public var maxAnswerBytes = 16 << 20
    /// Calls of a ``Client`` that are sent and not answered; further ones wait their turn. The default is the daemon's.
    public var maxInFlight = 1024
    /// Bytes of a ``Client`` that the daemon has not taken yet; further calls wait their turn.
    public var maxOutgoingBytes = 4 << 20

    public init(timeoutMs: Int64? = nil) {
        self.timeoutMs = timeoutMs
    }
}
