import MendProtocol

extension Group.Merge: WriterMethod {
    private static let most = 100

    package func apply(_ call: CallContext) throws -> Reply<Answer> {
        let top = try call.scope.topGroup(group)
        guard (1...Self.most).contains(groups.count), Set(groups).count == groups.count, !groups.contains(group) else {
            throw CallError(
                .invalidParams, "1 to \(Self.most) groups are needed, each once, and not the group itself",
                field: "groups", hint: "name the groups that are to be counted to group \(group)")
        }
        let others = try groups.map { try call.scope.topGroup($0) }
        for other in others {
            // A hundred at once move no more reports at once than one does.
            try call.scope.put(other.id, into: group, byHand: true, moving: Scope.dueLimit / others.count)
            call.scope.forgetMiner(of: other.service)
        }
        call.scope.forgetMiner(of: top.service)
        return .now(try call.scope.group(group).info(in: call.db, now: call.now))
    }
}

extension Scope {
    /// Has a service's templates read again, as they are now and as they were where this is taken back.
    func forgetMiner(of service: String) {
        let engine = engine
        engine.miners.forget(service)
        engine.onRollback.append { engine.miners.forget(service) }
    }
}
