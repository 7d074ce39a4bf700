import ArgumentParser
import MendProtocol

/// A breaker, or all whose names begin alike.
enum BreakerSubject {
    case breaker(Name)
    case pattern(NamePattern)

    static func argument(_ text: String) throws -> BreakerSubject {
        if let pattern = NamePattern(text) { return .pattern(pattern) }
        return .breaker(try Name.argument(text))
    }
}
