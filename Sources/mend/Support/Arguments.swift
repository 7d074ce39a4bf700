import ArgumentParser
import MendClient
import MendProtocol
import MendWire

// How the wire's values are read from arguments. What is thrown is put behind "The value … is invalid for --…: ".

extension Name {
    static func argument(_ text: String) throws -> Name {
        guard let name = Name(text) else {
            throw ValidationError("a name has 1 to \(maxLength) characters out of A-Z a-z 0-9 . _ - : / @ +")
        }
        return name
    }
}

extension TraceParent {
    static func argument(_ text: String) throws -> TraceParent {
        guard let parent = TraceParent(text) else { throw ValidationError("it is written like \(sample.text)") }
        return parent
    }
}

extension BoundedInteger {
    static func argument(_ text: String) throws -> Self {
        guard let number = Int64(text) else { throw ValidationError("a whole number is expected") }
        return try within(number)
    }

    /// A duration with its unit.
    static func duration(_ text: String) throws -> Self { try within(try DurationText.milliseconds(text)) }

    /// A point in time.
    static func instant(_ text: String) throws -> Self { try within(try WallClock.system().milliseconds(text)) }

    private static func within(_ number: Int64) throws -> Self {
        guard let value = Self(number) else {
            throw ValidationError("it must be between \(range.lowerBound) and \(range.upperBound)")
        }
        return value
    }
}

extension Int64 {
    /// A size in bytes.
    static func size(_ text: String) throws -> Int64 { try SizeText.bytes(text) }
}

extension Timestamp {
    /// A point in time, or a duration from now.
    static func coming(_ text: String) throws -> Timestamp {
        guard let later = try? DurationText.milliseconds(text) else { return try instant(text) }
        guard let then = Timestamp(WallClock.system().nowMs + later) else {
            throw ValidationError("it is too far away")
        }
        return then
    }

    /// A point in time, or a duration before now.
    static func past(_ text: String) throws -> Timestamp {
        guard let ago = try? DurationText.milliseconds(text) else { return try instant(text) }
        guard let then = Timestamp(WallClock.system().nowMs - ago) else { throw ValidationError("it is too long ago") }
        return then
    }
}

extension Share {
    /// `0.5` or `50%`.
    static func argument(_ text: String) throws -> Share {
        let number = text.hasSuffix("%") ? Double(text.dropLast()).map { $0 / 100 } : Double(text)
        guard let share = number.flatMap({ Share($0) }) else {
            throw ValidationError("a share is above 0 and at most 1, such as 0.5 or 50%")
        }
        return share
    }
}

extension Bool {
    static func argument(_ text: String) throws -> Bool {
        guard let value = Bool(text) else { throw ValidationError("'true' or 'false' is expected") }
        return value
    }
}

extension PolicyChoice {
    /// A name, or a policy written out as a JSON object.
    static func argument(_ text: String) throws -> PolicyChoice {
        guard text.hasPrefix("{") else { return .named(try Name.argument(text)) }
        return .inline(try WireDecoder.decode(RetryPolicy.self, from: try JSONDocument(parsing: text).root))
    }
}

extension NameOrNumber {
    static func argument(_ text: String) throws -> NameOrNumber {
        guard !text.isEmpty else { throw ValidationError("a name or a number is expected") }
        return Int32(text).map { .number($0) } ?? .name(text)
    }
}

extension Category: ExpressibleByArgument {}
extension Severity: ExpressibleByArgument {}
extension OperationState: ExpressibleByArgument {}
extension Queue.Enqueue.OnDead: ExpressibleByArgument {}
extension BreakerState: ExpressibleByArgument {}
extension GroupState: ExpressibleByArgument {}
extension Breaker.Force.ForcedState: ExpressibleByArgument {}
extension Outcome: ExpressibleByArgument {}
extension TransactionState: ExpressibleByArgument {}
extension Transaction.Begin.OnDeadline: ExpressibleByArgument {}
extension Transaction.Wait.Until: ExpressibleByArgument {}
extension Transaction.Undo.OnExhausted: ExpressibleByArgument {}
