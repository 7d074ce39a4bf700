import MendProtocol

extension Group.Reopen: WriterMethod {
    package func apply(_ call: CallContext) throws -> Reply<Answer> {
        var standing = try call.scope.topGroup(group).standing
        standing.resolvedAt = nil
        standing.mutedAt = nil
        standing.mutedUntil = nil
        standing.mutedOccurrences = nil
        return .now(try call.scope.say(standing, of: group))
    }
}
