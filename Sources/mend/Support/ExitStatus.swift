import Glibc
import MendClient
import MendProtocol

/// How `mend` ends, for scripts; the numbers from 64 on are those of `sysexits.h`. Thrown, it ends the command without
/// another word.
package enum ExitStatus: Int32, Error {
    case done = 0
    /// The call failed.
    case failed = 1
    case usage = 64
    /// The daemon cannot be reached, or was lost before it answered.
    case unreachable = 69
    /// What was asked for is not to be had now, or has not come to its end yet.
    case tryLater = 75
    case notAllowed = 77

    /// Ends the command with it; a good end is none before its time.
    func end() throws(ExitStatus) {
        if self != .done { throw self }
    }

    package init(_ error: ClientError) {
        self =
            switch error {
            case .unreachable(let unreachable):
                switch unreachable.errno {
                case EACCES, EPERM: .notAllowed
                case EAGAIN: .tryLater
                default: .unreachable
                }
            case .connectionLost, .timedOut: .unreachable
            case .failed(let call) where call.reason == .permissionDenied: .notAllowed
            case .failed(let call) where call.isRetryable: .tryLater
            case .failed, .protocolViolation, .cancelled: .failed
            }
    }
}
