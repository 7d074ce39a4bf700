/// Why a JSON value is not what a type needs, and where.
public struct WireDecodingError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The ways of being wrong; `invalid` is a value of the right type that cannot be.
    public enum Kind: Sendable, Hashable {
        case missing, wrongType, unknownMember, duplicateMember, invalid
    }

    /// What is wrong, for programs.
    public let kind: Kind
    /// The member that is wrong, such as `queue` or `retry.base_ms`; empty for the whole value.
    public let path: String
    /// A sentence that names the member: `retry.base_ms must be an integer, got a string`.
    public let message: String
    /// For an unknown member: the names that would have been known in its place.
    public let known: [String]

    package init(_ kind: Kind, path: String, message: String, known: [String] = []) {
        self.kind = kind
        self.path = path
        self.message = message
        self.known = known
    }

    public var description: String { message }
}

/// What a type throws from its `init(from:)` when a value has the right form but cannot be.
///
/// ``WireDecoder`` puts the path before the message, so the message goes on from there: `must be 1 to 64 bytes`. Where
/// there is no path, because the value is all that is decoded and no member is named, the message stands alone.
public struct InvalidValue: Error, Sendable, Hashable {
    /// The rest of a sentence that begins with the path.
    public let message: String
    /// A member of the value, if that is what is wrong.
    public let member: String?

    /// See the properties.
    public init(_ message: String, member: String? = nil) {
        self.message = message
        self.member = member
    }
}

/// A type that keeps what it does not know instead of having it refused: nothing of a report may be lost because its
/// sender is newer.
public protocol KeepsUnknownMembers {
    /// The names of the members that were not known, in the order in which they were sent.
    var ignored: [String] { get set }
    /// The same members with their values.
    var unknown: [String: RawJSON] { get set }
}
