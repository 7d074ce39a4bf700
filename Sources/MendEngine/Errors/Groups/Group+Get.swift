import MendProtocol

extension Group.Get: ReaderMethod {
    package func read(_ scope: ReadScope) throws -> Answer {
        try GroupRow.find(group, in: scope.db).info(in: scope.db, now: scope.now)
    }
}
