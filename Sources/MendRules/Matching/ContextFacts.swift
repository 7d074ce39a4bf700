import MendProtocol
import MendWire

/// What a report's `context` tells that decides something.
package enum ContextFacts {
    /// `oom_killed` (a container engine's word) or a count above nothing in `oom_kill` (a cgroup's `memory.events`), or
    /// systemd's `service_result`.
    static func tellsOutOfMemory(_ context: JSONObject) -> Bool {
        guard let root = try? context.json.document.root else { return false }
        for member in root.members {
            switch member.name.lowercased() {
            case "oom_killed", "oomkilled": if member.value.boolValue == true { return true }
            case "oom_kill": if let count = member.value.integerValue, count > 0 { return true }
            case "service_result": if member.value.stringValue == "oom-kill" { return true }
            default: break
            }
        }
        return false
    }

    /// A member that is one value, as it is shown to people.
    static func text(_ name: Substring, in context: JSONObject) -> String? {
        guard let root = try? context.json.document.root else { return nil }
        for member in root.members where member.name == name {
            switch member.value.kind {
            case .string: return member.value.stringValue
            case .number, .bool: return member.value.rawText
            default: return nil
            }
        }
        return nil
    }

    /// How long the server that was called wants to be left alone, in milliseconds: `retry_after_ms`, or `retry_after` as
    /// the header `Retry-After` has it, in seconds or as a date.
    package static func retryAfterMs(_ context: JSONObject, wallMs: Int64) -> Int64? {
        guard let root = try? context.json.document.root else { return nil }
        for member in root.members {
            let ms: Int64? =
                switch member.name.lowercased() {
                case "retry_after_ms": member.value.integerValue.flatMap { Int64(exactly: $0) }
                case "retry_after", "retry-after":
                    if let seconds = member.value.integerValue {
                        milliseconds(seconds)
                    } else {
                        member.value.stringValue.flatMap { text in
                            Int(text).map(milliseconds) ?? HTTPDate.wallMs(text).map { $0 - wallMs }
                        }
                    }
                default: nil
                }
            if let ms, ms > 0 { return min(ms, mostMs) }
        }
        return nil
    }

    /// What asks for longer is taken for a mistake of its clock.
    private static let mostMs: Int64 = 7 * 86_400_000

    private static func milliseconds(_ seconds: Int) -> Int64 { Int64(min(max(seconds, 0), 1_000_000)) * 1000 }
}

/// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, 5.6.7), the one form of a date that servers send today.
enum HTTPDate {
    static func wallMs(_ text: String) -> Int64? {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[5] == "GMT", let day = Int64(parts[1]), let year = Int64(parts[3]),
            let month = months.firstIndex(of: String(parts[2])), (1...31).contains(day), (1970...9999).contains(year)
        else { return nil }
        let clock = parts[4].split(separator: ":").compactMap { Int64($0) }
        guard clock.count == 3, (0...23).contains(clock[0]), (0...59).contains(clock[1]), (0...60).contains(clock[2])
        else { return nil }
        return ((days(year, Int64(month) + 1, day) * 24 + clock[0]) * 60 + clock[1]) * 60_000 + clock[2] * 1000
    }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// Days since 1970 in the Gregorian calendar, with years that begin in March.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let ofYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return year * 365 + year / 4 - year / 100 + year / 400 + ofYear - 719_468
    }
}
