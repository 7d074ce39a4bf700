import GRDB
import MendProtocol

extension System.Explain: ReaderMethod {
    package func read(_ scope: ReadScope) throws -> Answer {
        let subject = try subject
        let explained =
            switch subject {
            case .operation(let id): try scope.explain(operation: id)
            case .queue(let name): try scope.explain(queue: name)
            case .breaker(let name): try scope.explain(breaker: name)
            case .transaction(let id): try scope.explain(transaction: id)
            case .error(let id): try scope.explain(error: id)
            case .group(let id): try scope.explain(group: id)
            }
        return Answer(
            subject, state: explained.state, why: explained.why, next: explained.next, hint: explained.hint,
            see: explained.see)
    }

    private var subject: Subject {
        get throws(CallError) {
            let named: [Subject?] = [
                id, operation.map(Subject.operation), queue.map(Subject.queue), breaker.map(Subject.breaker),
                transaction.map(Subject.transaction), error.map(Subject.error), group.map(Subject.group),
            ]
            let subjects = named.compactMap { $0 }
            guard subjects.count == 1, let subject = subjects.first else {
                throw CallError(
                    .invalidParams, "name one thing to explain, not \(subjects.count)", field: "id",
                    hint: "such as {\"operation\": 1207} or {\"id\": \"op:1207\"}")
            }
            return subject
        }
    }
}

/// What there is to say of one thing.
struct Explanation {
    var state: String
    var why: [String] = []
    var next: System.Explain.Next?
    var hint: String?
    var see: [Subject] = []
}

/// One thing that may be said of a `Subject`: nothing where it does not apply. To say one thing more is to add one to a
/// list of them.
typealias Saying<Subject> = @Sendable (Subject) throws -> String?

extension Array {
    /// All that applies, in the order of the list.
    func said<Subject>(of subject: Subject) throws -> [String] where Element == Saying<Subject> {
        try compactMap { try $0(subject) }
    }
}

extension Int64 {
    /// `1 operation`, `2 operations`.
    func of(_ thing: String) -> String {
        self == 1 ? "1 \(thing)" : "\(self) \(thing)\(thing.hasSuffix("s") ? "es" : "s")"
    }

    /// `850 ms`, `20 s`, `5 min`: as much as a sentence needs.
    var asDuration: String {
        switch self {
        case ..<1000: "\(self) ms"
        case ..<120_000: "\(self / 1000) s"
        default: "\(self / 60_000) min"
        }
    }
}
