import GRDB
import MendProtocol

extension Group.Resolve: WriterMethod {
    package func apply(_ call: CallContext) throws -> Reply<Answer> {
        var group = try call.scope.topGroup(group).standing
        group = GroupStanding(resolvedAt: group.resolvedAt ?? call.now.wallMs)
        return .now(try call.scope.say(group, of: self.group))
    }
}

extension Scope {
    /// Writes down what was said of a group.
    func say(_ standing: GroupStanding, of group: Int64) throws -> GroupInfo {
        try settleGroupTallies()
        try db.cachedStatement(
            sql: """
                UPDATE error_groups
                SET resolved_at = ?2, regressed_at = ?3, muted_at = ?4, muted_until = ?5, muted_occurrences = ?6,
                    escalated_hour = ?7
                WHERE id = ?1
                """
        ).execute(arguments: [
            group, standing.resolvedAt, standing.regressedAt, standing.mutedAt, standing.mutedUntil,
            standing.mutedOccurrences, standing.escalatedHour,
        ])
        return try self.group(group).info(in: db, now: now)
    }
}
