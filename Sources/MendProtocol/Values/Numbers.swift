import MendWire

/// An integer of the wire with a range; what is outside is refused with the range named.
public protocol BoundedInteger: WireScalar {
    var value: Int64 { get }
    init(unchecked value: Int64)
    static var range: ClosedRange<Int64> { get }
    static var meaning: String { get }
}

extension BoundedInteger {
    public init?(_ value: Int64) {
        guard Self.range.contains(value) else { return nil }
        self.init(unchecked: value)
    }

    public init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer().decode(Int64.self)
        guard Self.range.contains(value) else {
            throw InvalidValue("must be between \(Self.range.lowerBound) and \(Self.range.upperBound), got \(value)")
        }
        self.init(unchecked: value)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(value)
    }

    public static var schema: Schema {
        .integer(minimum: range.lowerBound, maximum: range.upperBound, description: meaning)
    }
    public static var sample: Self { Self(unchecked: range.lowerBound) }
}

/// A duration in milliseconds, 0 to ten years.
public struct Milliseconds: BoundedInteger {
    public let value: Int64
    public init(unchecked value: Int64) { self.value = value }
    public static let range: ClosedRange<Int64> = 0...315_360_000_000
    public static let meaning = "a duration in milliseconds"
}

/// A duration in milliseconds that is not nothing: 1 to ten years.
public struct PositiveMilliseconds: BoundedInteger {
    public let value: Int64
    public init(unchecked value: Int64) { self.value = value }
    public static let range: ClosedRange<Int64> = 1...315_360_000_000
    public static let meaning = "a duration in milliseconds, at least 1"
}

/// How long a result stays readable, in milliseconds: at most 30 days.
public struct ResultTime: BoundedInteger {
    public let value: Int64
    public init(unchecked value: Int64) { self.value = value }
    public static let range: ClosedRange<Int64> = 1...2_592_000_000
    public static let meaning = "a duration in milliseconds, at most 30 days"
}

/// A point in time in Unix milliseconds, 1970 to the end of the year 9999.
public struct Timestamp: BoundedInteger {
    public let value: Int64
    public init(unchecked value: Int64) { self.value = value }
    public static let range: ClosedRange<Int64> = 0...253_402_300_799_999
    public static let meaning = "a point in time in Unix milliseconds"
}

/// How urgent an operation is: 0 first, 1,000 last, 100 where nothing is said.
public struct Priority: BoundedInteger {
    public let value: Int64
    public init(unchecked value: Int64) { self.value = value }
    public static let range: ClosedRange<Int64> = 0...1000
    public static let meaning = "0 is the most urgent"
}

/// How often something may be tried, the first time included: 1 to 1,000.
public struct Attempts: BoundedInteger {
    public let value: Int64
    public init(unchecked value: Int64) { self.value = value }
    public static let range: ClosedRange<Int64> = 1...1000
    public static let meaning = "attempts, the first one included"
}

/// How many items one answer may hold at most: 1 to 1,000.
public struct PageSize: BoundedInteger {
    public let value: Int64
    public init(unchecked value: Int64) { self.value = value }
    public static let range: ClosedRange<Int64> = 1...1000
    public static let meaning = "items in one answer at most"
}

/// How many live operations a queue takes: 1 to a thousand million.
public struct QueueSize: BoundedInteger {
    public let value: Int64
    public init(unchecked value: Int64) { self.value = value }
    public static let range: ClosedRange<Int64> = 1...1_000_000_000
    public static let meaning = "a number of live operations"
}

/// How many calls, permits or samples a breaker's setting counts: 1 to 100,000.
public struct Count: BoundedInteger {
    public let value: Int64
    public init(unchecked value: Int64) { self.value = value }
    public static let range: ClosedRange<Int64> = 1...100_000
    public static let meaning = "a number of calls"
}

/// A share between 0 (exclusive) and 1.
public struct Share: WireScalar {
    public let value: Double

    public init?(_ value: Double) {
        guard value > 0, value <= 1 else { return nil }
        self.value = value
    }

    public init(from decoder: any Decoder) throws {
        guard let share = Share(try decoder.singleValueContainer().decode(Double.self)) else {
            throw InvalidValue("must be a number above 0 and at most 1")
        }
        self = share
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(value)
    }

    public static let schema = Schema.number(exclusiveMinimum: 0, maximum: 1, description: "a share")
    public static let sample = Share(unchecked: 1)

    private init(unchecked value: Double) { self.value = value }
}

/// How often something may happen in a second: a thousandth to a million times.
public struct Rate: WireScalar {
    public let value: Double

    public static let range = 0.001...1_000_000

    public init?(_ value: Double) {
        guard Self.range.contains(value) else { return nil }
        self.value = value
    }

    public init(from decoder: any Decoder) throws {
        guard let rate = Rate(try decoder.singleValueContainer().decode(Double.self)) else {
            throw InvalidValue("must be a number a second, between 0.001 and 1000000")
        }
        self = rate
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(value)
    }

    public static let schema = Schema.number(
        exclusiveMinimum: 0, maximum: range.upperBound, description: "times a second")
    public static let sample = Rate(unchecked: 1)

    private init(unchecked value: Double) { self.value = value }
}
