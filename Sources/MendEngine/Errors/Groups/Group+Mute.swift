import MendProtocol

extension Group.Mute: WriterMethod {
    package func apply(_ call: CallContext) throws -> Reply<Answer> {
        let row = try call.scope.topGroup(group)
        if let untilAt, untilAt.value <= call.now.wallMs {
            throw CallError(.invalidParams, "that time is over", field: "until_at", hint: "name a time to come")
        }
        if let occurrences, !(1...1_000_000_000).contains(occurrences) {
            throw CallError(
                .invalidParams, "a mute lasts for 1 to 1000000000 occurrences", field: "occurrences",
                hint: "leave it out for a mute that does not end by itself")
        }
        var standing = row.standing
        standing.mutedAt = call.now.wallMs
        standing.mutedUntil = untilAt?.value
        standing.mutedOccurrences = occurrences.map { row.occurrences + $0 }
        return .now(try call.scope.say(standing, of: group))
    }
}
