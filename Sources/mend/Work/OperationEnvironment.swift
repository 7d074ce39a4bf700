import Glibc
import MendProtocol
import MendWire

/// What a command sees of its operation in its environment.
enum OperationEnvironment {
    private static let payloadPrefix = "MEND_PAYLOAD_"
    /// More than one word may have, execve(2) refuses.
    private static let mostWordBytes = 128 << 10
    /// What is left to the kernel and to what the command adds.
    private static let headroomBytes = 64 << 10
    private static let own = [
        "MEND_OPERATION", "MEND_QUEUE", "MEND_ATTEMPT", "MEND_MAX_ATTEMPTS", "MEND_CORRELATION", "TRACEPARENT",
        "MEND_TRANSACTION", "MEND_STEP",
    ]

    /// Forgets what an operation of somebody else has left to us: it is none of what our own ones are given.
    static func clear() {
        for name in names() where own.contains(name) || name.hasPrefix(payloadPrefix) { unsetenv(name) }
    }

    static func variables(of leased: Leased) -> [(name: String, value: String)] {
        let known: [(String, String?)] = [
            ("MEND_OPERATION", String(leased.operation)), ("MEND_QUEUE", leased.queue.text),
            ("MEND_ATTEMPT", String(leased.attempt)), ("MEND_MAX_ATTEMPTS", String(leased.maxAttempts)),
            ("MEND_CORRELATION", leased.correlation?.text), ("TRACEPARENT", leased.traceparent?.text),
            ("MEND_TRANSACTION", leased.transaction.map { String($0) }), ("MEND_STEP", leased.step.map { String($0) }),
        ]
        return known.compactMap { name, value in value.map { (name, $0) } }
    }

    struct Fields {
        var variables: [(name: String, value: String)] = []
        /// Names of fields that cannot be variables, and why.
        var leftOut: [String] = []
    }

    /// The top-level fields of a payload.
    static func fields(of payload: RawJSON, beside words: [String]) throws -> Fields {
        var fields = Fields()
        var bytesLeft = sysconf(Int32(_SC_ARG_MAX)) - headroomBytes - size(words) - environmentSize()
        var taken: Set<String> = []
        for member in try payload.document.root.members {
            let name = payloadPrefix + variableName(member.name)
            let value = member.value.stringValue ?? RawJSON(member.value).text
            let bytes = name.utf8.count + value.utf8.count + 2
            let why: String? =
                if value.utf8.contains(0) {
                    "it has a NUL"
                } else if bytes > mostWordBytes || bytes + 8 > bytesLeft {
                    "it is too long"
                } else if !taken.insert(name).inserted {
                    "there is another \(name)"
                } else {
                    nil
                }
            if let why {
                fields.leftOut.append("\(member.name.prefix(64)) (\(why))")
            } else {
                bytesLeft -= bytes + 8
                fields.variables.append((name, value))
            }
        }
        return fields
    }

    private static func variableName(_ field: String) -> String {
        String(field.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? Character($0.uppercased()) : "_" })
    }

    private static func size(_ words: [String]) -> Int { words.reduce(0) { $0 + $1.utf8.count + 9 } }

    private static func environmentSize() -> Int {
        var bytes = 0
        var place = environ
        while let word = place.pointee {
            bytes += strlen(word) + 9
            place += 1
        }
        return bytes
    }

    private static func names() -> [String] {
        var names: [String] = []
        var place = environ
        while let word = place.pointee {
            names.append(String(String(cString: word).prefix { $0 != "=" }))
            place += 1
        }
        return names
    }
}
