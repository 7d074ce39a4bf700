import MendProtocol

extension Errors.Report: WriterMethod {
    package static var bringsNewWork: Bool { true }

    package func apply(_ call: CallContext) throws -> Reply<Answer> {
        .now(try call.scope.take(self, caller: call.caller, correlation: call.meta.correlation))
    }
}
