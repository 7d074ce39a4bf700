/// Why a call failed: the stable word on which programs match, and its one number.
///
/// The first five are JSON-RPC's own; ours are in -32000…-32099.
public enum Reason: String, WireEnum {
    case parseError = "parse_error"
    case invalidRequest = "invalid_request"
    case methodNotFound = "method_not_found"
    case invalidParams = "invalid_params"
    case internalError = "internal_error"

    case notFound = "not_found"
    case conflict = "conflict"
    case leaseLost = "lease_lost"
    case queueFull = "queue_full"
    case permissionDenied = "permission_denied"
    case idempotencyMismatch = "idempotency_mismatch"
    case deadlineExceeded = "deadline_exceeded"
    case tooLarge = "too_large"
    case diskFull = "disk_full"
    case shuttingDown = "shutting_down"
    case cancelled = "cancelled"
    case unavailable = "unavailable"
    case tooManyConnections = "too_many_connections"

    public var code: Int {
        switch self {
        case .parseError: -32700
        case .invalidRequest: -32600
        case .methodNotFound: -32601
        case .invalidParams: -32602
        case .internalError: -32603
        case .notFound: -32001
        case .conflict: -32002
        case .leaseLost: -32003
        case .queueFull: -32004
        case .permissionDenied: -32005
        case .idempotencyMismatch: -32006
        case .deadlineExceeded: -32007
        case .tooLarge: -32008
        case .diskFull: -32009
        case .shuttingDown: -32010
        case .cancelled: -32011
        case .unavailable: -32012
        case .tooManyConnections: -32013
        }
    }

    /// Whether the same call may succeed later without anything about it being changed.
    public var isRetryable: Bool {
        switch self {
        case .queueFull, .diskFull, .shuttingDown, .unavailable, .tooManyConnections, .deadlineExceeded: true
        default: false
        }
    }

    public init?(code: Int) {
        guard let match = Self.allCases.first(where: { $0.code == code }) else { return nil }
        self = match
    }
}
