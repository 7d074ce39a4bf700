import MendProtocol
import MendRules

/// A report on its way into the table: masked, and no longer than it may be.
struct NewError: Sendable {
    /// Nothing where the report does not say: then it is when it came.
    let occurredAt: Int64?
    let service: String
    let message: String
    /// The report's own, or that of the catalogue's entry which the rule has found.
    let code: String?
    private let ownCode: String?
    let type: String?
    let task: String?
    let correlation: Name?
    let classified: Classification
    let caller: Caller
    let details: String
    let shape: MessageShape
    private(set) var fingerprint: Fingerprint

    func withFingerprint(_ fingerprint: Fingerprint) -> NewError {
        var error = self
        error.fingerprint = fingerprint
        return error
    }

    /// Of a group that begins with this report.
    var title: String { fingerprint.title ?? MessageTemplate.of(message) }

    /// By which its group was found before templates were mined.
    var version1: String { Fingerprint.version1(service: service, code: ownCode, type: type, message: message) }

    init(_ masked: Errors.Report, _ classified: Classification, caller: Caller, correlation: Name?) throws {
        func short(_ text: String?) -> String? { text.map { ErrorLimits.cut($0, ErrorLimits.name) } }
        occurredAt = masked.occurredAt?.value
        service = short(masked.service ?? caller.unit ?? caller.command) ?? "unknown"
        message = ErrorLimits.cut(masked.message, ErrorLimits.message)
        ownCode = short(masked.code)
        code = ownCode ?? classified.code
        type = short(masked.type)
        task = short(masked.task ?? correlation?.text)
        self.correlation = correlation
        self.classified = classified
        self.caller = caller
        details = try ErrorDetails.json(of: masked)
        shape = MessageShape(message)
        fingerprint = Fingerprint(
            code: ownCode, type: type, frames: masked.stack.map(StackFrames.inApp) ?? [], explicit: masked.fingerprint)
    }
}
