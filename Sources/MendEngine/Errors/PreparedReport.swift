import MendProtocol
import MendRules

/// By what reports are judged before they are stored.
package final class ReportIntake: Sendable {
    let rules: RulesInForce
    let masker: Masker

    init(rules: RulesInForce, masker: Masker) {
        self.rules = rules
        self.masker = masker
    }
}

/// A report as far as it can be taken without the state: judged, masked, and read for what tells its group. That is most
/// of the work, and is done where the call is read, so that the writer has the less to do. A class: a copy of all its
/// texts would cost as much as to read them.
final class PreparedReport: Sendable {
    /// As it came.
    let report: Errors.Report
    let masked: Errors.Report
    let rules: Rulebook
    let classified: Classification
    let error: NewError

    /// - Parameter correlation: what it belongs to; also its task where the report does not say.
    /// - Throws: `WireEncodingError` for what cannot be written as JSON.
    init(_ report: Errors.Report, by intake: ReportIntake, caller: Caller, correlation: Name?) throws {
        self.report = report
        rules = intake.rules.current
        classified = rules.classify(report, command: caller.command)
        masked = try report.masked(by: intake.masker)
        error = try NewError(
            masked, classified, caller: caller, correlation: correlation.map { $0.masked(by: intake.masker) })
    }
}

extension Name {
    /// Without the brackets of a mark, which no name has.
    fileprivate func masked(by masker: Masker) -> Name {
        guard let masked = masker.masked(text) else { return self }
        return Name(String(masked.filter { $0 != "[" && $0 != "]" }.prefix(Self.maxLength))) ?? self
    }
}
