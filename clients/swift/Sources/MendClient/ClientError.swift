import MendProtocol
import MendWire

/// Why a call has no answer.
public enum ClientError: Error, Hashable, Sendable {
    /// There is no connection: nothing was sent.
    case unreachable(Unreachable)
    /// The connection ended before the answer came. Whether the call was done is not known; nothing is sent again by
    /// itself. The text says how it ended.
    case connectionLost(String)
    /// The daemon refused the call, or it could not be sent at all: nothing was done.
    case failed(FailedCall)
    /// What came is not what the wire says. Whether the call was done is not known.
    case protocolViolation(String)
    /// No answer came in time. Whether the call was or will be done is not known.
    case timedOut
    /// The task that waited was cancelled. Whether the call was or will be done is not known.
    case cancelled
}

/// A socket that could not be connected to.
public struct Unreachable: Error, Hashable, Sendable {
    public let socket: String
    /// Of `connect(2)`; 0 where it was not called.
    public let errno: Int32
    /// For people.
    public let message: String
    /// What to do next.
    public let hint: String?

    package init(socket: String, errno: Int32, message: String, hint: String? = nil) {
        self.socket = socket
        self.errno = errno
        self.message = message
        self.hint = hint
    }
}

/// The `error` of an answer.
public struct FailedCall: Error, Hashable, Sendable {
    public let code: Int
    /// The stable word on which programs match, as it was sent.
    public let word: String
    /// The same; nil for a word that this client is too old to know.
    public let reason: Reason?
    /// For people.
    public let message: String
    /// The parameter that is at fault, by its path.
    public let field: String?
    /// What to do next.
    public let hint: String?
    /// Whether the same call may succeed later without anything about it being changed.
    public let isRetryable: Bool
    /// When it is worth trying again.
    public let retryAfterMs: Int64?
    /// The whole `data` member.
    public let data: RawJSON?

    package init(_ error: RPCError) {
        let data = (try? error.data?.document)?.root
        code = error.code
        message = error.message
        word = data?["reason"]?.stringValue ?? Reason(code: error.code)?.rawValue ?? "unknown"
        reason = Reason(rawValue: word) ?? Reason(code: error.code)
        field = data?["field"]?.stringValue
        hint = data?["hint"]?.stringValue
        isRetryable = data?["retryable"]?.boolValue ?? reason?.isRetryable ?? false
        retryAfterMs = data?["retry_after_ms"]?.integerValue.map(Int64.init)
        self.data = error.data
    }

    /// What is found wrong before it is sent, told as the daemon would.
    package init(_ error: CallError) {
        let data = try? WireEncoder.text(of: error.details)
        self.init(
            RPCError(code: error.reason.code, message: error.message, data: data.map { RawJSON(unchecked: $0) }))
    }
}

extension ClientError: CustomStringConvertible {
    /// One sentence, for people.
    public var message: String {
        switch self {
        case .unreachable(let unreachable): unreachable.message
        case .connectionLost(let how): "the connection was lost: \(how)"
        case .failed(let call): call.message
        case .protocolViolation(let what): "the daemon's answer was not understood: \(what)"
        case .timedOut: "no answer came in time"
        case .cancelled: "the wait for the answer was cancelled"
        }
    }

    /// What to do next.
    public var hint: String? {
        switch self {
        case .unreachable(let unreachable): unreachable.hint
        case .failed(let call): call.hint
        case .connectionLost, .timedOut, .cancelled:
            "whether the call was done is not known: look before sending it again"
        case .protocolViolation: "client and daemon may be of different versions: compare `mend system hello`"
        }
    }

    public var description: String { message }
}
