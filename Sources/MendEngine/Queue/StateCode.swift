import GRDB
import MendProtocol

/// The numbers by which states are kept; the first five are live. Indexes name them, so they never change.
enum StateCode: Int64, DatabaseValueConvertible {
    case held = 0
    case scheduled, ready, parked, leased, done, dead, cancelled, expired

    init(_ state: OperationState) {
        switch state {
        case .held: self = .held
        case .scheduled: self = .scheduled
        case .ready: self = .ready
        case .parked: self = .parked
        case .leased: self = .leased
        case .done: self = .done
        case .dead: self = .dead
        case .cancelled: self = .cancelled
        case .expired: self = .expired
        }
    }

    var state: OperationState {
        switch self {
        case .held: .held
        case .scheduled: .scheduled
        case .ready: .ready
        case .parked: .parked
        case .leased: .leased
        case .done: .done
        case .dead: .dead
        case .cancelled: .cancelled
        case .expired: .expired
        }
    }
}

extension OperationState {
    /// The state of a stored number.
    package init(stored code: Int64) throws {
        guard let known = StateCode(rawValue: code) else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "an operation is in state \(code)")
        }
        self = known.state
    }

    var code: Int64 { StateCode(self).rawValue }
}
