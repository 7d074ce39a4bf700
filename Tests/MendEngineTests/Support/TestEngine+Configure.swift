import MendProtocol
import Testing

@testable import MendEngine

extension TestEngine {
    /// Changes settings of a queue as an operator does.
    @discardableResult
    func configure(_ queue: Name = .mail, _ change: (inout Queue.Configure) -> Void) throws -> QueueSettings {
        try call(configuring(queue, change), as: .root)
    }

    func configuring(_ queue: Name = .mail, _ change: (inout Queue.Configure) -> Void) -> Queue.Configure {
        var configure = Queue.Configure(queue: queue)
        change(&configure)
        return configure
    }

    func settings(_ queue: Name = .mail) throws -> QueueSettings {
        try #require(try read(Queue.Stats(queue: queue)).queues.first).settings
    }
}

extension Setting where Value: BoundedInteger {
    static func number(_ value: Int64) -> Setting { .to(Value(unchecked: value)) }
}

extension Setting where Value == Rate {
    static func perSecond(_ value: Double) throws -> Setting { .to(try #require(Rate(value))) }
}
