import MendProtocol

extension Errors.Report: WriterMethod {
    package static var bringsNewWork: Bool { true }

    package func prepared(by intake: ReportIntake, for caller: Caller, meta: Meta) -> PreparedCall<Answer>? {
        let report = Result { try PreparedReport(self, by: intake, caller: caller, correlation: meta.correlation) }
        return { call in .now(try call.scope.take(report.get())) }
    }

    package func apply(_ call: CallContext) throws -> Reply<Answer> {
        .now(try call.scope.take(self, caller: call.caller, correlation: call.meta.correlation))
    }
}
